#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The real daemon against libvirt's test driver, on a fake host: one at a time, it hears, it can be asked,
# commands go through it, and it leaves when told to.  usage: tests/daemon.sh USBRECONCILE MOCK_HOST
# shellcheck source=tests/daemon_lib.sh
source "$(dirname "$0")/daemon_lib.sh"

check "it starts and makes a pass" start
check "its document is as the schema says" bash -c "
	$(declare -f status_document); run=$run
	status_document >'$work/status.json' && '$(dirname "$0")/schema.py' --check '$work/status.json'"
check "it is connected" has '.daemon.connected and .domains[0].name == "test"'
check "anybody may ask" test "$(stat -c %a $run/status)" = 666
check "not anybody may give orders" test "$(stat -c %a $run/control)" = 660
check "a second one refuses" fails_with 75 "$program" daemon
check "run goes through it" "$program" run
check "and counts" has '.daemon.passes.request > 0'
check "run --json goes through it" bash -c "'$program' run --json | jq -e '.actions == []'"
check "a misspelt domain is still noticed" fails_with 64 "$program" run --domain nobody
uuid=$(status_document | jq -r '.domains[0].uuid')
check "a domain may be named by its UUID" "$program" replug "$uuid"
check "or its number" "$program" run --domain 1
check "one that is not there is not" fails_with 64 "$program" replug "${uuid/[0-9a-f]-/z-}"
check "nor a tag that it has not" bash -c "! '$program' replug 1 nothing 2>'$work/words' &&
	grep -q 'domain test has no tag \"nothing\"' '$work/words'"
tell signal 19
SECONDS=0
check "stopped, it is told from a libvirt that does not answer" fails_with 75 "$program" run
check "in time" test $SECONDS -le 7
check "and by its name" bash -c "'$program' run 2>&1 | grep -q '^usbreconcile: .usbreconcile daemon. (process [0-9]*, since .*) does not answer'"
check "status works without it, and says so" bash -c "'$program' status >'$work/words'
	grep -q '1 domain' '$work/words' && grep -q 'daemon.*does not answer' '$work/words'"
check "so does monitoring" bash -c "'$program' status --nagios >'$work/words'
	((\$? == 1)) && grep -q '^USBRECONCILE WARNING - daemon_silent |' '$work/words'"
check "and metrics" bash -c "'$program' status --prometheus | grep -qx 'usbreconcile_daemon_up 0'"
tell signal 18
check "and it goes on" within 5 has '.daemon.connected'
check "status shows it" bash -c "'$program' status | grep -q '^daemon: since'"
check "metrics have it" bash -c "'$program' status --prometheus | grep -qx 'usbreconcile_daemon_up 1'"
check "SIGHUP makes it read again" bash -c "
	before=\$('$program' status --json | jq .daemon.passes.resync)
	echo signal 1 >&3
	for i in \$(seq 100); do
		after=\$('$program' status --json | jq .daemon.passes.resync)
		((after > before)) && exit 0
		sleep 0.05
	done
	exit 1"
check "a request that is none is refused" bash -c "
	printf nonsense | python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(\"$run/control\")
s.sendall(sys.stdin.buffer.read()); s.shutdown(socket.SHUT_WR)
sys.exit(0 if s.makefile().read().split()[0] == \"64\" else 1)'"
check "who connects and says nothing costs nothing" bash -c "
	python3 - <<EOF
import socket
idle = [socket.socket(socket.AF_UNIX) for _ in range(50)]
for s in idle:
    s.settimeout(5)
    s.connect('$run/control')
EOF
	'$program' run"
check "SIGTERM ends it" stop 0
check "without it, run works alone" "$program" run
check "it starts over a socket that was left behind" start
tell signal 9
check "a kill -9 kills it" end 137
check "it starts after that" start

before=$(calls)
seen=$(passes udev)
tell plug 1-2 1234:5678 7 OTHER
check "a device that no tag means is looked at" within 5 has ".daemon.passes.udev > $seen"
check "and shown" within 5 has '[.devices[].sysname] | index("1-2")'
check "and costs no call to libvirt" test "$(calls)" = "$before"

seen=$(passes udev)
tell storm 400 2 1-2
tell plug 1-3 1234:5678 8 LAST
check "what comes after a storm is seen" within 10 has '[.devices[].sysname] | index("1-3")'
check "and the storm was not followed step by step" test $(($(passes udev) - seen)) -le 16
check "nor did it cost a call" test "$(calls)" = "$before"
tell signal 1
check "a full listing finds what udev has told" within 10 has '.daemon.passes.resync > 1'
check "and nothing else is said" fails_with 1 grep 'no event had told' "$work/log"
tell silently 1-3 OTHER
tell signal 1
check "what no event told is found by it" within 5 has '[.devices[] | select(.sysname == "1-3").serial] == ["OTHER"]'
check "and said, once no event came late" within 10 grep -q 'no event had told: 1-3;' "$work/log"
check "and ends" stop 0
check "and says what it asked libvirt" grep -q 'calls to libvirt: .*[0-9] virConnectListAllDomains' "$work/log"

# The test driver attaches no USB device (all versions).
cat >"$work/world.xml" <<-EOF
	<node><domain type='test'><name>vm1</name><memory>65536</memory><os><type>hvm</type></os>
	<metadata><u:devices xmlns:u='urn:usbreconcile:domain:1.0'><u:device name='t' serial='S1'/></u:devices></metadata>
	</domain></node>
EOF
attempts() { grep -c 'vm1/t live .*: attach failed: ' "$work/log"; }
has_tried() { (($(attempts) >= $1)); }
: >"$work/log"
launch -c "test://$work/world.xml" daemon
check "it knows the tags" within 10 has '.domains[0].tags[0].verdict == "missing"'
tell plug 1-2 0403:6001 7 S1
check "what libvirt refuses is tried again" within 20 has_tried 4
check "and told of once" test "$(grep -c 'vm1/t is failed' "$work/log")" = 1
check "not taken back while it is tried" test "$(grep -c 'no longer critical' "$work/log")" = 0
tell unplug 1-2
tell touch usb1 # umockdev has no event for what is gone already
check "but when it is over" within 5 grep -q 'vm1/t is no longer critical, but missing' "$work/log"
check "and ends" stop 0

listen_as_manager
check "it starts under a service manager" start
check "which hears that it is ready" within 5 told '^READY=1'
check "and what it does" told '^STATUS=reconciling 1 domains'
check "and that it lives" is_fed
check "and ends" stop 0
check "and that it stops" told '^STOPPING=1'

: >"$work/told"
: >"$work/log"
launch -c "qemu+unix:///system?socket=$work/nothing" daemon
check "without libvirt it waits, and says so" within 5 told '^STATUS=waiting for libvirt'
check "answers" within 5 has '.daemon.connected | not'
check "lives" is_fed
check "complains once" test "$(grep -c 'trying again' "$work/log")" = 1
check "and ends" stop 0

hang_as_libvirt
launch -c "qemu+unix:///system?socket=$work/libvirt" daemon
check "with a libvirt that hangs it lives" is_fed
SECONDS=0
check "and ends" stop 0
check "within 10 s" test $SECONDS -le 11

echo "$((checks - failures)) of $checks checks of the daemon passed"
((failures == 0))
