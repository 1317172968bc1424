#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What other distributions build packages from says the same as we do: one version, the files of tests/install.files,
# nothing that their own tools cannot read.  usage: tests/packaging.sh BUILD-DIRECTORY
set -uo pipefail
export LC_ALL=C.UTF-8

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(realpath "$1")
packaging=$here/../rules/packaging
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
	failures=$((failures + 1))
	echo "FAILED: $*"
}

skip() { echo "SKIPPED: $*"; }

installed() { cut -d ' ' -f 2 "$here/install.files" | sort; }

# Not in a pipe, where what fails would be counted in another shell.
same_files() { # WHAT LIST: with Debian's place for zsh or the usual one
	sed "s,share/zsh/vendor-completions/,share/zsh/site-functions/," "$2" | sort | diff <(installed) - >"$work/diff" ||
		fail "$1: other files than tests/install.files says: $(cat "$work/diff")"
}

check_versions() {
	local version
	version=$(sed -n 's/^project(usbreconcile VERSION \([0-9.]*\) .*/\1/p' "$here/../CMakeLists.txt")
	grep -qx "Version: *$version" "$packaging/usbreconcile.spec" || fail "usbreconcile.spec is not of $version"
	grep -qx "pkgver=$version" "$packaging/PKGBUILD" || fail "PKGBUILD is not of $version"
	head -n 1 "$here/../debian/changelog" | grep -qF "usbreconcile ($version-" ||
		fail "debian/changelog is not of $version"
	grep -qE "^## (Unreleased|$version)\b" "$here/../CHANGELOG.md" || fail "CHANGELOG.md has no $version"
}

check_spec() {
	if ! command -v rpmspec >/dev/null; then
		skip "no rpmspec here: usbreconcile.spec is not read"
		return
	fi
	rpmspec --define '_prefix /usr' --parse "$packaging/usbreconcile.spec" >"$work/spec" 2>"$work/said" ||
		fail "rpmspec: $(cat "$work/said")"
	# A directory stands for what is in it; rpm compresses manuals.
	sed -n '/^%files/,/^%changelog/s,^/\(usr/[^ *]*\)\**$,\1,p' "$work/spec" | while read -r path; do
		if [[ $path == */ ]]; then installed | grep "^$path"; else echo "$path"; fi
	done >"$work/list"
	same_files usbreconcile.spec "$work/list"
}

# As makepkg does it, but for the building.
check_pkgbuild() {
	bash -n "$packaging/PKGBUILD" || fail "PKGBUILD: not read by bash"
	mkdir -p "$work/arch/src" "$work/arch/pkg"
	ln -s "$build" "$work/arch/src/build"
	(
		set -e
		# shellcheck source=/dev/null
		source "$packaging/PKGBUILD"
		ln -s "$here/.." "$work/arch/src/$pkgname-$pkgver"
		pkgdir=$work/arch/pkg
		cd "$work/arch/src"
		cmake() { command cmake "$@" --prefix /usr; } # not what this build was configured for
		package
	) >"$work/said" 2>&1 || fail "PKGBUILD: package(): $(tail -n 3 "$work/said")"
	(cd "$work/arch/pkg" && find . -type f -printf '%P\n') | grep -v '/licenses/' >"$work/list"
	same_files PKGBUILD "$work/list"
}

check_nix() {
	local file
	if ! command -v nix-instantiate >/dev/null; then
		skip "no nix-instantiate here: the Nix files are not read"
		return
	fi
	for file in "$packaging"/nix/*.nix; do
		nix-instantiate --store dummy:// --parse "$file" >/dev/null 2>"$work/said" || fail "$file: $(cat "$work/said")"
	done
}

# Nothing of what a distribution may have elsewhere is spelt out.
check_systemctl() {
	cp -r "$here/../rules" "$work/rules"
	grep -rn 'bin/systemctl' "$work"/rules/*.rules* "$work"/rules/*.service* && fail "a place of systemctl that cannot be chosen"
}

check_versions
check_spec
check_pkgbuild
check_nix
check_systemctl
echo "packaging: $failures failed"
((failures == 0))
