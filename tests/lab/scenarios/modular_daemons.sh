# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: starting, restarting and stopping us leaves virtqemud and libvirtd as the admin has them; a socket is enough
# tier: ci
# needs: g1

# A host that has chosen virtqemud, and has libvirtd installed as well. With `lab --modular` it is libvirt's own; else the
# units conflict as libvirt's do, and the program behind them is this release's libvirtd.
make_units() {
	host_sh 'cat >/run/systemd/system/virtqemud.service' <<-EOF2
		[Unit]
		Conflicts=libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket
		Requires=virtqemud.socket virtqemud-ro.socket
		After=virtqemud.socket virtqemud-ro.socket
		[Service]
		Type=notify
		ExecStart=/usr/sbin/libvirtd --timeout 120
		KillMode=process
	EOF2
	for socket in virtqemud:libvirtd:libvirt-sock virtqemud-ro:libvirtd-ro:libvirt-sock-ro; do
		IFS=: read -r unit name path <<<"$socket"
		host_sh "cat >/run/systemd/system/$unit.socket" <<-EOF2
			[Unit]
			Before=virtqemud.service
			[Socket]
			ListenStream=/run/libvirt/$path
			FileDescriptorName=$name.socket
			Service=virtqemud.service
			SocketMode=0666
			RemoveOnStop=yes
		EOF2
	done
	host systemctl daemon-reload
}

set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
libvirtd_stop
[[ ${LAB_MODULAR:-} ]] || make_units

states() { host_sh 'systemctl show --value --property InvocationID virtqemud; systemctl is-active libvirtd libvirtd.socket' || true; }
connected() { expect_equal true "$(daemon_says connected)"; }
waits() { host_sh 'journalctl --quiet _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID usbreconcile) | grep "cannot reach libvirt"'; }
expect_left_alone() { expect_equal "$chosen" "$(states)"; }

host systemctl start virtqemud.service
chosen=$(states)
grep -x inactive <<<"$chosen"
daemon_start
expect_left_alone
host systemctl restart usbreconcile
plug_and_wait a serial=AAA port=1
guest_sees_exactly g1 0403:6001/AAA
daemon_stop
host systemctl start usbreconcile-once.service
expect_left_alone
daemon_start
expect_left_alone

# It went because it was idle, or is upgraded: connecting to the socket brings the same one back, and only that.
host systemctl stop virtqemud.service
unplug a
wait_host_gone AAA
plug_and_wait a serial=AAA port=2
within 60 expect_attached g1 ua-usbr-a AAA
expect_equal active "$(host systemctl is-active virtqemud.service)"
expect_equal inactive "$(host systemctl is-active libvirtd.service || true)"

# Neither is there: we wait, and start none.
host systemctl stop 'virtqemud*.socket' virtqemud.service
host systemctl restart --no-block usbreconcile
within 60 waits
expect_equal inactive "$(host systemctl is-active virtqemud.service || true)"
expect_equal inactive "$(host systemctl is-active libvirtd.service || true)"
host systemctl start virtqemud.service
within 60 connected
