#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The real program, against libvirt's test driver and recorded worlds: exit codes, where what is
# printed, and that JSON is JSON.  usage: tests/cli.sh USBRECONCILE [MOCK_HOST]
mock_host=${2:+$(realpath "$2")}
source "$(dirname "${BASH_SOURCE[0]}")/cli_lib.sh"

# --- a world of libvirt's test driver: its own domains with our metadata, no such devices here ---

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
{ echo '<node>' && domain hassio "$good" '' && echo '</node>'; } >wanting.xml
wanting=test://$work/wanting.xml

test_help() {
	local command
	expect 0 usbreconcile --help
	is_empty err
	cp out help
	for command in run status devices tag untag enable disable replug adopt validate migrate-xml help; do
		says help "  $command"
		expect 0 usbreconcile "$command" --help
		says out "Usage: usbreconcile [-c URI] [-v] $command"
		says out 'Exit codes:'
		is_empty err
		checks=$((checks + 1))
		! grep '^[^ ].\{80\}' out >long || fail "wider than 80 columns: $(cat long)"
	done
	expect 0 usbreconcile --version
	says out 'usbreconcile '
	expect 0 usbreconcile help
	checks=$((checks + 1))
	cmp -s out help || fail 'is not what --help says'
	expect 0 usbreconcile help replug
	says out 'Usage: usbreconcile [-c URI] [-v] replug'
	expect 64 usbreconcile help bogus
	says err 'there is no command "bogus"'
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
	expect 64 usbreconcile -c "$calm" status -- -rf
	says err 'there is no domain "-rf"'
	expect 64 usbreconcile -c "$calm" run --domain plain -- -rf
	expect 64 usbreconcile -c "$calm" replug -- -rf
	says err 'there is no domain "-rf"'
	expect 64 usbreconcile -c "$calm" validate -- -rf
	says err 'there is no domain "-rf"'
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
	says err '  look with `systemctl status'
	expect 69 usbreconcile -c "$nowhere" status --json
	json '.problems[0].code == "libvirt_unreachable" and .format_version.major == 1'
	json '.problems[0].hint | contains("systemctl start")'
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
	expect 0 usbreconcile -c "$calm" devices --tree
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
	says out 'warning: hassio/zigbee: no USB device 10c4:ea60'
	says out 'ok: 1 tag'
	expect 65 usbreconcile -c "$bad" validate typo
	expect 0 usbreconcile -c "$bad" validate nas
}

# What people copy must work.
test_readme() {
	local filter
	sed -n '/^  <usb:devices/,/^  <\/usb:devices>/p' "$here/../README.md" >example.xml
	expect 0 usbreconcile validate example.xml
	says out 'ok: 4 tags'
	wrapper "$(sed '1,/^## Guides/d' "$here/../README.md" | grep '^    <usb:')" >guides.xml
	expect 0 usbreconcile validate guides.xml
	says out 'ok: 2 tags'
	grep '^    [-+!~] \|^    [0-9]* actions' "$here/../README.md" | sed 's/^    //' >example.plan
	checks=$((checks + 2))
	what='the plan in the README'
	cmp -s example.plan "$here/cases/replug_detaches_then_attaches.plan" ||
		fail 'is not that of its case'
	what='the stream in the README'
	filter=$(sed -n "s/.*jq --unbuffered -r '\(.*\)' |\$/\1/p" "$here/../README.md")
	[[ $(jq -r "$filter" "$here/cases/replug_detaches_then_attaches.json" | tr '\t' /) == hassio/zigbee/pending* ]] ||
		fail 'does not name tags and verdicts'
}

test_streams() {
	expect 0 usbreconcile -v -c "$calm" status
	says err '3 virConnectListAllDomains'
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
	! grep -q '.\{61\}' plain || fail 'wider than the terminal'
	# Nor is what is no table, which breaks between words.
	for command in --help 'run --help' "-c '$bad' status nas ups" "-c '$bad' status typo" "-c '$calm' run -n" \
		"run -n --snapshot '$here/cases/replug_detaches_then_attaches.json'" \
		"-c '$calm' validate" "-c '$calm' status nas ups zigbee"; do
		script -qec "stty cols 60; exec '$program' $command" /dev/null >out 2>err
		tr -d '\r' <out | sed 's/\x1b\[[0-9;]*m//g' >plain
		checks=$((checks + 1))
		[[ -s plain ]] && ! grep '.\{61\}' plain >long || fail "wider than the terminal: $(cat long)"
	done
	command="stty cols 60; exec '$program' -c '$bad' status"
	expect 1 env NO_COLOR=1 script -qec "$command" /dev/null
	checks=$((checks + 1))
	! grep -q $'\033' out || fail 'colours in spite of NO_COLOR'
	# Devices and domains may be called anything; libsmartcols once looped here.
	expect 1 env LC_ALL=C timeout 20 script -qec "$command" /dev/null
}

# While it runs, what stdin says happens to its host (mock_host.c).
on_host() { "${alone[@]}" umockdev-wrapper "$mock_host" "$@"; }

test_run() {
	((${#alone[@]})) || return 0
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

# The test driver cannot attach USB devices, so that a device was seen shows in a failure.
test_settle() {
	((${#alone[@]})) || return 0
	[[ $mock_host ]] || { echo "skipped: run --settle (no mock host was given)" && return; }
	expect 64 usbreconcile -c "$calm" run --settle -n
	expect 0 on_host "$program" -c "$calm" run --settle --domain plain </dev/null
	says out 'nothing to do'
	# Events keep it awake, each within a second of the last; then the device comes.
	{
		echo 'plug 1-2 1234:5678 7 OTHER'
		echo listening
		for _ in {1..8}; do printf 'touch 1-2\npause 0.2\n'; done
		echo "plug 1-1 10c4:ea60 5 $serial"
	} >late
	expect 1 on_host "$program" -c "$wanting" run --settle <late
	says out '! hassio zigbee  live  001:005'
	# Without it the run is over by then.
	expect 0 on_host "$program" -c "$wanting" run <late
	says out 'nothing to do'
}

for part in monitoring completion travel; do
	# shellcheck source=/dev/null
	. "$here/cli_$part.sh"
done
run_tests
