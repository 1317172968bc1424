# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: what a hotplug script has attached is taken over by "adopt --all", and no guest loses its device
# tier: ci
# needs: g1 g2

# As udev scripts do it: live, with ids and address, without alias, startupPolicy optional.
script_attach() { # GUEST KEY
	local numbers
	read -r -a numbers <<<"$(bus_dev "$2")"
	host virsh --quiet attach-device "$1" /dev/stdin <<-XML
		<hostdev mode='subsystem' type='usb'>
		  <source startupPolicy='optional'>
		    <vendor id='0x0403'/>
		    <product id='0x6001'/>
		    <address bus='${numbers[0]}' device='${numbers[1]}'/>
		  </source>
		</hostdev>
	XML
}

plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
script_attach g1 AAA
script_attach g2 BBB
guest_sees_exactly g1 0403:6001/AAA
guest_sees_exactly g2 0403:6001/BBB
before=$(live_hostdevs g1 && live_hostdevs g2)
mark1=$(guest_mark g1)
mark2=$(guest_mark g2)

said=$(host usbreconcile adopt --all)
grep '^g1/qemu-usb-serial: attached: ' <<<"$said"
grep '^g2/qemu-usb-serial: attached: ' <<<"$said"
config_xml g1 | grep 'serial="AAA"/>'
config_xml g2 | grep 'serial="BBB"/>'
expect_equal "$before" "$(live_hostdevs g1 && live_hostdevs g2)"
expect_equal "" "$(config_hostdevs g1 && config_hostdevs g2)"
expect_settled
! guest_log_since g1 "$mark1" | grep '^SEES' || fail "g1 has seen a change"
! guest_log_since g2 "$mark2" | grep '^SEES' || fail "g2 has seen a change"

# From now on it is ours to heal.
unplug b
wait_host_gone BBB
unplug a
plug_and_wait a serial=AAA port=3
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-qemu-usb-serial AAA
expect_equal 1 "$(live_hostdevs g1 | wc -l)"
expect_settled
