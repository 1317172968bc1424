# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# One host VM (an "instance"): start, talk, snapshot, stop. Sourced by lab, runner and scenarios.
# Everything of an instance is in $RUN, which is also the working directory: socket paths are short.

SSH_OPTIONS=(-F none -i "$CACHE/id" -o IdentitiesOnly=yes -o IdentityAgent=none -o LogLevel=ERROR
	-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=60
	-o KexAlgorithms=curve25519-sha256 -o Ciphers=aes128-gcm@openssh.com
	-o ServerAliveInterval=60 -o GSSAPIAuthentication=no)

vm_use() { # INSTANCE
	INSTANCE=$1
	RUN=$DIR/run/$1
	mkdir -p "$RUN"
	cd "$RUN" || exit
}

# A pid of long ago may be somebody else's by now.
vm_running() {
	local pid
	[[ -s pid ]] && pid=$(<pid) && [[ /proc/$pid/cwd -ef . ]] &&
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) == qemu-system* ]]
}

monitor() { "$LAB/qmp" qmp.sock "$@"; }

vm_ssh() { # USER COMMAND-LINE
	local user=$1
	shift
	ssh "${SSH_OPTIONS[@]}" -o ControlMaster=auto -o ControlPersist=yes -S "ssh-$user" \
		-p "$(<port)" "$user@127.0.0.1" "$@"
}

vm_hang_up() {
	local user
	for user in root plain; do
		[[ ! -S ssh-$user ]] || ssh -F none -S "ssh-$user" -O exit lab 2>/dev/null || true
		rm -f "ssh-$user"
	done
}

# The devices here and their order are part of every snapshot.
vm_start() { # [QEMU-OPTION...]
	vm_running && die "instance $INSTANCE is running already"
	rm -f qmp.sock ssh-root ssh-plain port
	: >serial.log
	setsid qemu-system-x86_64 -name "lab-$INSTANCE" -machine pc -accel tcg,thread=multi -cpu max \
		-smp "${LAB_CPUS:-1}" -m "${LAB_MEMORY:-1536}" -nodefaults -no-user-config -display none \
		-kernel "$DIR/vmlinuz" -initrd "$DIR/initrd" -append "$KERNEL_ARGUMENTS" \
		-drive file=disk.qcow2,if=none,id=disk,cache=unsafe,discard=unmap \
		-device virtio-blk-pci,drive=disk,addr=02 \
		-netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-:22 \
		-device virtio-net-pci,netdev=net,addr=03,romfile= \
		-device qemu-xhci,id=xhci,p2=15,p3=15,addr=04 \
		-device qemu-xhci,id=xhci2,p2=15,p3=15,addr=05 \
		-device virtio-rng-pci,addr=06 \
		-device virtio-balloon-pci,free-page-reporting=on,addr=07 \
		-qmp unix:qmp.sock,server=on,wait=off -serial file:serial.log "$@" \
		>qemu.log 2>&1 </dev/null 9>&- &
	echo $! >pid
	disown
	until monitor hmp info usernet 2>/dev/null | awk '/HOST_FORWARD/ { print $4 }' >port; do
		kill -0 "$(<pid)" 2>/dev/null || die "QEMU did not start: $(tail -n 3 qemu.log)"
		sleep 0.1
	done
}

# The HPET keeps time: the TSC is calibrated wrong by factors when the machine is busy at boot.
KERNEL_ARGUMENTS="console=ttyS0 quiet loglevel=4 root=/dev/vda net.ifnames=0 mitigations=off \
nopti nokaslr audit=0 nowatchdog random.trust_cpu=on cryptomgr.notests clocksource=hpet tsc=unstable \
no_timer_check systemd.show_status=false panic=5"

vm_wait_ssh() { # SECONDS
	local end=$((SECONDS + $1))
	until vm_ssh root true 2>/dev/null; do
		vm_running || die "QEMU died: $(tail -n 3 qemu.log)"
		((SECONDS < end)) || die "no ssh after $1 s; last words: $(tail -n 3 serial.log)"
		sleep 0.2
	done
}

vm_wait_libvirt() {
	vm_ssh root 'timeout 120 systemctl is-system-running --wait >/dev/null || systemctl --failed --no-legend
		timeout 60 virsh --quiet list >/dev/null'
}

vm_stop() {
	vm_hang_up
	vm_running || return 0
	timeout 5 "$LAB/qmp" qmp.sock hmp quit >/dev/null 2>&1 || kill "$(<pid)" 2>/dev/null || true
	for _ in {1..50}; do
		vm_running || break
		sleep 0.1
	done
	! vm_running || kill -9 "$(<pid)" || true
	rm -f pid qmp.sock port
}

vm_save() { # NAME
	[[ -z $(monitor plugged) ]] || die "unplug the USB devices first: $(monitor plugged | xargs)"
	vm_hang_up
	monitor hmp savevm "$1"
}

# After this the host VM is where it was when saved, with the time and the program of today.
vm_load() { # NAME
	vm_hang_up
	timeout 60 "$LAB/qmp" qmp.sock unplug --all &&
		timeout 60 "$LAB/qmp" qmp.sock hmp loadvm "$1" && vm_install
}

# What a VM that comes from a snapshot lacks: the time of day, the program of today. One connection,
# one command: the clock, the files, and what a package's maintainer scripts would do.
vm_install() {
	local dest=$DIR/rootfs/install
	mkdir -p "$dest/usr/local/sbin"
	install "$LAB/lab-host" "$dest/usr/local/sbin/"
	# Files only: for a moment tar takes over the directories that it is given, and polkitd, which
	# reads its rules anew in that moment, may not enter them and goes on without any.
	find "$dest" ! -type d -printf '%P\0' |
		tar --create --directory "$dest" --null --files-from=- --owner=root --group=root | vm_ssh root "
		date --set=@$EPOCHREALTIME >/dev/null
		tar --extract --directory /
		[ ! -e /usr/bin/usbreconcile ] || {
			systemd-sysusers
			systemd-tmpfiles --create usbreconcile.conf 2>/dev/null
			systemctl daemon-reload
			udevadm control --reload
		}"
	[[ ! ${LAB_MODULAR:-} ]] || virtqemud_take_over
}

vm_boot_id() { vm_ssh root 'cat /proc/sys/kernel/random/boot_id'; }

vm_wait_booted_since() { # BOOT-ID
	local end=$((SECONDS + 480)) now
	until vm_hang_up && now=$(vm_boot_id 2>/dev/null) && [[ $now =~ ^[0-9a-f]{8}- && $now != "$1" ]]; do
		((SECONDS < end)) || die "it does not come back; last words: $(tail -n 3 serial.log)"
		sleep 0.5
	done
	vm_wait_libvirt
}

# Through the guest's own shutdown; the kernel and initramfs are QEMU's, so the VM keeps its disk.
vm_reboot() {
	local before
	before=$(vm_boot_id)
	vm_ssh root 'systemctl reboot' || true
	vm_wait_booted_since "$before"
}

# The power fails, and comes back. What was not on the disk is gone.
vm_power_cut() {
	local before
	before=$(vm_boot_id)
	monitor hmp system_reset
	vm_wait_booted_since "$before"
}
