#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is installed, and what systemd says of it: the files, the units, how exposed they are, that they touch no
# libvirt that the admin did not choose, and that the rule does nothing where nobody asked for it.  usage: tests/install.sh BUILD-DIRECTORY
set -uo pipefail
export LC_ALL=C.UTF-8

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
units=$work/root/usr/lib/systemd/system
# systemd-analyze's own scale, 0 to 10.
EXPOSURE_MOST="usbreconcile:1.1 usbreconcile-once:1.5 usbreconcile-metrics:1.5"

fail() {
	failures=$((failures + 1))
	echo "FAILED: $*"
}

skip() { echo "SKIPPED: $*"; }

configured() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

check_files() {
	DESTDIR=$work/root cmake --install "$build" --prefix /usr >"$work/log" 2>&1 ||
		fail "cmake --install: $(tail -n 3 "$work/log")"
	(cd "$work/root" && find . -type f -printf '%m %P\n' | sort -k 2) >"$work/files"
	# Where zsh looks is for who builds to say, as Debian does.
	sed "s,share/zsh/site-functions/,$(configured ZSH_COMPLETIONS)/," "$here/install.files" | sort -k 2 |
		diff -u - "$work/files" || fail "other files than tests/install.files says"
}

# The program the units start is where the build was configured to put it; for the check, it is ours.
point_units_at_the_program() {
	local program
	program=$(configured CMAKE_INSTALL_PREFIX)/bin/usbreconcile
	for unit in usbreconcile usbreconcile-once; do
		grep -q "^ExecStart=$program " "$units/$unit.service" || fail "$unit.service does not start $program"
		# Whose <disk> or <serial> is on a USB device is found by a path in /dev. A /dev of its own has none of them.
		! grep -q '^PrivateDevices=yes' "$units/$unit.service" || fail "$unit.service does not see the host's /dev"
	done
	sed -i "s,^ExecStart=$program ,ExecStart=$work/root/usr/bin/usbreconcile ," "$units"/*.service
}

check_units() {
	local said
	if ! command -v systemd-analyze >/dev/null; then
		skip "no systemd-analyze here: the units are not verified"
		return
	fi
	if [[ ! -d /run/systemd && ! -w /run ]]; then
		skip "systemd-analyze wants to make /run/systemd, and may not: the units are not verified"
		return
	fi
	# A complaint about another unit of this machine is not ours.
	said=$(SYSTEMD_UNIT_PATH=$units: systemd-analyze verify --man=no "$units"/* 2>&1 | grep -F usbreconcile)
	[[ -z $said ]] || fail "systemd-analyze verify: $said"
	if ! systemd-analyze --help | grep -q -e --offline; then
		skip "this systemd-analyze is too old for security --offline: the exposure is not checked"
		return
	fi
	for pair in $EXPOSURE_MOST; do
		check_exposure "${pair%:*}.service" "${pair#*:}"
	done
}

check_exposure() { # UNIT MOST
	local said
	said=$(systemd-analyze security --offline=true --no-pager "$units/$1" 2>&1 |
		sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')
	echo "exposure of $1: ${said:-unknown}"
	awk -v said="${said:-99}" -v most="$2" 'BEGIN { exit !(said <= most) }' ||
		fail "an exposure of ${said:-unknown} of $1, more than $2"
}

# virtqemud conflicts with libvirtd: whoever wants one stops the other. To come after both is harmless.
check_libvirt_is_left_alone() {
	local unit
	! grep -E '^(Wants|Requires|Requisite|BindsTo|PartOf|Upholds|Conflicts|Also|OnFailure)=.*(virt|qemu)' "$units"/* ||
		fail "a unit that starts or stops a libvirt"
	for unit in libvirtd virtqemud; do
		grep -q "^After=.*\<$unit.service $unit.socket\>" "$units/usbreconcile.service" ||
			fail "the daemon does not come after $unit"
	done
}

# Enabling is what makes the link that the rule looks for; and nothing enables by itself.
check_inert() {
	local rule=$work/root/usr/lib/udev/rules.d/90-usbreconcile-once.rules
	local wanted link=/etc/systemd/system/timers.target.wants/usbreconcile-once.timer
	wanted=$(sed -n 's/^WantedBy=//p' "$units/usbreconcile-once.timer")
	[[ /etc/systemd/system/$wanted.wants/usbreconcile-once.timer == "$link" ]] ||
		fail "the timer is wanted by $wanted, and the rule looks for $link"
	! grep -v '^#' "$rule" | grep -vF "TEST==\"$link\"" | grep . || fail "a rule that does not ask whether it may"
	! find "$work/root" -path '*.wants*' | grep . || fail "something enables itself"
	! grep -q '^\[Install\]' "$units/usbreconcile-once.service" || fail "the oneshot can be enabled by itself"
	! command -v udevadm >/dev/null || ! udevadm verify --help >/dev/null 2>&1 ||
		udevadm verify "$rule" >"$work/log" 2>&1 || fail "udevadm verify: $(cat "$work/log")"
}

check_files
point_units_at_the_program
check_units
check_libvirt_is_left_alone
check_inert
echo "install: $failures failed"
((failures == 0))
