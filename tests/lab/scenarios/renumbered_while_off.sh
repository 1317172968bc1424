# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: numbers that changed while the guest was off are put right in the persistent XML before it starts
# tier: ci
# needs: idle

set_tags g1 <<-XML
	<devices>
	  <device name="kept" serial="AAA"/>
	  <device name="wanted" serial="BBB" persist="yes"/>
	</devices>
XML
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
attach g1 ua-usbr-kept AAA --config
run_pass
ports=$(config_hostdevs g1 | cut -d ' ' -f 1,5 | sort)
old=$(bus_dev AAA)

unplug a b
wait_host_gone AAA
wait_host_gone BBB
plug_and_wait c serial=CCC port=3
plug_and_wait b serial=BBB port=2
plug_and_wait a serial=AAA port=1
[[ $old != "$(bus_dev AAA)" ]] || fail "the number did not change"
run_pass
# shellcheck disable=SC2046 # two numbers
{
	expect_config g1 ua-usbr-kept $(bus_dev AAA)
	expect_config g1 ua-usbr-wanted $(bus_dev BBB)
}
expect_equal 2 "$(config_hostdevs g1 | grep -c ' 0403:6001 .* optional$')"
expect_equal "$ports" "$(config_hostdevs g1 | cut -d ' ' -f 1,5 | sort)"
expect_settled

guest_start g1
guest_sees_exactly g1 0403:6001/AAA 0403:6001/BBB
expect_attached g1 ua-usbr-kept AAA
expect_attached g1 ua-usbr-wanted BBB
expect_settled
guest_never_saw g1 CCC
