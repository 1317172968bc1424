# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# A host with libvirt's modular daemon instead of libvirtd: lab --modular. Debian's source of libvirt builds virtqemud,
# its units and its profile, and its packages leave them out; so they are built here, once a release (four minutes on
# two processors), from the very version that the image has. A VM that comes from a snapshot is switched over when the
# program is installed: its guests go on, as virtqemud finds them where libvirtd has left them.

virtqemud_tree() { echo "$DIR/virtqemud"; }

# Only the daemon is compiled; the libraries and drivers that it loads are those of the image.
virtqemud_build() {
	local source=$DIR/libvirt-source tree
	tree=$(virtqemud_tree)
	say "building virtqemud for $RELEASE (some minutes)"
	rm -rf "$source" "$tree"
	mmdebstrap --quiet --variant=buildd --aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
		--dpkgopt=force-unsafe-io "$RELEASE" "$source"
	chroot "$source" sh -exc '
		mount -t proc proc /proc
		trap "umount /proc" EXIT
		export DEBIAN_FRONTEND=noninteractive DEB_BUILD_OPTIONS=nocheck
		sed "s/^deb /deb-src /" /etc/apt/sources.list >/etc/apt/sources.list.d/source.list
		apt-get -qq update
		apt-get -qq build-dep --yes --no-install-recommends libvirt
		mkdir /libvirt && cd /libvirt
		apt-get -qq source libvirt
		cd libvirt-*/
		make -f debian/rules override_dh_auto_configure || dh_auto_configure
		ninja -C obj-* src/virtqemud'
	virtqemud_collect "$source/libvirt" "$tree.new"
	rm -rf "$source"
	mv "$tree.new" "$tree"
}

virtqemud_collect() { # SOURCE TREE
	local built
	built=$(echo "$1"/libvirt-*/obj-*)
	rm -rf "$2"
	install -D --strip -t "$2/usr/sbin" "$built/src/virtqemud"
	install -D --mode=644 -t "$2/usr/lib/systemd/system" "$built"/src/virtqemud*.{service,socket}
	install -D --mode=644 -t "$2/etc/libvirt" "$built/src/virtqemud.conf"
	install -D --mode=644 -t "$2/etc/apparmor.d" "$built/src/security/apparmor/usr.sbin.virtqemud"
}

virtqemud_ensure() {
	[[ ${LAB_MODULAR:-} ]] || return 0
	image_ensure
	(
		flock 9
		[[ -d $(virtqemud_tree) ]] || virtqemud_build >"$DIR/virtqemud.log" 2>&1 || {
			tail -n 20 "$DIR/virtqemud.log" >&2
			die "virtqemud was not built; see $DIR/virtqemud.log"
		}
	) 9>"$DIR/virtqemud.lock"
}

# libvirtd stays installed, as on the distributions that have both: whoever wants it would stop virtqemud.
virtqemud_take_over() {
	tar --create --directory "$(virtqemud_tree)" --owner=root --group=root . | vm_ssh root '
		tar --extract --directory / --no-overwrite-dir &&
		{ [ ! -d /sys/kernel/security/apparmor ] || apparmor_parser --replace /etc/apparmor.d/usr.sbin.virtqemud; } &&
		systemctl daemon-reload &&
		systemctl --quiet disable --now libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket &&
		systemctl --quiet enable --now virtqemud.socket virtqemud-ro.socket virtqemud-admin.socket virtqemud.service'
}
