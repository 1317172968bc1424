# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: the page for Cockpit, in a browser: give the second twin, replug, hand over, adopt, why; a stranger may look
# tier: long
# needs: g1 g2
# timeout: 1500

# Somebody whom libvirt lets in, and somebody whom it does not.
host_sh 'useradd --create-home --shell /bin/bash --groups libvirt,systemd-journal member
	echo member:lab-password | chpasswd
	echo plain:lab-password | chpasswd
	mkdir -p /etc/cockpit
	printf "[WebService]\nAllowUnencrypted = true\n[basic]\ntimeout = 600\nresponse-timeout = 600\n" >/etc/cockpit/cockpit.conf
	systemctl start cockpit.socket'
daemon_start

# The lab lets nothing but ssh in.
web=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
ssh "${SSH_OPTIONS[@]}" -S ssh-root -p "$(<port)" -O forward -L "127.0.0.1:$web:127.0.0.1:9090" root@127.0.0.1

shots=$RESULTS/page_in_a_browser/screenshots
USBRECONCILE_LAB_CACHE=$CACHE /usr/bin/python3 "$LAB/../browser/page_in_lab.py" "$web" \
	"$LAB/lab" --release "$RELEASE" --instance "$(basename "$PWD")" -- "$shots"
