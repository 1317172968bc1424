# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a device replugged while its guest is on its way: nothing blocks, and when the guest stays it is right within 10 s
# tier: long
# needs: pair g1
# timeout: 1200

plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" vendor="0403" product="6001" serial="AAA"/></devices>'
for side in A B; do
	on $side hook_enable
	on $side daemon_start
done
guest_sees g1 0403:6001/AAA 120

# So slowly that it never ends.
host virsh --quiet migrate-setspeed g1 1
host systemd-run --quiet --collect --unit=lab-migrate virsh migrate --live g1 qemu+ssh://b/system
within 120 host_sh 'virsh domjobinfo g1 | grep -q "Outgoing migration"'
replug a serial=AAA port=2
within 30 expect_verdict g1 a pending/migrating
host virsh domjobabort g1
# At such a speed QEMU takes a while to hear it, and libvirt to say that it has.
within 60 host_sh '! systemctl is-active --quiet lab-migrate'
within 10 expect_verdict g1 a attached/attached
guest_sees g1 0403:6001/AAA 60
expect_attached g1 ua-usbr-a AAA
host_sh '! journalctl --unit usbreconcile --no-pager | grep -i "code 68"'
