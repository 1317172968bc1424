# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: readers that do not read, 1,500 requests, a stopped daemon and 10,000 events keep nobody from a device or an answer
# tier: long
# needs: g1
# timeout: 1800

# Milliseconds from the kernel's word of the device to libvirt's that the guest has it.
replug_a() {
	{ local - && set +x; } 2>/dev/null
	local mark uevents added said
	mark=$(events_mark)
	unplug a
	event_wait "'device-removed' for domain 'g1': ua-usbr-a" 60 "$mark" >/dev/null
	mark=$(events_mark) uevents=$(host stat --format=%s /var/log/lab/uevents.log)
	plug a serial=AAA port=1
	said=$(event_wait "'device-added' for domain 'g1': ua-usbr-a" 120 "$mark")
	added=$(lab_host await-log /var/log/lab/uevents.log "$uevents" 5 ' add .*/1-1 ')
	echo $(($(date --date="${said%%: *}" +%s%3N) - ${added%% *}))
}

median_of_replugs() {
	{ local - && set +x; } 2>/dev/null
	for _ in 1 2 3; do
		replug_a
	done | sort -n | sed -n 2p
}

# Whoever is there: a device is with its guest in time, and a member of the group libvirt has an answer.
is_served() { # AMONG-WHOM
	{ local - && set +x; } 2>/dev/null
	local took start
	took=$(median_of_replugs)
	echo "$1: $took ms from plug to guest, in quiet times $quiet ms"
	((took <= 2 * quiet)) || fail "$1: $took ms, and in quiet times $quiet ms"
	start=${EPOCHREALTIME/./}
	host runuser -u member -- timeout 20 usbreconcile run </dev/null >/dev/null || fail "$1: no answer to run"
	took=$(((${EPOCHREALTIME/./} - start) / 1000))
	echo "$1: $took ms for a run"
	((took <= 5000)) || fail "$1: $took ms for a run"
}

# What the daemon has open, and its memory in KiB.
# shellcheck disable=SC2016 # expanded there
files() { host_sh 'ls /proc/$(systemctl show --value --property=MainPID usbreconcile)/fd | wc -l'; }
# shellcheck disable=SC2016 # expanded there
memory() { host_sh 'awk "/^VmRSS/ { print \$2 }" /proc/$(systemctl show --value --property=MainPID usbreconcile)/status'; }
returns() { # WHAT-NOW MOST: WHAT-NOW is files or memory
	(($("$1") <= $2))
}
is_as_before() {
	within 30 returns files $((files + 4))
	within 30 returns memory $((memory + memory / 4))
}

come() { # USER SOCKET COUNT stay|gone WORD...
	host systemd-run --quiet --unit=lab-crowd --uid="$1" --property=LimitNOFILE=4096 \
		--property=StandardOutput=truncate:/var/log/lab/crowd.log python3 /usr/local/bin/lab-crowd "${@:2}" </dev/null
	within 60 host grep -q there /var/log/lab/crowd.log
}
leave() { host systemctl stop lab-crowd; }

host_sh 'cat >/usr/local/bin/lab-crowd' <<-'PY'
	import signal, socket, sys
	name, count, stay, words = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
	crowd = []
	for i in range(count):
	    s = socket.socket(socket.AF_UNIX)
	    s.settimeout(2)
	    try:
	        s.connect("/run/usbreconcile/" + name)
	        if words:
	            s.sendall(b"".join(word.encode() + b"\0" for word in words))
	            s.shutdown(socket.SHUT_WR)
	    except OSError:
	        pass
	    if stay == "stay":
	        crowd.append(s)
	print("there", flush=True)
	signal.pause()
PY
for user in member other; do
	host useradd --groups libvirt $user
done
daemon_start
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA
events_start
# shellcheck disable=SC2016 # expanded there; systemd makes $ of $$
host systemd-run --quiet --unit=lab-uevents bash -c '
	stdbuf -oL udevadm monitor --kernel --subsystem-match=usb/usb_device |
		grep --line-buffered " add " | while read -r line; do
			now=$${EPOCHREALTIME/./}
			echo "$${now%???} $$line"
		done >/var/log/lab/uevents.log'
quiet=$(median_of_replugs)
files=$(files) memory=$(memory)
echo "in quiet times: $quiet ms, $files files, $memory KiB"

come nobody status 64 stay
is_served "among 64 readers that do not read"
leave
is_as_before

come other control 1500 stay run
is_served "among 1,500 requests"
leave
is_as_before

come other control 1500 gone run
is_served "among 1,500 clients that are gone"
leave
is_as_before

# Stopped, it blames itself, in time; and afterwards makes up for what it missed.
host systemctl kill --signal=STOP usbreconcile
unplug a
wait_host_gone AAA
plug_and_wait a serial=AAA port=1
# shellcheck disable=SC2016 # expanded there
said=$(host_sh 'SECONDS=0 code=0; runuser -u member -- timeout 20 usbreconcile run </dev/null >&2 || code=$?; echo $code $SECONDS')
echo "with the daemon stopped: exit code and seconds $said"
[[ $said == "75 "[0-8] ]] || fail "exit code and seconds with the daemon stopped: $said"
expect 1 host timeout 20 usbreconcile status --nagios </dev/null
host systemctl kill --signal=CONT usbreconcile
within 30 expect_attached g1 ua-usbr-a AAA

# 10,000 events in 10 s, or as fast as this machine makes them, among all of them.
come nobody status 64 stay
host systemd-run --quiet --unit=lab-storm bash -c 'for i in {1..5000}; do
	echo change >/sys/bus/usb/devices/1-2/uevent; echo change >/sys/bus/usb/devices/usb1/uevent; done' </dev/null
start=${EPOCHREALTIME/./}
host runuser -u member -- timeout 20 usbreconcile run </dev/null >/dev/null
took=$(((${EPOCHREALTIME/./} - start) / 1000))
echo "in the storm: $took ms for a run, $(replug_a) ms from plug to guest, in quiet times $quiet ms"
((took <= 5000)) || fail "in the storm: $took ms for a run"
leave
within 120 host bash -c '! systemctl is-active --quiet lab-storm && udevadm settle'
is_served "after the storm"
is_as_before
guest_sees_exactly g1 0403:6001/AAA
