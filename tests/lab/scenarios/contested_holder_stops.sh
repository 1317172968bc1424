# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: two domains want one device: the holder stops, and the other gets it
# tier: ci
# needs: g1 g2

plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="one" serial="AAA" persist="yes"/></devices>'
set_tags g2 <<<'<devices><device name="two" serial="AAA" persist="yes"/></devices>'
run_pass
guest_sees g1 0403:6001/AAA
expect_attached g1 ua-usbr-one AAA
expect_verdict g2 two contested/owned_by_tag
expect_no_config g2 ua-usbr-two
expect_settled

guest_stop g1
run_pass
guest_sees_exactly g2 0403:6001/AAA
expect_attached g2 ua-usbr-two AAA
# shellcheck disable=SC2046 # two numbers
expect_config g2 ua-usbr-two $(bus_dev AAA)
expect_no_config g1 ua-usbr-one # its next start would fail, "in use"
expect_verdict g2 two attached/attached
expect_settled
