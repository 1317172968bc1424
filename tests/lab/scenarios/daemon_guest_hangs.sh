# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a guest whose QEMU hangs delays nobody but itself
# tier: ci
# needs: g1 g2

daemon_start
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
set_tags g2 <<<'<devices><device name="b" serial="BBB"/></devices>'
guest_sees_exactly g1 0403:6001/AAA
guest_sees_exactly g2 0403:6001/BBB

host_sh 'kill -STOP "$(cat /run/libvirt/qemu/g1.pid)"'
unplug a b
wait_host_gone AAA
wait_host_gone BBB
mark=$(guest_mark g2)
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
await_guest_log g2 "$mark" '^SEES .*0403:6001/BBB'
expect_verdict g2 b attached/attached

host_sh 'kill -CONT "$(cat /run/libvirt/qemu/g1.pid)"'
within 60 expect_attached g1 ua-usbr-a AAA
guest_sees_exactly g1 0403:6001/AAA
