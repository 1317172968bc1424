# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Boots the image once, defines the nested guests, and keeps the disk with its snapshots (idle, g1,
# g1g2): whoever needs a host VM afterwards gets a copy of it in the middle of its life.

GUESTS="g1 g2 g3"

prepared_key() {
	{
		image_key
		cat "$LAB/prepare.sh" "$LAB/guest.xml"
		declare -f vm_start
		echo "$KERNEL_ARGUMENTS ${LAB_CPUS:-1} ${LAB_MEMORY:-1536}"
		qemu-system-x86_64 --version
	} | sha256sum | cut -c1-16
}

vm_disk_fresh() {
	rm -f disk.qcow2
	qemu-img create -q -f qcow2 -b "$DIR/base.raw" -F raw disk.qcow2
}

vm_disk_prepared() {
	cp --reflink=auto --sparse=always "$DIR/prepared.qcow2" disk.qcow2
}

define_guests() {
	local guest number=0
	for guest in $GUESTS; do
		number=$((number + 1))
		sed "s/NAME/$guest/; s/UU/0$number/" "$LAB/guest.xml" |
			vm_ssh root 'virsh --quiet define /dev/stdin'
	done
}

start_guest() { # GUEST
	vm_ssh root "virsh --quiet start $1 &&
		timeout 120 sh -c 'tail -n +1 -F /var/log/lab/$1.log 2>/dev/null | grep -q -m 1 ^SEES'"
}

# A snapshot that was saved while the processor was inside a nested guest is refused by QEMU 7.2 ("vCPU set in
# guest-mode inconsistent with migrated kernel nested state"). Loads it without running it.
snapshot_is_good() { # NAME
	(vm_start -S -loadvm "$1") >/dev/null 2>&1 || return
	vm_stop
}

prepare_once() {
	vm_use prepare
	vm_stop
	say "booting the host VM"
	vm_disk_fresh
	vm_start
	vm_wait_ssh 180
	vm_wait_libvirt
	define_guests
	vm_save idle
	say "starting the nested guests"
	start_guest g1
	vm_save g1
	start_guest g2
	vm_save g1g2
	vm_stop
}

prepare() {
	local try
	for try in 1 2 3 4; do
		prepare_once
		! { snapshot_is_good g1 && snapshot_is_good g1g2; } || break
		((try < 4)) || die "four times in a row the snapshots cannot be loaded"
		say "the snapshots cannot be loaded; once more"
	done
	mv disk.qcow2 "$DIR/prepared.qcow2"
	cd "$DIR" || exit
	rm -rf "$RUN"
	prepared_key >"$DIR/prepared.key"
}

prepared_ensure() {
	image_ensure
	(
		flock 9
		[[ $(cat "$DIR/prepared.key" 2>/dev/null) == "$(prepared_key)" ]] || prepare
	) 9>"$DIR/lock"
}
