# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a persist="yes" device that is gone leaves the persistent XML, so that the guest starts without it
# tier: ci
# needs: idle

set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes"/></devices>'
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
run_pass
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-a $(bus_dev AAA)

unplug a
wait_host_gone AAA
run_pass
expect_equal "" "$(config_hostdevs g1)"
guest_start g1
run_pass
expect_equal "" "$(live_hostdevs g1)"
expect_equal "" "$(config_hostdevs g1)"
guest_sees_exactly g1

plug_and_wait a serial=AAA port=1
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-a $(bus_dev AAA)
expect_settled
guest_never_saw g1 BBB
