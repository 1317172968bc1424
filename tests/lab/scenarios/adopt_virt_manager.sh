# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a hostdev made by virt-manager is adopted where it is, and healed by the next replug
# tier: ci
# needs: g1

plug_and_wait a serial=AAA port=1
for side in --live --config; do
	host virsh --quiet attach-device g1 /dev/stdin $side <<-XML
		<hostdev mode="subsystem" type="usb" managed="yes">
		  <source><vendor id="0x0403"/><product id="0x6001"/></source>
		</hostdev>
	XML
done
guest_sees_exactly g1 0403:6001/AAA
before=$(live_hostdevs g1 && config_hostdevs g1)

said=$(host usbreconcile adopt -n g1)
grep '<usb:device name="qemu-usb-serial" vendor="0403" product="6001" serial="AAA" persist="yes"/>' <<<"$said"
! config_xml g1 | grep usbreconcile || fail "a dry run has written a tag"

mark=$(guest_mark g1)
said=$(host usbreconcile adopt g1)
grep '^g1/qemu-usb-serial: attached: ' <<<"$said"
expect_equal "$before" "$(live_hostdevs g1 && config_hostdevs g1)"
expect_verdict g1 qemu-usb-serial attached/adopted
expect_held g1 AAA
expect_settled
host usbreconcile adopt g1 2>&1 | grep 'domain g1: no hostdev to adopt'
# The guest has not lost it for a moment.
! guest_log_since g1 "$mark" | grep '^SEES' || fail "the guest has seen a change"

unplug a
plug_and_wait a serial=AAA port=2
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-qemu-usb-serial AAA
expect_equal 1 "$(live_hostdevs g1 | wc -l)"
expect_equal 1 "$(config_hostdevs g1 | wc -l)"
expect_settled
