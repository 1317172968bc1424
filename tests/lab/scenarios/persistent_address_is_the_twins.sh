# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a guest that was started with the wrong twin, because of a stale number, has the right one after a pass
# tier: ci
# needs: idle

set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes"/></devices>'
plug_and_wait a serial=AAA port=1 bus=xhci2
run_pass
old=$(bus_dev AAA)
# shellcheck disable=SC2086 # two numbers
expect_config g1 ua-usbr-a $old

# A controller that is bound anew counts from the beginning.
unplug a
wait_host_gone AAA
host_sh 'cd /sys/bus/pci/drivers/xhci_hcd && echo 0000:00:05.0 >unbind && echo 0000:00:05.0 >bind'
plug_and_wait b serial=BBB port=2 bus=xhci2
plug_and_wait a serial=AAA port=1 bus=xhci2
expect_equal "$old" "$(bus_dev BBB)"
guest_start g1
guest_sees_exactly g1 0403:6001/BBB

run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
expect_not_held g1 BBB
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-a $(bus_dev AAA)
expect_settled
