# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a device replugged while its guest is suspended is there when it resumes
# tier: ci
# needs: g1

daemon_start
plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA

host virsh --quiet suspend g1
host virsh --quiet resume g1
expect_attached g1 ua-usbr-a AAA

host virsh --quiet suspend g1
replug a serial=AAA port=1
host virsh --quiet resume g1
guest_sees_exactly g1 0403:6001/AAA
within 30 expect_attached g1 ua-usbr-a AAA
guest_sees_exactly g1 0403:6001/AAA
