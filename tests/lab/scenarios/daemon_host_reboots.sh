# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: an orderly reboot renumbers the device of persist="yes": no stale address is left, and it returns
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
host virsh --quiet autostart g1
plug_and_wait b serial=BBB port=1
old=$(bus_dev AAA)

vm_reboot
[[ $old != "$(bus_dev AAA)" ]] || fail "the boot did not renumber the device"
daemon_journal --boot -1 | grep 'g1/a config .*: detach done'
within 120 expect_attached g1 ua-usbr-a AAA
# shellcheck disable=SC2046 # two numbers
within 30 expect_config g1 ua-usbr-a $(bus_dev AAA)
await_guest_log g1 0 'SEES .*\[1-1=0403:6001/AAA\]' 120
guest_never_saw g1 BBB
