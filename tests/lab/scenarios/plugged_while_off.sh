# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: plugged in while the guest is off: with persist="yes" it is there at power-on, without after a pass
# tier: ci
# needs: idle

set_tags g1 <<-XML
	<devices>
	  <device name="later" serial="AAA"/>
	  <device name="early" serial="BBB" persist="yes"/>
	</devices>
XML
run_pass
expect_equal "" "$(config_hostdevs g1)"
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
run_pass
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-early $(bus_dev BBB)
expect_no_config g1 ua-usbr-later
expect_settled

guest_start g1
guest_sees_exactly g1 0403:6001/BBB
expect_attached g1 ua-usbr-early BBB
run_pass
guest_sees_exactly g1 0403:6001/AAA 0403:6001/BBB
expect_attached g1 ua-usbr-later AAA
expect_no_config g1 ua-usbr-later
expect_settled
