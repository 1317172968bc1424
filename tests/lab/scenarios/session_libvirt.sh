# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a user's own libvirt: tag, daemon, replug, with the user's rights; the host's daemon does not take part
# tier: long
# needs: idle
# timeout: 600

# A user who is logged in and may open the stick; libvirt's group is not asked for.
host_sh 'loginctl enable-linger plain && usermod --append --groups kvm plain'
host_sh 'echo "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"0403\", OWNER=\"plain\"" >/run/udev/rules.d/70-plain.rules || {
	mkdir -p /run/udev/rules.d && echo "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"0403\", OWNER=\"plain\"" >/run/udev/rules.d/70-plain.rules
}; udevadm control --reload'
within 30 host test -S /run/user/1000/systemd/private
session() { as_user env XDG_RUNTIME_DIR=/run/user/1000 LIBVIRT_DEFAULT_URI=qemu:///session "$@"; }

# Whoever asks first starts it, and libvirt waits five seconds for that: too few for a machine as slow as this one.
within 120 session virsh --quiet list
expect_json '.domains == []' runuser -u plain -- env XDG_RUNTIME_DIR=/run/user/1000 \
	usbreconcile -c qemu:///session status --json
session virsh --quiet define /dev/stdin <<-EOF2
	<domain type='qemu'>
	  <name>box</name><memory unit='MiB'>64</memory>
	  <os><type arch='x86_64' machine='q35'>hvm</type></os>
	  <devices><controller type='usb' model='qemu-xhci' ports='8'/></devices>
	</domain>
EOF2
session virsh --quiet start box --paused
plug_and_wait a serial=AAA port=1
session usbreconcile tag box stick serial=AAA
holds() { session virsh dumpxml box | "$LAB/hostdevs" | grep -q "^ua-usbr-stick \S* $(bus_dev AAA) "; }
holds

# Its daemon, beside the host's, which knows nothing of it.
daemon_start
session systemctl --user start usbreconcile
replug a serial=AAA port=2
within 60 holds
expect_equal 0 "$(daemon_says actions)"
host test -e /run/user/1000/usbreconcile/lock
expect_equal plain "$(host stat --format=%U /run/user/1000/usbreconcile/status)"

# Stopping it leaves the guest.
session systemctl --user stop usbreconcile
expect_equal paused "$(session virsh domstate box)"
