#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The real daemon among strangers: readers that do not read, more requests than it takes, clients that are gone, a table
# of files that is full, a storm of events, and clients of a daemon that was stopped. Whatever they do, its owner is
# served.  usage: tests/strangers.sh USBRECONCILE MOCK_HOST
# shellcheck source=tests/daemon_lib.sh
source "$(dirname "$0")/daemon_lib.sh"

# Enough domains that no socket holds the document.
{
	echo "<node>"
	for i in {1..400}; do
		echo "<domain type='test'><name>vm$i</name><memory>65536</memory><os><type>hvm</type></os><metadata>
			<u:devices xmlns:u='urn:usbreconcile:domain:1.0'><u:device name='t' serial='S$i'/></u:devices>
			</metadata></domain>"
	done
	echo "</node>"
} >"$work/world.xml"

# Connects COUNT times to SOCKET, says WORDS (each with its NUL), and stays until it is killed, or hangs up.
cat >"$work/crowd" <<-'EOF'
	import os, signal, socket, sys
	path, count, stay, words = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
	crowd = []
	for i in range(count):
	    s = socket.socket(socket.AF_UNIX)
	    s.settimeout(float(os.environ.get('patience', 2)))
	    try:
	        s.connect(path)
	        if words:
	            s.sendall(b"".join(word.encode() + b"\0" for word in words))
	            s.shutdown(socket.SHUT_WR)
	    except OSError:
	        pass
	    if stay == "stay":
	        crowd.append(s)
	print("there", flush=True)
	if stay == "stay":
	    signal.pause()
EOF

crowd=
come() { # SOCKET COUNT stay|gone WORD...
	rm -f "$work/there" && mkfifo "$work/there"
	python3 "$work/crowd" "$run/$1" "${@:2}" >"$work/there" 3>&- &
	crowd=$!
	read -r _ <"$work/there"
}
leave() { kill "$crowd" 2>/dev/null; wait "$crowd" 2>/dev/null; }

daemon_pid() { sed 's/ .*//' "$run/lock"; }
files() { find "/proc/$(daemon_pid)/fd" -mindepth 1 2>/dev/null | wc -l; }
files_return() { (($(files) <= before_files + 2)); }
# Of the processor, so far.
ticks() { awk '{ print $14 + $15 }' "/proc/$(daemon_pid)/stat"; }

in_time() { # SECONDS COMMAND...: it succeeds, and takes no longer
	local start=${EPOCHREALTIME/./} took
	"${@:2}" || return 1
	took=$((${EPOCHREALTIME/./} - start))
	((took <= $1 * 1000000)) || { echo "$((took / 1000)) ms" && return 1; }
}

answered() { # the command, or told to try again
	local code=0
	"$program" run || code=$?
	((code == 0 || code == 75))
}

ulimit -n 4096
launch -c "test://$work/world.xml" daemon
check "it knows all domains" within 60 has '.domains | length == 400'
before_files=$(files)

come status 80 stay
check "with 80 readers that do not read, another one is served" in_time 5 has '.daemon.connected'
check "and so is a run" in_time 5 "$program" run
check "and they have no more places than there are" test "$(files)" -le $((before_files + 64 + 2))
leave
check "and the files return" within 12 files_return

# A user has a share: who comes with a crowd makes room among its own.
nobody=(setpriv --reuid 65534 --clear-groups -- env PATH=/usr/bin:/bin)
if "${nobody[@]}" python3 -c '' 2>/dev/null; then
	cat >"$work/slow" <<-'EOF'
		import json, socket, subprocess, sys
		s = socket.socket(socket.AF_UNIX)
		s.settimeout(5)
		s.connect(sys.argv[1])
		with subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE) as crowd:
		    crowd.stdout.readline()
		    text = b""
		    while data := s.recv(65536):
		        text += data
		    crowd.kill()
		json.loads(text)
	EOF
	crowd_of=("${nobody[@]}" python3 -c "$(cat "$work/crowd")")
	check "a reader keeps its place when somebody else comes with 100" \
		python3 "$work/slow" "$run/status" "${crowd_of[@]}" "$run/status" 100 stay
	chmod 666 "$run/control"
	"${crowd_of[@]}" "$run/control" 300 stay >"$work/there" &
	crowd=$!
	check "they are there" within 10 grep -q there "$work/there"
	check "among 300 of somebody else's requests one's own is answered" in_time 5 "$program" run
	leave
	chmod 660 "$run/control"
	check "and the files return" within 12 files_return
else
	echo "SKIPPED: the share of another user, as there is none here"
fi

come control 1500 stay run
check "with 1,500 requests another is answered, or told to try again" in_time 5 answered
check "status is served" in_time 5 has '.daemon.connected'
tell plug 1-2 0403:6001 7 OTHER
check "a device is seen" in_time 10 within 10 has '[.devices[].sysname] | index("1-2")'
leave
check "and the files return" within 12 files_return
check "and a run is answered" in_time 5 "$program" run

come control 1500 gone run
check "with 1,500 clients that are gone a run is answered" in_time 5 "$program" run
check "and the files return" within 12 files_return

prlimit --pid "$(daemon_pid)" --nofile=$((before_files + 20)):
come control 100 stay
used=$(ticks)
within 2 false
check "with a full table of files it does not spin" test $(($(ticks) - used)) -le 60
check "and says so once" test "$(grep -c 'no room for another file' "$work/log")" -eq 1
leave
check "and goes on" within 12 has '.daemon.connected'
prlimit --pid "$(daemon_pid)" --nofile=1024:

come status 64 stay
tell storm 10000 10 1-2
for i in {1..5}; do
	check "in a storm of 10,000 events among silent readers, run $i is answered" in_time 5 "$program" run
done
tell plug 1-3 0403:6001 8 LAST
check "and what is plugged after it is seen" within 30 has '[.devices[].sysname] | index("1-3")'
leave

tell signal 19
patience=0.02 come control 200 stay # its queue is full after the first of them
SECONDS=0
check "a stopped daemon is told from a libvirt that does not answer" fails_with 75 "$program" run
check "in time" test $SECONDS -le 8
SECONDS=0
"$program" -c test:///default status --nagios >/dev/null 2>&1
check "and monitoring ends in time" test $SECONDS -le 10
leave
tell signal 18
check "and it goes on" within 10 has '.daemon.connected'
check "and ends" stop 0

echo "$((checks - failures)) of $checks checks of the daemon among strangers passed"
((failures == 0))
