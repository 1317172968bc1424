# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a group on a port with a hub: three devices come, one goes, another comes, the rest is not touched
# tier: ci
# needs: g1

alias_at() { echo "ua-usbr-front--pci-0000-00-04-0-usb-0-2-$1"; } # PORT of the hub

set_tags g1 <<<'<devices><group name="front" port="pci-0000:00:04.0-usb-0:2" limit="4"/></devices>'
plug_and_wait elsewhere serial=EEE port=3
run_pass
expect_verdict g1 front missing/empty_group

plug hub type=hub port=2
within 10 host test -e /sys/bus/usb/devices/1-2/maxchild
plug_and_wait a serial=AAA port=2.1
plug_and_wait b serial=BBB port=2.2
plug_and_wait c serial=CCC port=2.3
run_pass
guest_sees_exactly g1 0403:6001/AAA 0403:6001/BBB 0403:6001/CCC
expect_attached g1 "$(alias_at 1)" AAA
expect_attached g1 "$(alias_at 2)" BBB
expect_attached g1 "$(alias_at 3)" CCC
expect_verdict g1 front attached/attached
expect_settled

stay=$(live_hostdevs g1 | grep -v "^$(alias_at 2) ")
mark=$(guest_mark g1)
unplug b
wait_host_gone BBB
plug_and_wait d serial=DDD port=2.4
run_pass
guest_sees_exactly g1 0403:6001/AAA 0403:6001/CCC 0403:6001/DDD
expect_no_live g1 "$(alias_at 2)"
expect_attached g1 "$(alias_at 4)" DDD
expect_equal "$stay" "$(live_hostdevs g1 | grep -v "^$(alias_at 4) ")"
! guest_log_since g1 "$mark" | grep '^SEES' | grep -v 0403:6001/AAA || fail "g1 lost AAA meanwhile"
expect_json '[.domains[] | select(.name == "g1").tags[0].members[]] | length == 3' usbreconcile status --json
host usbreconcile devices --tree | grep ' g1/front$'
expect_settled

unplug hub
for each in AAA CCC DDD; do
	wait_host_gone $each
done
run_pass
guest_sees_exactly g1
expect_equal "" "$(live_hostdevs g1)"
expect_verdict g1 front missing/empty_group
expect_settled
guest_never_saw g1 EEE
