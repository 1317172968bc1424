# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: what a hanging guest has stays its own over a full reading, and nobody who asks about others waits for it
# tier: long
# needs: g1 g2
# timeout: 900

# From libvirt 11.0 on a guest that hangs cannot even be read: a full reading waits 30 s for it and comes back without.
seconds_of() { # COMMAND...: how long it takes in the host VM; it must end with 0 or 1
	{ local - && set +x; } 2>/dev/null
	local start=${EPOCHREALTIME/./} code=0
	host timeout 90 "$@" >/dev/null 2>&1 </dev/null || code=$?
	((code <= 1)) || fail "exit code $code of $*"
	echo $(((${EPOCHREALTIME/./} - start) / 1000000))
}

resyncs() { host usbreconcile-ask | jq .daemon.passes.resync; }
more_resyncs() { (($(resyncs) > $1)); }
tags_of_g1() { [[ $(host usbreconcile-ask | jq '.domains[] | select(.name == "g1") | .tags | length') = 1 ]]; }

host_sh 'cat >/usr/local/bin/usbreconcile-ask && chmod +x /usr/local/bin/usbreconcile-ask' <<-'PY'
	#!/usr/bin/python3
	import socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.settimeout(10)
	s.connect("/run/usbreconcile/status")
	while data := s.recv(65536):
	    sys.stdout.write(data.decode())
PY
daemon_start
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
# The second would like the first one's device, too.
set_tags g2 <<<'<devices><device name="b" serial="BBB"/><device name="also" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA
guest_sees_exactly g2 0403:6001/BBB

host_sh 'kill -STOP "$(cat /run/libvirt/qemu/g1.pid)"'
# Something that needs g1's monitor holds its job from here on.
host_sh 'timeout 300 virsh qemu-monitor-command g1 --hmp "info usb" >/dev/null 2>&1 &'
host systemctl reload usbreconcile
took=$(seconds_of usbreconcile replug g2 b)
echo "replug of g2 while g1 hangs: $took s"
((took <= 20)) || fail "replug g2 took $took s"
took=$(seconds_of usbreconcile run)
echo "run while g1 hangs: $took s"
((took <= 20)) || fail "run took $took s"
# Two full readings later nothing of it is forgotten, and its device has not changed hands.
for _ in 1 2; do
	before=$(resyncs)
	host systemctl reload usbreconcile
	within 100 more_resyncs "$before"
	tags_of_g1
	guest_sees_exactly g2 0403:6001/BBB
done
host_sh 'kill -CONT "$(cat /run/libvirt/qemu/g1.pid)"'
within 90 expect_verdict g1 a attached/attached
guest_sees_exactly g1 0403:6001/AAA
