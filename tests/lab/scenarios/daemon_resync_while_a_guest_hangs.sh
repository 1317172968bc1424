# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: four guests that hang keep what they have over full readings, and nobody else waits for them
# tier: long
# needs: g1 g2
# timeout: 1800

# From libvirt 11.0 on, a dump of a guest that hangs waits 30 s; and a connection has four calls.
milliseconds_of() { # COMMAND...: how long it takes in the host VM; it must end with 0 or 1
	{ local - && set +x; } 2>/dev/null
	local start=${EPOCHREALTIME/./} code=0
	host timeout 90 "$@" >/dev/null 2>&1 </dev/null || code=$?
	((code <= 1)) || fail "exit code $code of $*"
	echo $(((${EPOCHREALTIME/./} - start) / 1000))
}

in_time() { # COMMAND...: in at most twice what a replug takes usually
	local took
	took=$(milliseconds_of "$@")
	echo "$*: $took ms, a replug usually $usual ms"
	((took <= 2 * usual)) || fail "$took ms, and a replug takes $usual ms: $*"
}

resyncs() { host usbreconcile-ask | jq .daemon.passes.resync; }
more_resyncs() { (($(resyncs) > $1)); }
tags_of_g1() { [[ $(host usbreconcile-ask | jq '.domains[] | select(.name == "g1") | .tags | length') = 1 ]]; }

hang() { # GUEST: something that needs its monitor holds its job from here on
	host_sh "kill -STOP \$(cat /run/libvirt/qemu/$1.pid)"
	host_sh "timeout 600 virsh qemu-monitor-command $1 --hmp 'info usb' >/dev/null 2>&1 </dev/null &"
	within 10 host_sh "virsh domcontrol $1 | grep -q occupied"
}

host_sh 'cat >/usr/local/bin/usbreconcile-ask && chmod +x /usr/local/bin/usbreconcile-ask' <<-'PY'
	#!/usr/bin/python3
	import socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.settimeout(10)
	s.connect("/run/usbreconcile/status")
	while data := s.recv(65536):
	    sys.stdout.write(data.decode())
PY
# Three more that have nothing, and need not even boot to hang.
for number in 4 5; do
	config_xml g3 | sed -e "s,<name>g3</name>,<name>g$number</name>," \
		-e "s,-000000000003</uuid>,-00000000000$number</uuid>,;s,/g3\.log,/g$number.log," | define
done
for guest in g3 g4 g5; do
	host virsh --quiet start --paused $guest
done
daemon_start
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
# The second would like the first one's device, too.
set_tags g2 <<<'<devices><device name="b" serial="BBB"/><device name="also" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA
guest_sees_exactly g2 0403:6001/BBB

usual=$(milliseconds_of usbreconcile replug g2 b)
guest_sees_exactly g2 0403:6001/BBB
for guest in g1 g3 g4 g5; do
	hang $guest
done
# What asks for it at once, and what the daemon does by itself.
host systemctl reload usbreconcile
in_time usbreconcile replug g2 b
in_time usbreconcile run
in_time usbreconcile replug g2 b
# Two full readings later nothing of it is forgotten, and its device has not changed hands.
for _ in 1 2; do
	before=$(resyncs)
	host systemctl reload usbreconcile
	within 10 more_resyncs "$before"
	tags_of_g1
	guest_sees_exactly g2 0403:6001/BBB
done
# Nor by a daemon that has never seen them well.
host systemctl restart usbreconcile
in_time usbreconcile replug g2 b
guest_sees_exactly g2 0403:6001/BBB
# What hangs is read again as soon as it does not: no full reading is due within 10 s.
daemon_journal --lines 5
host_sh 'kill -CONT "$(cat /run/libvirt/qemu/g1.pid)"'
within 10 expect_verdict g1 a attached/attached
guest_sees_exactly g1 0403:6001/AAA
