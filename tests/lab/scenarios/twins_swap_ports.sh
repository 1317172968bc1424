# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: identical twins swap their ports, and the guest gets the one with the right serial number
# tier: ci
# needs: g1

set_tags g1 <<-XML
	<devices>
	  <device name="a" vendor="0403" product="6001" serial="AAA" persist="yes"/>
	</devices>
XML
plug_and_wait b serial=BBB port=2
run_pass
expect_equal "" "$(live_hostdevs g1)"
plug_and_wait a serial=AAA port=1
run_pass
guest_sees_exactly g1 0403:6001/AAA

unplug a b
wait_host_gone AAA
wait_host_gone BBB
plug_and_wait b serial=BBB port=1
plug_and_wait a serial=AAA port=2
mark=$(guest_mark g1)
run_pass
await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA'
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
expect_not_held g1 BBB
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-a $(bus_dev AAA)
expect_equal 1 "$(live_hostdevs g1 | wc -l)"
expect_equal 1 "$(config_hostdevs g1 | wc -l)"
expect_settled
guest_never_saw g1 BBB
