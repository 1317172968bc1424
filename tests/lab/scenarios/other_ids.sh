# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a device that comes back with other ids, as after a firmware load, is the same one if its tag says so
# tier: ci
# needs: g1

set_tags g1 <<-XML
	<devices>
	  <device name="coral" port="pci-0000:00:04.0-usb-0:3" persist="yes">
	    <id vendor="403" product="6001"/>
	    <id vendor="46f4" product="1"/>
	  </device>
	</devices>
XML
plug_and_wait loader serial=AAA port=3
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-coral AAA
config_hostdevs g1 | grep '^ua-usbr-coral 0403:6001 '
expect_settled

unplug loader
wait_host_gone AAA
plug_and_wait runtime type=storage serial=SSS port=3
run_pass
guest_sees_exactly g1 46f4:0001/SSS
expect_attached g1 ua-usbr-coral SSS
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-coral $(bus_dev SSS)
config_hostdevs g1 | grep '^ua-usbr-coral 46f4:0001 '
expect_settled

# Neither of the two is not that device, whatever port it is in.
unplug runtime
wait_host_gone SSS
plug other type=tablet port=3
wait_host_device 1-3
run_pass
expect_verdict g1 coral missing/not_plugged_in
expect_no_live g1 ua-usbr-coral
expect_no_config g1 ua-usbr-coral
guest_sees_exactly g1
expect_settled
