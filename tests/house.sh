#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Is the house in order? Lengths, who includes what and none in a circle, one door a library, purity of
# the core.
#
#   tests/house.sh [--core LIBCORE.a] [DIRECTORY]
#   tests/house.sh --self-test        every check must be able to fail
#
# Prints what is wrong, one a line; exit code 1 if anything is.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
FILE_MAX=500
FUNCTION_MAX=60

# All files that are ours; what git ignores is not.
files() { # [GLOB...]
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
			[[ ! -f $file ]] || echo "$file"
		done
	else
		find . -type f -not -path './build*' -not -path './.git/*' | sed 's,^\./,,' |
			while read -r file; do
				for glob in "${@:-*}"; do
					# shellcheck disable=SC2053
					[[ $file != $glob ]] || echo "$file"
				done
			done
	fi | sort -u
}

code() { files '*.c' '*.h'; }

# Runs COMMAND with the files named on stdin, of which there may be none.
with() { # COMMAND...
	xargs -r -d '\n' "$@" || true
}

# Scripts have no common ending: those with a shebang count too.
scripts() {
	files | with awk 'FNR == 1 { if (/^#!/ || FILENAME ~ /\.(sh|py)$/) print FILENAME; nextfile }'
}

sources() { { code; scripts; } | sort -u; }

product() { code | sed '/^tests\//d'; }

check_file_lengths() {
	sources | with wc -l | awk -v max=$FILE_MAX '$1 >= max && $2 != "total" {
		print $2 ": " $1 " lines, not less than " max "; which noun is hiding?" }'
}

# A function is what stands between { and } in the first column.
check_function_lengths() {
	sources | with awk -v max=$FUNCTION_MAX '
		FNR == 1 { start = 0 }
		/^\{$/ || /^[a-z_]+\(\) \{/ { start = FNR; what = /^\{$/ ? before : $0 }
		/^\}/ && start {
			if (FNR - start + 1 >= max)
				printf "%s:%d: %d lines: %s\n", FILENAME, start, FNR - start + 1, what
			start = 0
		}
		{ before = $0 }'
}

# The wings from the ground up, and what each may include besides itself.
WINGS="
state:
xmlutil: state
reconciler/core: state
reconciler/system: state
reconciler/libvirt: xmlutil state
reconciler: reconciler/libvirt reconciler/core xmlutil state
reconciler/show: reconciler reconciler/system reconciler/libvirt reconciler/core xmlutil state
reconciler/daemon: reconciler/show reconciler reconciler/system reconciler/libvirt reconciler/core xmlutil state
reconciler/commands: reconciler/daemon reconciler/show reconciler reconciler/system reconciler/libvirt reconciler/core xmlutil state
"

# "FILE INCLUDED" of every include of ours; both without ending, as a .c and its .h are one.
includes() {
	product | with awk '/^#include "/ {
		from = FILENAME; to = $2
		gsub(/^"|"$/, "", to); sub(/\.[ch]$/, "", to); sub(/\.[ch]$/, "", from)
		if (from != to) print from, to
	}'
}

# main.c stands above all wings.
check_include_direction() {
	includes | awk -v wings="$WINGS" '
		function wing(path) { sub(/\/[^\/]*$/, "", path); return path }
		BEGIN {
			count = split(wings, lines, "\n")
			for (i = 1; i <= count; i++) {
				split(lines[i], parts, ":")
				known[parts[1]] = 1
				may = split(parts[2], below, " ")
				for (j = 1; j <= may; j++) allowed[parts[1], below[j]] = 1
			}
		}
		$1 == "reconciler/main" { next }
		{ from = wing($1); to = wing($2) }
		!(from in known) { print $1 ": is in no wing"; next }
		from != to && !((from, to) in allowed) { print $1 ": includes " $2 ", which is not below " from }'
}

check_circles() {
	includes | tsort 2>&1 >/dev/null | sed 's/^tsort: //; s/^-: //; s/^/included in a circle: /'
}

# Only files that match DOOR may have lines that match LINE.
door() { # LINE-REGEX DOOR-REGEX
	product | sed -E "\\,^($2)\$,d" | with grep -nE "$1" /dev/null | sed "s,\$, (only $2),"
}

# Headers that include a library's are for the files behind its door.
check_doors() {
	door '^#include <libudev\.h' 'state/devices[a-z_]*\.c'
	door '^#include <libvirt/' 'reconciler/libvirt/virt[a-z_]*\.c|reconciler/libvirt/virt_connection\.h'
	door '^#include "reconciler/libvirt/virt_(connection|reading|removal|hands)\.h' 'reconciler/libvirt/virt[a-z_]*\.[ch]'
	door '^#include <libxml/' 'xmlutil/[a-z_]*\.c'
	door '^#include <jansson\.h' 'state/json[a-z_]*\.c'
	door '^#include <libsmartcols' 'reconciler/show/table\.c'
	door '^#include <systemd/' 'reconciler/system/service\.c'
}

check_license() {
	{ sources; files '*CMakeLists.txt' '*.cmake'; } | sort -u | with awk '
		/SPDX-License-Identifier: MIT/ { has[FILENAME] = 1 }
		FNR == 3 { nextfile }
		END {
			for (i = 1; i < ARGC; i++)
				if (!has[ARGV[i]])
					print ARGV[i] ": no SPDX line at the top"
		}'
}

check_typedefs() {
	code | with grep -nE '^typedef (struct|enum)' /dev/null | sed 's,$, (say struct),'
}

# Where this copy happens to be, and whose it is, must not be written anywhere.
check_machine_paths() {
	local root path
	root=$(pwd -P)
	for path in "$root" "$(dirname "$root")" "${HOME:-/}"; do
		case $path in
		/ | /tmp | /src | /srv | /opt | /mnt | /usr/src | /var/tmp | /build | /home) continue ;;
		esac
		# The text before must not make it a part of a longer path.
		files | with grep -nIE "(^|[^A-Za-z0-9_./\"}-])${path//./\\.}/" /dev/null
	done
}

