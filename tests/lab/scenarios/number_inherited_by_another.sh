# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a device that gets the number of a stale hostdev: the stale one goes first, then each guest gets its own
# tier: ci
# needs: g1 g2

set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
set_tags g2 <<<'<devices><device name="b" serial="BBB"/></devices>'
plug_and_wait a serial=AAA port=1 bus=xhci2
run_pass
guest_sees_exactly g1 0403:6001/AAA
old=$(bus_dev AAA)

# A controller that is bound anew counts from the beginning.
unplug a
wait_host_gone AAA
host_sh 'cd /sys/bus/pci/drivers/xhci_hcd && echo 0000:00:05.0 >unbind && echo 0000:00:05.0 >bind'
plug_and_wait b serial=BBB port=1 bus=xhci2
expect_equal "$old" "$(bus_dev BBB)"
# shellcheck disable=SC2086 # two numbers
expect_live g1 ua-usbr-a $old

run_pass
guest_sees_exactly g2 0403:6001/BBB
expect_attached g2 ua-usbr-b BBB
expect_equal "" "$(live_hostdevs g1)"

plug_and_wait a serial=AAA port=2 bus=xhci2
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
expect_attached g2 ua-usbr-b BBB
expect_equal "" "$(config_hostdevs g1)$(config_hostdevs g2)"
expect_settled
guest_never_saw g1 BBB
guest_never_saw g2 AAA
