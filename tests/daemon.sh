#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The real daemon against libvirt's test driver: one at a time, it can be asked, commands go through
# it, and it leaves when told to.  usage: tests/daemon.sh USBRECONCILE
set -uo pipefail
export LC_ALL=C.UTF-8 LIBVIRT_DEFAULT_URI=test:///default

program=$(realpath "$1")
work=$(mktemp -d)
run=/run/usbreconcile
checks=0 failures=0 daemon=
trap '[[ -z $daemon ]] || kill -KILL "$daemon" 2>/dev/null; rm -rf "$work"' EXIT

check() { # WHAT COMMAND...
	checks=$((checks + 1))
	if ! "${@:2}" >"$work/out" 2>&1; then
		failures=$((failures + 1))
		echo "FAILED: $1"
		sed 's/^/    /' "$work/out"
	fi
}

fails_with() { # CODE COMMAND...
	local code=0
	"${@:2}" || code=$?
	((code == $1)) || { echo "exit code $code, not $1" && return 1; }
}

status_document() {
	python3 - "$run/status" <<-EOF
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.settimeout(5)
		s.connect(sys.argv[1])
		while data := s.recv(65536):
		    sys.stdout.write(data.decode())
	EOF
}

has() { status_document | jq -e "$1"; } # JQ

within() { # SECONDS COMMAND...
	local end=$((SECONDS + $1))
	until "${@:2}" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

start() {
	"$program" daemon 2>>"$work/log" &
	daemon=$!
	within 10 has '.daemon.last_pass > 0'
}

stop() { # CODE: SIGTERM, and it has 10 s
	local code=0
	kill -TERM "$daemon"
	wait "$daemon" || code=$?
	daemon=
	((code == $1))
}

if [[ $(id -u) != 0 ]]; then
	echo "SKIPPED: $run must be ours, so this needs root"
	exit 77
fi

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
check "status shows it" bash -c "'$program' status | grep -q '^daemon: since'"
check "metrics have it" bash -c "'$program' status --prometheus | grep -qx 'usbreconcile_daemon_up 1'"
check "SIGHUP makes it read again" bash -c "
	before=\$('$program' status --json | jq .daemon.passes.resync)
	kill -HUP $daemon
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
sys.exit(0 if s.recv(100) == b\"64\\n\" else 1)'"
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
kill -KILL "$daemon" && wait "$daemon" 2>/dev/null
check "it starts after a kill -9" start
check "and ends" stop 0

echo "$((checks - failures)) of $checks checks of the daemon passed"
((failures == 0))