# What the archive needs from elsewhere and the list does not name.
check_core_symbols() { # LIBCORE.a
	local symbol pattern allowed
	[[ -n $(nm --defined-only "$1") ]] || echo "$1: no symbols in it"
	comm -23 \
		<(nm -u "$1" | awk '$1 == "U" { print $2 }' | sed 's/@.*//' | sort -u) \
		<(nm --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort -u) |
		while read -r symbol; do
			allowed=
			while read -r pattern; do
				[[ -n $pattern && $pattern != \#* ]] || continue
				# shellcheck disable=SC2053
				[[ $symbol != $pattern ]] || allowed=yes
			done <"$here/core_symbols.txt"
			[[ $allowed ]] || echo "$1: the core calls $symbol, which is not in core_symbols.txt"
		done
}

# Other versions of clang-format put some things otherwise.
check_format() {
	[[ $(clang-format --version 2>/dev/null) == *"version 14."* ]] || return 0
	code | with clang-format --dry-run --Werror 2>&1 | awk -F: '/error:/ && !seen[$1]++ {
		print $1 ":" $2 ": clang-format would change it" }'
}

TREE_CHECKS="file_lengths function_lengths include_direction circles doors license typedefs machine_paths
	format"

run_checks() { # DIRECTORY LIBCORE
	local check wrong
	cd "$1"
	wrong=$(
		[[ -n $(code) ]] || echo "no code in $PWD"
		for check in $TREE_CHECKS; do
			"check_$check"
		done
		[[ -z $2 ]] || check_core_symbols "$2"
	)
	[[ -z $wrong ]] && return 0
	echo "$wrong"
	return 1
}

# --- self-test: a bad sample for every check -------------------------------------------------

expect() { # NAME CHECK [ARGUMENT...]: the check must find something in the tree made so far
	local found
	found=$("check_$2" "${@:3}")
	if [[ -z $found ]]; then
		echo "not found: $1"
		failures=$((failures + 1))
	fi
	rm -rf ./*
}

sample() { # FILE [LINE...]
	mkdir -p "$(dirname "$1")"
	printf '%s\n' '/* SPDX-License-Identifier: MIT */' "${@:2}" >"$1"
}

compile_core() { # BODY: libcore.a whose only function has that body
	sample reconciler/core/x.c '#include <time.h>' '#include <string.h>' "$1"
	"${CC:-cc}" -c -o x.o reconciler/core/x.c
	ar rc libcore.a x.o
}

repeat() { # COUNT
	local i
	for ((i = 0; i < $1; i++)); do echo "	x();"; done
}

bad_samples() {
	sample state/a.c "$(repeat 500)"
	expect 'a long file' file_lengths
	sample state/a.c 'void f(void)' '{' "$(repeat 58)" '}'
	expect 'a long function' function_lengths
	{ echo '#!/bin/sh' && echo 'f() {' && repeat 58 && echo '}'; } >run
	expect 'a long shell function' function_lengths
	for pair in state:xmlutil state:reconciler/core xmlutil:reconciler/core xmlutil:reconciler/libvirt \
		reconciler/core:xmlutil reconciler/core:reconciler/libvirt reconciler/core:reconciler \
		reconciler/system:reconciler/core reconciler/system:reconciler/show \
		reconciler/libvirt:reconciler reconciler/libvirt:reconciler/core \
		reconciler/libvirt:reconciler/system reconciler:reconciler/show reconciler:reconciler/system \
		reconciler/show:reconciler/daemon reconciler/daemon:reconciler/commands \
		reconciler/commands:tests reconciler/cellar:state; do
		sample "${pair%%:*}/a.c" "#include \"${pair#*:}/b.h\""
		expect "${pair%%:*} includes ${pair#*:}" include_direction
	done
	sample state/a.c '#include "state/b.h"'
	sample state/b.h '#include "state/c.h"'
	sample state/c.c '#include "state/a.h"'
	expect 'three in a circle' circles
	for pair in libudev.h:state/device.c libudev.h:state/devices.h libvirt/libvirt.h:reconciler/pass.c \
		libvirt/libvirt.h:reconciler/libvirt/virt.h libvirt/libvirt.h:reconciler/libvirt/hands.c \
		libxml/tree.h:xmlutil/xml.h jansson.h:reconciler/commands/cmd.c jansson.h:state/json.h \
		libsmartcols.h:reconciler/commands/cmd.c libsmartcols.h:reconciler/show/show.h \
		systemd/sd-daemon.h:reconciler/main.c; do
		sample "${pair#*:}" "#include <${pair%%:*}>"
		expect "${pair#*:} includes ${pair%%:*}" doors
	done
	sample reconciler/pass.c '#include "reconciler/libvirt/virt_connection.h"'
	expect 'a look behind the door of libvirt' doors
	sample reconciler/show/a.c '#include "reconciler/libvirt/virt_removal.h"'
	expect 'another look behind the door of libvirt' doors
	mkdir state && echo 'int x;' >state/a.c
	expect 'no SPDX line' license
	printf '#!/bin/sh\ntrue\n' >run
	expect 'a script without SPDX line' license
	sample state/a.h 'typedef struct a a;'
	expect 'a typedef' typedefs
	sample state/a.c "// see $(pwd -P)/notes"
	expect 'a path of this machine' machine_paths
	compile_core 'long f(void) { return (long)time(0); }'
	expect 'the core reads a clock' core_symbols libcore.a
	compile_core 'extern void devices_read(void); void f(void) { devices_read(); }'
	expect 'the core reads the host' core_symbols libcore.a
	if [[ $(clang-format --version 2>/dev/null) == *"version 14."* ]]; then
		cp "$here/../.clang-format" .
		sample state/a.c 'int  x ;'
		expect 'wrong format' format
	fi
}

good_samples() {
	sample state/a.c '#include <libudev.h>' '#include "state/a.h"' 'void f(void)' '{' "$(repeat 57)" '}'
	mv state/a.c state/devices_x.c
	sample reconciler/core/a.c '#include "reconciler/core/a.h"' '#include "state/a.h"'
	sample reconciler/libvirt/virt_x.c '#include <libvirt/libvirt.h>' \
		'#include "reconciler/libvirt/virt_connection.h"'
	sample reconciler/a.c '#include "reconciler/core/a.h"' '#include "xmlutil/a.h"'
	sample reconciler/main.c '#include "reconciler/commands/a.h"'
	sample reconciler/commands/a.h '#include "reconciler/daemon/a.h"'
	TREE_CHECKS=${TREE_CHECKS/format/} run_checks . ''
	compile_core 'unsigned long f(const char *a) { return strlen(a); }'
	[[ -z $(check_core_symbols libcore.a) ]]
}

self_test() {
	failures=0
	directory=$(mktemp -d)
	trap 'rm -rf "$directory"' EXIT
	mkdir "$directory/tree"
	cd "$directory/tree"
	bad_samples
	good_samples || { echo "found something in a good sample" && failures=$((failures + 1)); }
	((failures == 0)) && echo "every check can fail"
}

core= tree=$here/..
while (($# > 0)); do
	case $1 in
	--self-test) self_test && exit 0 || exit 1 ;;
	--core) core=$(realpath "$2") && shift ;;
	*) tree=$1 ;;
	esac
	shift
done
run_checks "$tree" "$core" && echo "the house is in order"
