# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a device that is replugged in its port comes back after one pass, at the same guest port
# tier: ci
# needs: g1

set_tags g1 <<<'<devices><device name="a" vendor="403" product="6001" serial="AAA"/></devices>'
plug_and_wait a serial=AAA port=1
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
guest_port=$(live_hostdevs g1 | cut -d ' ' -f 5)
old=$(bus_dev AAA)

unplug a
wait_host_gone AAA
plug_and_wait a serial=AAA port=1
[[ $old != "$(bus_dev AAA)" ]] || fail "the number did not change"
mark=$(guest_mark g1)
run_pass
await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA'
expect_attached g1 ua-usbr-a AAA
expect_equal "$guest_port" "$(live_hostdevs g1 | cut -d ' ' -f 5)"
expect_equal "" "$(config_hostdevs g1)"
expect_settled
