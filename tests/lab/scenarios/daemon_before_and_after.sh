# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: with the daemon it does not matter whether the guest or the device is first
# tier: ci
# needs: idle

daemon_start
set_tags g1 <<<'<devices><device name="a" serial="AAA"/><device name="b" serial="BBB" persist="yes"/></devices>'
plug_and_wait a serial=AAA port=1
guest_start g1
guest_sees_exactly g1 0403:6001/AAA
expect_equal "" "$(config_hostdevs g1)"

plug_and_wait b serial=BBB port=2
guest_sees g1 0403:6001/BBB
# shellcheck disable=SC2046 # two numbers
within 10 expect_config g1 ua-usbr-b $(bus_dev BBB)

# Absent at the next start: it starts, and neither XML keeps a placeholder.
guest_stop g1
unplug b
within 10 expect_no_config g1 ua-usbr-b
guest_start g1
guest_sees_exactly g1 0403:6001/AAA
expect_no_live g1 ua-usbr-b
