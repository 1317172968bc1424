# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a USB/IP device goes with its guest to another host
# tier: long
# needs: pair g1
# timeout: 1200

# A has the stick, exports it, and imports it like any other host, so the tag must not mean the exported one.
plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA" required="yes"><match property="ID_PATH" value="*vhci_hcd*"/></device></devices>'
follow_enable() {
	host_sh 'cd /usr/share/usbreconcile/usbip &&
		install -m 644 *.service /etc/systemd/system &&
		install usbip-follow /usr/local/sbin &&
		mkdir -p /etc/usbip-follow &&
		printf "DOMAIN=g1\nTAG=a\nREMOTE=a\nBUSID=1-1\n" >/etc/usbip-follow/stick.conf &&
		systemctl daemon-reload'
}
host_sh 'echo "ACTION==\"add\", SUBSYSTEM==\"usb\", KERNEL==\"1-1\", TAG+=\"systemd\", ENV{SYSTEMD_WANTS}+=\"usbip-export@%k.service\"" \
	>/etc/udev/rules.d/70-usbip-export.rules && udevadm control --reload'
for side in A B; do
	on $side follow_enable
	on $side hook_enable
	on $side daemon_start
	on $side arrivals_start g1
	on $side host systemctl start usbip-follow@stick
done

# Exported whenever it is plugged in.
unplug a
plug a serial=AAA port=1
within 30 expect_driver 1-1 usbip-host
guest_sees g1 0403:6001/AAA 60
expect_json '[.devices[] | select(.sysname == "1-1").in_use] | length == 1' usbreconcile status --json
within 10 expect_json '[.devices[] | select(.remote == "1-1 of a")] | length == 1' usbreconcile status --json

mark=$(on B guest_mark g1)
migrate g1
on B await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA' 120
on B arrival_took g1 0403:6001/AAA
on B expect_verdict g1 a attached/attached
within 20 expect_json '[.devices[] | select(.remote)] == []' usbreconcile status --json
