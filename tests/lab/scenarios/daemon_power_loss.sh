# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: after a power cut the config names the number that is now the twin's: the right one ends up in the guest
# tier: long
# needs: g1
# timeout: 900

host systemctl enable usbreconcile
daemon_start
plug_and_wait a serial=AAA port=2
set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes"/></devices>'
guest_sees_exactly g1 0403:6001/AAA
# shellcheck disable=SC2046 # two numbers
within 10 expect_config g1 ua-usbr-a $(bus_dev AAA)
old=$(bus_dev AAA)
host virsh --quiet autostart g1
host sync

# What is on port 1 is found first at a boot, and gets the number that port 2 had.
plug_and_wait b serial=BBB port=1
vm_power_cut
expect_equal "$old" "$(bus_dev BBB)"
within 120 expect_attached g1 ua-usbr-a AAA
expect_not_held g1 BBB
# shellcheck disable=SC2046 # two numbers
within 30 expect_config g1 ua-usbr-a $(bus_dev AAA)
guest_sees_exactly g1 0403:6001/AAA
guest_log g1 | grep SEES # how long it had which
