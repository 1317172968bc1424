# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a stick that a loop device, a LIO target, another guest or a QEMU of nobody's has is refused, and taken when it is released
# tier: long
# needs: g1 g2

# Each time the daemon is there, and nobody tells it when the stick is free again.
daemon_start
set_tags g1 <<<'<devices><device name="s" serial="SSS"/></devices>'

plug_in_use() { # [COMMAND]: as root, with the stick at /dev/sda
	host usbreconcile disable g1 s || :
	plug_and_wait stick type=storage serial=SSS port=3
	within 20 host test -b /dev/sda
	[[ -n ${1:-} ]] || return 0
	host_sh "$1"
	host usbreconcile enable g1 s || :
}

expect_refused() { # REASON WORDS
	local said
	expect_verdict g1 s "refused/$1"
	said=$(expect 1 host usbreconcile status g1 s)
	grep "$2" <<<"$said"
	run_pass | grep '^! g1 s *refused: '
	expect_equal "" "$(live_hostdevs g1)"
}

expect_taken() {
	guest_sees g1 46f4:0001/SSS
	expect_attached g1 ua-usbr-s SSS
	within 10 expect_verdict g1 s attached/attached
	unplug stick
	wait_host_gone SSS
	guest_sees_not g1 46f4:0001/SSS
}

plug_in_use 'modprobe loop && losetup /dev/loop0 /dev/sda'
expect_refused in_use_by_host '/dev/sda is part of a loop device'
host losetup --detach /dev/loop0
expect_taken

plug_in_use 'modprobe target_core_iblock; cd /sys/kernel/config/target/core && mkdir -p iblock_0/stick && cd iblock_0/stick &&
	echo udev_path=/dev/sda >control && echo 1 >enable'
expect_refused in_use_by_host '/dev/sda is part of a LIO target'
host rmdir /sys/kernel/config/target/core/iblock_0/stick
expect_taken

plug_in_use 'virsh --quiet attach-disk g2 /dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_SSS-0:0 sdb --targetbus usb'
expect_refused in_use_by_guest g2
host virsh --quiet detach-disk g2 sdb
expect_taken

# A QEMU that libvirt does not know. Firmware is enough of a guest: it looks for something to boot from.
plug_in_use
read -r bus dev <<<"$(bus_dev SSS)"
host systemd-run --quiet --unit=lab-qemu qemu-system-x86_64 -nodefaults -display none -device qemu-xhci \
	-device "usb-host,hostbus=$bus,hostaddr=$dev"
within 30 expect_driver "$(sysname SSS):1.0" usbfs
host usbreconcile enable g1 s || :
expect_refused in_use_by_host usbfs
host systemctl stop lab-qemu
expect_taken
