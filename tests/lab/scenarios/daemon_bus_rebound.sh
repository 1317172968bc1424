# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a controller is bound anew and the device has its old number: dead, though the XML is right; healed
# tier: ci
# needs: g1

daemon_start
plug_and_wait a serial=AAA port=1 bus=xhci2
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA
old=$(bus_dev AAA)

mark=$(guest_mark g1)
rebind_bus 05
wait_host_device AAA
expect_equal "$old" "$(bus_dev AAA)"
await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA'
within 10 expect_attached g1 ua-usbr-a AAA
