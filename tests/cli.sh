#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The real program, against libvirt's test driver and recorded worlds: exit codes, where what is
# printed, and that JSON is JSON.  usage: tests/cli.sh USBRECONCILE
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

# --- a world of libvirt's test driver: its own domains with our metadata, no such devices here ---

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

serial=e2b5f0d3-no-such-device
good=$(wrapper "<usb:device name='zigbee' vendor='10c4' product='ea60' serial='$serial'/>")
needed=$(wrapper "<usb:device name='ups' serial='$serial&#x202e;' required='yes'/>")
wrong=$(wrapper "<usb:device name='x' seriel='A'/>")
stale="<controller type='usb' model='qemu-xhci'/><hostdev mode='subsystem' type='usb'>
	<source><vendor id='0x10c4'/><product id='0xea60'/><address bus='1' device='125'/></source>
	<alias name='ua-usbr-zigbee'/></hostdev>"

{ echo '<node>' && domain plain '' '' && domain hassio "$good" "$stale" && echo '</node>'; } >calm.xml
{ echo '<node>' && domain nas "$needed" '' && domain typo "$wrong" '' && echo '</node>'; } >bad.xml
calm=test://$work/calm.xml
bad=test://$work/bad.xml

test_help() {
	local command
	expect 0 usbreconcile --help
	is_empty err
	cp out help
	for command in run status devices replug validate; do
		says help "  $command"
		expect 0 usbreconcile "$command" --help
		says out "Usage: usbreconcile [-c URI] [-v] $command"
		says out 'Exit codes:'
		is_empty err
	done
	expect 0 usbreconcile --version
	says out 'usbreconcile '
}

test_usage() {
	expect 64 usbreconcile
	is_empty out
	says err 'try `usbreconcile --help`'
	expect 64 usbreconcile bogus
	says err 'there is no command "bogus"'
	expect 64 usbreconcile run --bogus
	says err 'try `usbreconcile run --help`'
	expect 64 usbreconcile run argument
	expect 64 usbreconcile replug
	says err 'replug needs DOMAIN'
	expect 64 usbreconcile status a b c
	expect 64 usbreconcile run --snapshot x
	says err '--snapshot needs --dry-run'
	expect 64 usbreconcile devices -n
	expect 64 usbreconcile "$(printf 'a\033[2J\n')"
	is_clean err
}

test_libvirt_that_is_not_there() {
	local nowhere="qemu+unix:///system?socket=$work/nothing"
	expect 69 usbreconcile -c "$nowhere" status
	is_empty out
	says err 'usbreconcile: cannot reach libvirt'
	expect 69 usbreconcile -c "$nowhere" status --json
	json '.problems[0].code == "libvirt_unreachable" and .format_version.major == 1'
	expect 69 usbreconcile -c "$nowhere" devices --json
	json '.problems[0].code == "libvirt_unreachable" and (.devices | type) == "array"'
	expect 69 env LIBVIRT_DEFAULT_URI="$nowhere" "$program" run -n
	expect 64 usbreconcile -c qemu+ssh://elsewhere/system status
	is_empty out
}

test_status() {
	expect 0 usbreconcile -c "$calm" status
	says out "hassio zigbee 10c4:ea60 -    missing no USB device 10c4:ea60 with serial $serial"
	says out '1 tag: 1 missing'
	is_empty err
	expect 0 usbreconcile -c "$calm" status plain
	says out 'plain has no tags.'
	says out 'libvirt has lost them'
	expect 0 usbreconcile -c "$calm" status hassio zigbee
	says out 'hassio/zigbee: missing'
	says out '- hassio zigbee  live    001:125  device gone'
	expect 64 usbreconcile -c "$calm" status nope
	says err 'there is no domain "nope"'
	says err 'there is: hassio, plain'
	expect 64 usbreconcile -c "$calm" status hassio nope
	says err 'there is: zigbee'
	expect 1 usbreconcile -c "$bad" status
	says out '2 critical (!)'
	says out 'did you mean serial?'
	is_clean out
	expect 1 usbreconcile -c "$bad" status nas ups
	says out "$serial\\xe2\\x80\\xae"
}

test_json() {
	expect 0 usbreconcile -c "$calm" status --json
	json '.healthy and .domains[0].tags[0].verdict == "missing"'
	cp out recorded.json
	expect 1 usbreconcile -c "$bad" status --json
	json '(.healthy | not) and .problems[0].domain == "typo"'
	expect 0 usbreconcile -c "$calm" run -n --json
	json '.actions | length == 2'
	json '.outcomes == []'
	expect 0 usbreconcile run -n --snapshot recorded.json
	cp out replayed
	expect 0 usbreconcile -c "$calm" run -n
	checks=$((checks + 1))
	cmp -s out replayed || fail 'a recorded world gives another plan'
	expect 64 usbreconcile -c "$calm" status nope --json
	json '.problems[0].code == "usage" and .problems[0].hint == "there is: hassio, plain"'
	expect 0 usbreconcile -c "$calm" devices --json
	json '.devices | type == "array"'
}

