#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is installed is the same with every prefix, stays below it, and is what it should be.
#   usage: tests/prefix.sh CMAKE BUILD-DIRECTORY
set -euo pipefail
export LC_ALL=C

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
	failures=$((failures + 1))
	echo "FAILED: $*"
}

list() { (cd "$1" && find . -type f | sort); }

for prefix in /usr /usr/local /opt/a/b; do
	mkdir "$work/${prefix//\//_}"
	DESTDIR=$work/${prefix//\//_} "$1" --install "$2" --prefix "$prefix" >/dev/null
	list "$work/${prefix//\//_}$prefix" >"$work/${prefix//\//_}.list"
	diff "$work/_usr.list" "$work/${prefix//\//_}.list" || fail "another list below $prefix"
	[[ $(list "$work/${prefix//\//_}" | wc -l) == $(wc -l <"$work/_usr.list") ]] ||
		fail "something is outside $prefix"
done

root=$work/_usr/usr
while read -r file; do
	grep -qx "./$file" "$work/_usr.list" || fail "no $file"
done <<-EOF2
	bin/usbreconcile
	lib/systemd/system/usbreconcile.service
	lib/systemd/system/usbreconcile-once.timer
	lib/systemd/catalog/usbreconcile.catalog
	lib/sysusers.d/usbreconcile.conf
	lib/tmpfiles.d/usbreconcile.conf
	share/polkit-1/rules.d/60-usbreconcile.rules
	share/usbreconcile/usbreconcile.schema.json
EOF2

# Where this was built is nobody's business.
if grep -rlI "$(realpath "$(dirname "$0")/..")" "$root"; then
	fail 'a path of the source in what is installed'
fi
! grep -rl '@[A-Z_]*@' "$root/lib/systemd/system" || fail 'something was not filled in'
((failures == 0)) && echo "$(wc -l <"$work/_usr.list") files, the same with every prefix"
