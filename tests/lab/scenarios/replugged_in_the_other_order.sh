# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: two devices are replugged in the other order, and each keeps its guest port
# tier: ci
# needs: g1

set_tags g1 <<-XML
	<devices>
	  <device name="a" serial="AAA" persist="yes"/>
	  <device name="b" serial="BBB"/>
	</devices>
XML
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
run_pass
await_guest_log g1 0 '^SEES .*1-1=0403:6001/AAA 1-2=0403:6001/BBB'
ports() { "$1" g1 | cut -d ' ' -f 1,5 | sort; }
live=$(ports live_hostdevs)
config=$(ports config_hostdevs)
expect_equal "ua-usbr-a 0:1 ua-usbr-b 0:2" "$(xargs <<<"$live")"
expect_equal "ua-usbr-a 0:1" "$config"

unplug a b
wait_host_gone AAA
wait_host_gone BBB
mark=$(guest_mark g1)
plug_and_wait b serial=BBB port=2
run_pass
plug_and_wait a serial=AAA port=1
run_pass
await_guest_log g1 "$mark" '^SEES .*1-1=0403:6001/AAA 1-2=0403:6001/BBB'
expect_attached g1 ua-usbr-a AAA
expect_attached g1 ua-usbr-b BBB
expect_equal "$live" "$(ports live_hostdevs)"
expect_equal "$config" "$(ports config_hostdevs)"
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-a $(bus_dev AAA)
expect_settled
