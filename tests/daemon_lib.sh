# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For the scripts that test the real daemon: they source this, with USBRECONCILE MOCK_HOST as their arguments. Each runs
# in a /run and a network of its own.
set -uo pipefail
export LC_ALL=C.UTF-8 LIBVIRT_DEFAULT_URI=test:///default

# It takes this host's lock, so it gets a /run of its own; and a network, as umockdev aborts when more events wait
# in a socket than that allows, and ten is few on a busy machine.
if [[ ${ALONE:-} != yes ]]; then
	alone=(unshare --map-root-user --mount --net)
	# Who is root has other users, too.
	((EUID != 0)) || ! unshare --mount --net mount -t tmpfs none /run 2>/dev/null || alone=(unshare --mount --net)
	if ! "${alone[@]}" mount -t tmpfs none /run 2>/dev/null; then
		echo "SKIPPED: no user namespaces here, and /run must be ours"
		exit 77
	fi
	# shellcheck disable=SC2016
	ALONE=yes exec "${alone[@]}" bash -c '
		mount -t tmpfs none /run && echo 4096 >/proc/sys/net/unix/max_dgram_qlen
		exec "$@"' bash "$0" "$@"
fi

program=$(realpath "$1")
mock_host=$(realpath "$2")
work=$(mktemp -d)
run=/run/usbreconcile
checks=0 failures=0 daemon=
trap '[[ -z $daemon ]] || tell signal 9; kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT

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

# The daemon on a host of its own, which changes as it is told (mock_host.c).
launch() { # ARGUMENT...
	rm -f "$work/host" && mkfifo "$work/host"
	umockdev-wrapper "$mock_host" "$program" -v "$@" <"$work/host" >/dev/null 2>>"$work/log" &
	daemon=$!
	exec 3>"$work/host"
	tell listening
}

tell() { echo "$*" >&3; }

start() {
	launch daemon
	within 10 has '.daemon.last_pass > 0'
}

end() { # CODE: what it ends with
	local code=0
	exec 3>&-
	wait "$daemon" || code=$?
	daemon=
	((code == $1)) || { echo "exit code $code, not $1; it said last:" && tail -n 60 "$work/log" && return 1; }
}

stop() { # CODE: SIGTERM, and it has 10 s
	tell signal 15
	end "$1"
}

# What the service manager would hear.
listen_as_manager() {
	: >"$work/told"
	python3 - "$work/notify" "$work/told" <<-EOF 3>&- &
		import socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		while True:
		    with open(sys.argv[2], "a") as told:
		        told.write(s.recv(4096).decode() + "\n")
	EOF
	export NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=600000
	within 5 test -S "$work/notify"
}

told() { grep -q "$1" "$work/told"; }
feedings() { grep -c '^WATCHDOG=1' "$work/told"; }
more_feedings() { (($(feedings) > $1)); }
is_fed() { within 2 more_feedings $(($(feedings) + 1)); }

# A libvirtd that takes connections and says nothing.
hang_as_libvirt() {
	python3 - "$work/libvirt" <<-EOF 3>&- &
		import signal, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen(8)
		signal.pause()
	EOF
	within 5 test -S "$work/libvirt"
}

passes() { status_document | jq ".daemon.passes.$1"; }
calls() { status_document | jq .daemon.libvirt_calls; }
