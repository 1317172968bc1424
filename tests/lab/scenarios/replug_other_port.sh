# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a device tagged by its serial number is found in whatever port it is plugged
# tier: ci
# needs: g1

set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
plug_and_wait a serial=AAA port=1
run_pass
guest_sees_exactly g1 0403:6001/AAA

# Unplugged: a pass takes the hostdev out, for nobody else to inherit its number.
unplug a
wait_host_gone AAA
run_pass
expect_equal "" "$(live_hostdevs g1)"

plug hub type=hub port=2
within 10 host test -e /sys/bus/usb/devices/1-2/maxchild
plug_and_wait a serial=AAA port=2.3
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
expect_equal "" "$(config_hostdevs g1)"

# On another controller, and no pass while it was gone.
unplug a
wait_host_gone AAA
plug_and_wait a serial=AAA port=1 bus=xhci2
mark=$(guest_mark g1)
run_pass
await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA'
expect_attached g1 ua-usbr-a AAA
expect_equal "" "$(config_hostdevs g1)"
expect_settled
