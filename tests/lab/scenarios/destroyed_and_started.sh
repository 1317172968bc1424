# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a guest that was destroyed and started again has its device back after one pass
# tier: ci
# needs: g1

set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
plug_and_wait a serial=AAA port=1
run_pass
guest_sees_exactly g1 0403:6001/AAA

guest_stop g1
expect_settled
expect_equal "" "$(config_hostdevs g1)"
guest_start g1
guest_sees_exactly g1
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
expect_equal "" "$(config_hostdevs g1)"
expect_settled
