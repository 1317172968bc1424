# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a guest whose QEMU hangs delays nobody but itself: another's replug takes what it always takes
# tier: ci
# needs: g1 g2
# timeout: 600

# Until libvirt's event, so that no replug meets the one before it. Adds to $latencies the milliseconds from the
# kernel's `add` to DEVICE_ADDED, both as the host VM's clock had it when they were told there.
replug_b() {
	{ local - && set +x; } 2>/dev/null
	local mark uevents added said
	mark=$(events_mark)
	unplug b
	event_wait "'device-removed' for domain 'g2': ua-usbr-b" 30 "$mark" >/dev/null
	mark=$(events_mark) uevents=$(host stat --format=%s /var/log/lab/uevents.log)
	plug b serial=BBB port=2
	said=$(event_wait "'device-added' for domain 'g2': ua-usbr-b" 30 "$mark")
	added=$(lab_host await-log /var/log/lab/uevents.log "$uevents" 5 ' add .*/1-2 ')
	latencies+=($(($(date --date="${said%%: *}" +%s%3N) - ${added%% *})))
}

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

daemon_start
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
set_tags g2 <<<'<devices><device name="b" serial="BBB"/></devices>'
guest_sees_exactly g1 0403:6001/AAA
guest_sees_exactly g2 0403:6001/BBB
events_start
# shellcheck disable=SC2016 # expanded there; systemd makes $ of $$
host systemd-run --quiet --unit=lab-uevents bash -c '
	stdbuf -oL udevadm monitor --kernel --subsystem-match=usb/usb_device |
		while read -r line; do
			now=$${EPOCHREALTIME/./}
			echo "$${now%???} $$line"
		done >/var/log/lab/uevents.log'
within 10 host grep -q KERNEL /var/log/lab/uevents.log

# Paused, g1 takes as little of the only processor as when it hangs.
host virsh --quiet suspend g1
latencies=()
for _ in {1..5}; do replug_b; done
usual=$(median "${latencies[@]}")
echo "usually: $usual ms of ${latencies[*]}"

host virsh --quiet resume g1
host_sh 'kill -STOP "$(cat /run/libvirt/qemu/g1.pid)"'
unplug a
wait_host_gone AAA
plug_and_wait a serial=AAA port=1
# Who asks meanwhile gets an answer all the same, after 45 s, of the others.
host timeout 60 usbreconcile run </dev/null &
asking=$!
latencies=()
for _ in {1..5}; do replug_b; done
hanging=$(median "${latencies[@]}")
echo "with g1 hanging: $hanging ms of ${latencies[*]}"
((hanging - usual < 1000)) || fail "$hanging ms while g1 hangs, and $usual ms else"
guest_sees_exactly g2 0403:6001/BBB
expect_verdict g2 b attached/attached
wait "$asking" || (($? != 124)) || fail "no answer while g1 hangs"

host_sh 'kill -CONT "$(cat /run/libvirt/qemu/g1.pid)"'
within 60 expect_attached g1 ua-usbr-a AAA
guest_sees_exactly g1 0403:6001/AAA
