# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What cli.sh and cli_tags.sh share; sourced with PROGRAM as the first argument.
set -uo pipefail
export LC_ALL=C.UTF-8
unset LIBVIRT_DEFAULT_URI NO_COLOR COLUMNS

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
documents=$work/documents
mkdir "$documents"
failures=0 checks=0

usbreconcile() { "$program" "$@"; }

fail() {
	failures=$((failures + 1))
	echo "FAILED: $1"
	sed 's/^/    out: /' out
	sed 's/^/    err: /' err
}

# Runs a command; its stdout and stderr are then in the files out and err.
expect() { # STATUS COMMAND...
	local status=0
	checks=$((checks + 1))
	what="${*:2}"
	"${@:2}" >out 2>err || status=$?
	[[ $status == "$1" ]] || fail "$what: exit code $status, not $1"
}

says() { # FILE TEXT
	checks=$((checks + 1))
	grep -qF -- "$2" "$1" || fail "$what: no \"$2\" in $1"
}

is_empty() { # FILE
	checks=$((checks + 1))
	[[ ! -s $1 ]] || fail "$what: $1 is not empty"
}

is_clean() { # FILE: no byte that steers a terminal
	checks=$((checks + 1))
	! grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$1" || fail "$what: control characters in $1"
}

json() { # JQ-EXPRESSION: must be true of out, which must be as the schema says
	checks=$((checks + 1))
	cp out "$documents/$checks.json"
	jq -e "$1" out >/dev/null 2>jq.err || fail "$what: not so: $1 $(cat jq.err)"
}

# What takes this host's lock gets a /run of its own; the network is as in daemon.sh.
alone=(unshare --map-root-user --mount --net)
if "${alone[@]}" mount -t tmpfs none /run 2>/dev/null; then
	alone+=(bash -c 'mount -t tmpfs none /run && echo 4096 >/proc/sys/net/unix/max_dgram_qlen; "$@"' bash)
else
	echo "skipped: what takes the lock (no user namespaces here)"
	alone=()
fi

# --- domains of libvirt's test driver ---

domain() { # NAME METADATA DEVICES
	cat <<-EOF
		<domain type='test'>
		  <name>$1</name>
		  <memory>65536</memory>
		  <os><type>hvm</type></os>
		  <metadata>$2</metadata>
		  <devices>$3</devices>
		</domain>
	EOF
}

wrapper() { echo "<usb:devices xmlns:usb='urn:usbreconcile:domain:1.0'>$1</usb:devices>"; }

run_tests() { # all functions called test_...
	local each
	for each in $(compgen -A function test_); do
		$each
	done
	if [[ $(echo "$documents"/*) != "$documents/*" ]]; then
		what='all JSON so far'
		expect 0 "$here/schema.py" --check "$documents"/*
	fi
	echo "$checks checks, $failures failed"
	((failures == 0))
}
