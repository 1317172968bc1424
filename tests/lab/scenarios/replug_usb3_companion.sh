# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a tagged port is the socket: what is USB 2 and what is USB 3 in it both reach the guest
# tier: ci
# needs: g1

set_tags g1 <<-XML
	<devices>
	  <device name="socket" port="pci-0000:00:04.0-usb-0:3" persist="yes"/>
	</devices>
XML
plug_and_wait other serial=BBB port=2
plug_and_wait tty serial=AAA port=3
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-socket AAA

unplug tty
wait_host_gone AAA
plug_and_wait stick type=storage serial=SSS port=3
expect_equal 5000 "$(host cat /sys/bus/usb/devices/2-3/speed)"
run_pass
guest_sees_exactly g1 46f4:0001/SSS
expect_attached g1 ua-usbr-socket SSS
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-socket $(bus_dev SSS)
expect_settled
guest_never_saw g1 BBB
