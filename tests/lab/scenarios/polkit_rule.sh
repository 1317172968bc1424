# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: where the daemon's user is in no group of libvirt's, its polkit rule lets it in, and nobody else
# tier: ci
# needs: g1

# Debian's libvirtd lets anybody connect and asks polkit, whose rule is for the group libvirt.
host gpasswd --delete usbreconcile libvirt
host_sh 'mkdir -p /run/systemd/system/usbreconcile.service.d &&
	printf "[Service]\nGroup=usbreconcile\n" >/run/systemd/system/usbreconcile.service.d/group.conf &&
	systemctl daemon-reload'
plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'

# Without the rule it is a stranger. (polkitd notices by itself when a rule comes or goes.)
rule=/usr/share/polkit-1/rules.d/60-usbreconcile.rules
host mv "$rule" /var/tmp/
host systemctl start --no-block usbreconcile
within 30 host_sh "usbreconcile status --json | jq --exit-status '.daemon.connected == false'"
within 30 host_sh 'journalctl --unit usbreconcile --output cat | grep "no access to libvirt"'
expect_equal "" "$(live_hostdevs g1)"

host mv "/var/tmp/${rule##*/}" "$rule"
within 90 expect_attached g1 ua-usbr-a AAA
guest_sees_exactly g1 0403:6001/AAA
expect_equal true "$(daemon_says connected)"
pid=$(host systemctl show --value --property MainPID usbreconcile)
expect_equal "usbreconcile usbreconcile" "$(host stat --format '%U %G' "/proc/$pid")"

# The rule is for that one user.
expect 1 as_user virsh --connect qemu:///system list
said=$(expect 77 as_user usbreconcile run 2>&1)
grep 'no access to the lock ' <<<"$said"
