# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a device of vendor 0 is passed on, and kept in the config, once; one that comes back with other ids is followed
# tier: long
# needs: g1

gadget_make 0000 0104 GGG
gadget_plug
wait_host_device GGG
daemon_start
events_start
set_tags g1 <<-'XML'
	<devices>
	  <device name="zero" serial="GGG" persist="yes"/>
	  <device name="port" port="platform-dummy_hcd.0-usb-0:1" vendor="0525" product="a4a7"/>
	</devices>
XML
within 20 expect_verdict g1 zero attached/attached
expect_attached g1 ua-usbr-zero GGG
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-zero $(bus_dev GGG)
guest_sees g1 0000:0104/GGG
expect_settled
daemon_expect_actions 2
events_expect_silence 10
daemon_expect_actions 2

# The bootloader goes, the application comes: other ids at the same port, with the same serial.
for ids in '0525 a4a7' '0000 0104' '0525 a4a7'; do
	gadget_out
	wait_host_gone GGG
	# shellcheck disable=SC2086 # two words
	gadget_plug $ids
	wait_host_device GGG
	guest_sees g1 "${ids/ /:}/GGG"
	within 20 expect_verdict g1 zero attached/attached
	expect_attached g1 ua-usbr-zero GGG
	# shellcheck disable=SC2046 # two numbers
	within 10 expect_config g1 ua-usbr-zero $(bus_dev GGG)
done
expect_equal 1 "$(config_hostdevs g1 | wc -l)"
expect_settled
events_expect_silence 5
