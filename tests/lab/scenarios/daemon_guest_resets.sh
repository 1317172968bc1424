# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a guest that resets its device keeps it
# tier: ci
# needs: g1

daemon_start
plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA
guest_reset_device g1 1-1
guest_sees_exactly g1 0403:6001/AAA
within 10 expect_attached g1 ua-usbr-a AAA
expect_verdict g1 a attached/attached