test_snapshot() {
	local case
	for case in "$here"/cases/*.json; do
		expect 0 usbreconcile run -n --snapshot "$case"
		is_clean out
		checks=$((checks + 1))
		cmp -s out "${case%.json}.plan" || fail "$case: not as in its .plan"
		expect 0 usbreconcile run -n --json --snapshot "$case"
		json '.actions | type == "array"'
	done
	expect 0 usbreconcile run -n --domain hassio --snapshot "$here"/cases/nothing_to_do.json
	expect 64 usbreconcile run -n --domain nope --snapshot "$here"/cases/nothing_to_do.json
	expect 64 usbreconcile run -n --snapshot nothing
	says err 'cannot open nothing'
	echo '{"format_version": {"major": 9}}' >newer.json
	expect 65 usbreconcile run -n --snapshot newer.json
	expect 65 usbreconcile run -n --snapshot /dev/null
	is_empty out
}

test_validate() {
	domain d "$good" '' >good.xml
	domain d "$wrong" '' >wrong.xml
	domain d "$good$good" '' >twice.xml
	echo "<usb:devices xmlns:usb='urn:usbreconcile:domain:1.0'/>" >none.xml
	expect 0 usbreconcile validate good.xml
	says out 'ok: 1 tag'
	expect 0 usbreconcile validate - <good.xml
	expect 0 usbreconcile validate "$work/none.xml"
	says out 'ok: 0 tags'
	expect 65 usbreconcile validate wrong.xml
	says out 'line 5'
	says out 'did you mean serial'
	says out 'invalid: 1 problem, 0 tags valid'
	expect 65 usbreconcile validate --json wrong.xml
	json '.problems[0].code == "metadata_invalid"'
	expect 65 usbreconcile validate twice.xml
	expect 65 usbreconcile validate /dev/null
	expect 64 usbreconcile validate ./nothing.xml
	says err 'cannot open'
	expect 64 usbreconcile -c "$calm" validate nothing.xml
	says err 'there is no domain "nothing.xml"'
	expect 0 usbreconcile -c "$calm" validate
	says out 'ok: 1 tag'
	expect 65 usbreconcile -c "$bad" validate typo
	expect 0 usbreconcile -c "$bad" validate nas
}

# What people copy must work.
test_readme() {
	sed -n '/^  <usb:devices/,/^  <\/usb:devices>/p' "$here/../README.md" >example.xml
	expect 0 usbreconcile validate example.xml
	says out 'ok: 4 tags'
	wrapper "$(sed '1,/^## Guides/d' "$here/../README.md" | grep '^    <usb:')" >guides.xml
	expect 0 usbreconcile validate guides.xml
	says out 'ok: 1 tag'
	grep '^    [-+!~] \|^    [0-9]* actions' "$here/../README.md" | sed 's/^    //' >example.plan
	checks=$((checks + 1))
	what='the plan in the README'
	cmp -s example.plan "$here/cases/replug_detaches_then_attaches.plan" ||
		fail 'is not that of its case'
}

test_streams() {
	expect 0 usbreconcile -v -c "$calm" status
	says err '1 virConnectListAllDomains'
	checks=$((checks + 4))
	what='a full disk'
	usbreconcile -c "$calm" status >/dev/full 2>err
	[[ $? == 74 ]] || fail 'a full disk is not noticed'
	grep -q 'cannot write the output' err || fail 'a full disk is not told'
	usbreconcile --help >&- 2>err
	[[ $? == 74 ]] || fail 'a closed stdout is not noticed'
	usbreconcile -c "$calm" status 2>err | true
	[[ ${PIPESTATUS[0]} == 0 && ! -s err ]] || fail 'a reader that leaves is an error'
}

test_terminal() {
	local command="stty cols 60; exec '$program' -c '$bad' status"
	expect 1 script -qec "$command" /dev/null
	says out $'\033[31m'
	tr -d '\r' <out | sed 's/\x1b\[[0-9;]*m//g' >plain
	checks=$((checks + 1))
	# Below the table are problems, which may be long.
	! sed '/^$/,$d' plain | grep -q '.\{61\}' || fail 'a table wider than the terminal'
	expect 1 env NO_COLOR=1 script -qec "$command" /dev/null
	checks=$((checks + 1))
	! grep -q $'\033' out || fail 'colours in spite of NO_COLOR'
	# Devices and domains may be called anything; libsmartcols once looped here.
	expect 1 env LC_ALL=C timeout 20 script -qec "$command" /dev/null
}

# A run takes this host's lock, so it gets a /run of its own.
test_run() {
	local alone=(unshare --map-root-user --mount)
	if ! "${alone[@]}" mount -t tmpfs none /run 2>/dev/null; then
		echo "skipped: run (no user namespaces here)"
		return
	fi
	alone+=(bash -c 'mount -t tmpfs none /run && "$@"' bash)
	expect 1 "${alone[@]}" "$program" -c "$calm" run
	says out '! hassio zigbee  live'
	expect 0 "${alone[@]}" "$program" -c "$calm" run --domain plain
	says out 'nothing to do'
	expect 64 "${alone[@]}" "$program" -c "$calm" run --domain plain --domain nope
	expect 64 "${alone[@]}" "$program" -c "$calm" replug plain nope
	expect 0 "${alone[@]}" "$program" -c "$calm" replug plain
	expect 0 "${alone[@]}" "$program" -c "$calm" run --domain plain --json
	json '.outcomes == []'
	expect 75 "${alone[@]}" bash -c 'mkdir /run/usbreconcile && python3 -c "
import fcntl, subprocess, sys
lock = open(\"/run/usbreconcile/lock\", \"w\")
fcntl.lockf(lock, fcntl.LOCK_EX)
sys.exit(subprocess.run(sys.argv[1:]).returncode)" "$@"' bash "$program" -c "$calm" run --json
	json '.problems[0].code == "busy"'
}

for part in "$here"/cli_*.sh; do
	# shellcheck source=/dev/null
	. "$part"
done
for each in $(compgen -A function test_); do
	$each
done
what='all JSON so far'
expect 0 "$here/schema.py" --check "$documents"/*
echo "$checks checks, $failures failed"
((failures == 0))
