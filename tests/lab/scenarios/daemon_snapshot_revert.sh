# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a guest that is reverted to a snapshot gets its device back, even when libvirt refuses for its new number
# tier: long
# needs: g1
# timeout: 300

# A snapshot with memory needs a disk that can hold it; the host VM has no qemu-img, we have.
qemu-img create -q -f qcow2 g1.qcow2 1G
host_sh 'mkdir -p /var/lib/libvirt/images && cat >/var/lib/libvirt/images/g1.qcow2' <g1.qcow2
host virsh --quiet attach-disk g1 /var/lib/libvirt/images/g1.qcow2 vda --subdriver qcow2 --live
daemon_start
plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA
host virsh --quiet snapshot-create-as g1 before

# QEMU has let go of it, and the XML looks right.
mark=$(guest_mark g1)
host virsh --quiet snapshot-revert g1 before
await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA' 120
within 10 expect_attached g1 ua-usbr-a AAA

# The XML of the snapshot names a number that nobody has any more: libvirt refuses (9.0.0 ends the guest before it
# looks), and nobody can change that XML beforehand. What is left is a guest that starts, with its device.
unplug a
wait_host_gone AAA
plug_and_wait a serial=AAA port=2
within 30 expect_attached g1 ua-usbr-a AAA
if host virsh --quiet snapshot-revert g1 before; then
	await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA' 120
else
	is_running g1 || guest_start g1
	guest_sees_exactly g1 0403:6001/AAA
fi
within 10 expect_attached g1 ua-usbr-a AAA
expect_verdict g1 a attached/attached
