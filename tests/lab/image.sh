# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# How the image of the host VM is made; sourced by lab. Changing this file or image/ rebuilds it.

# Modules of the host VM's initramfs and of the nested guest's (dependencies are resolved).
HOST_MODULES=(virtio_pci virtio_blk virtio_net virtio_rng virtio_balloon ext4)
GUEST_MODULES=(xhci_pci evdev button)

# Units that cost boot time, or would wake up in the middle of a scenario.
MASKED_UNITS="apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
	e2scrub_reap.service fstrim.timer getty@tty1.service serial-getty@ttyS0.service
	systemd-timesyncd.service systemd-networkd.service systemd-networkd.socket
	systemd-pstore.service systemd-random-seed.service systemd-binfmt.service
	systemd-tmpfiles-clean.timer systemd-update-utmp.service systemd-rfkill.socket
	console-setup.service keyboard-setup.service logrotate.timer man-db.timer ssh.socket
	systemd-firstboot.service systemd-machine-id-commit.service systemd-hwdb-update.service
	sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount"

image_key() {
	cat "$LAB/image.sh" "$LAB"/image/* | sha256sum | cut -c1-16
}

image_packages() {
	sed 's/#.*//' "$LAB/image/packages" | xargs | tr ' ' ','
}

# mmdebstrap finds the mirror, the proxy and the keys by itself, as the machine's apt would. The Release
# file of sid is valid for a week; a mirror that stands still for longer is good enough here.
image_bootstrap() { # ROOTFS
	mmdebstrap --quiet --variant=apt --include="$(image_packages)" \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
		--dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/etc/kernel/postinst.d/initramfs-tools' \
		"$RELEASE" "$1"
}

image_configure() { # ROOTFS
	local root=$1 unit
	echo lab >"$root/etc/hostname"
	echo "127.0.0.1 localhost lab" >"$root/etc/hosts"
	: >"$root/etc/fstab"
	for unit in $MASKED_UNITS; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
	rm -f "$root/etc/systemd/system/sockets.target.wants/cockpit.socket"
	chroot "$root" useradd --create-home --shell /bin/bash plain
	chroot "$root" usermod --password '*' root
	chroot "$root" usermod --password '*' plain

	# One cheap handshake per scenario: no PAM session, elliptic curves only.
	rm -f "$root"/etc/ssh/ssh_host_*
	ssh-keygen -q -t ed25519 -N '' -C lab -f "$root/etc/ssh/ssh_host_ed25519_key"
	cat >"$root/etc/ssh/sshd_config" <<-EOF
		HostKey /etc/ssh/ssh_host_ed25519_key
		AuthorizedKeysFile /etc/ssh/authorized_keys
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		UsePAM no
		UseDNS no
		PermitRootLogin prohibit-password
		MaxSessions 50
		PrintMotd no
	EOF
	install -m 644 "$CACHE/id.pub" "$root/etc/ssh/authorized_keys"
	# The same policy, compiled in a third of the time: libvirt does it four times to start a
	# guest and once for every attach.
	echo Optimize=no-expr-simplify >>"$root/etc/apparmor/parser.conf"
	mkdir -p "$root/etc/systemd/journald.conf.d" "$root/var/log/journal" "$root/var/log/lab"
	printf '[Journal]\nStorage=persistent\nRateLimitIntervalSec=0\n' \
		>"$root/etc/systemd/journald.conf.d/lab.conf"
}

# An uncompressed initramfs: busybox, the modules asked for in the order to load them, an init.
image_initramfs() { # ROOTFS INIT OUTPUT MODULE...
	local root=$1 init=$2 output=$3 tree kernel path
	shift 3
	kernel=$(basename "$root"/lib/modules/*)
	tree=$(mktemp -d)
	mkdir -p "$tree"/{bin,dev,modules,proc,root,sys}
	cp "$root/bin/busybox" "$tree/bin/"
	install -m 755 "$init" "$tree/init"
	chroot "$root" modprobe -S "$kernel" -a --show-depends "$@" |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
		while read -r path; do
			case $path in
			*.xz) xz -dc "$root$path" >"$tree/modules/$(basename "$path" .xz)" ;;
			*.zst) zstd -qdc "$root$path" >"$tree/modules/$(basename "$path" .zst)" ;;
			*) cp "$root$path" "$tree/modules/" ;;
			esac
			path=${path##*/}
			echo "${path%.ko*}.ko"
		done >"$tree/modules/order"
	(cd "$tree" && find . | "$root/bin/busybox" cpio -o -H newc 2>/dev/null) >"$output"
	rm -rf "$tree"
}

image_kernels() { # ROOTFS
	local root=$1 lab=$1/var/lib/libvirt/lab
	mkdir -p "$lab"
	cp "$root"/boot/vmlinuz-* "$DIR/vmlinuz"
	"$LAB/image/extract-vmlinux" "$DIR/vmlinuz" "$lab/vmlinux"
	image_initramfs "$root" "$LAB/image/host-init" "$DIR/initrd" "${HOST_MODULES[@]}"
	image_initramfs "$root" "$LAB/image/guest-init" "$lab/initrd" "${GUEST_MODULES[@]}"
}

image_build() {
	local root=$DIR/rootfs key
	key=$(image_key)
	rm -rf "$DIR/rootfs" "$DIR/build" "$DIR/image.key" "$DIR"/prepared*
	say "installing $RELEASE (about two minutes)"
	image_bootstrap "$root" >"$DIR/image.log" 2>&1 || {
		tail -n 20 "$DIR/image.log" >&2
		die "mmdebstrap failed; see $DIR/image.log"
	}
	say "configuring"
	image_configure "$root"
	image_kernels "$root"
	say "making the file system"
	rm -f "$DIR/base.raw"
	mke2fs -q -t ext4 -m 0 -L lab -E lazy_itable_init=1,nodiscard -d "$root" "$DIR/base.raw" 6G
	echo "$key" >"$DIR/image.key"
}

image_ensure() {
	mkdir -p "$DIR"
	[[ -f $CACHE/id ]] || ssh-keygen -q -t ed25519 -N '' -C usbreconcile-lab -f "$CACHE/id"
	(
		flock 9
		[[ $(cat "$DIR/image.key" 2>/dev/null) == "$(image_key)" ]] || image_build
	) 9>"$DIR/lock"
}
