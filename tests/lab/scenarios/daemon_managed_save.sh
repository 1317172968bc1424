# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: after managed save and restore the daemon brings the dead attachment back to life
# tier: ci
# needs: g1

daemon_start
plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA

host virsh --quiet managedsave g1
mark=$(guest_mark g1)
host virsh --quiet start g1
await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA'
within 10 expect_attached g1 ua-usbr-a AAA

# Saved, replugged, started: the image follows the device while the guest sleeps.
host virsh --quiet managedsave g1
replug a serial=AAA port=2
within 30 expect_verdict g1 a inactive/domain_off
mark=$(guest_mark g1)
host virsh --quiet start g1
await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA'
within 10 expect_attached g1 ua-usbr-a AAA
