# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Two devices of one guest, replugged in turn: one is the daemon's, the other the floor's. Words of tests/lab/lib.sh;
# prints what observe.c saw, and what memory both take. `tests/bench/run replug` has it done by: lab do source replug.sh
# Needs a VM that is up with guest g1 (`lab up g1`). DOMAINS=1000 defines so many more, with four tags each.

rounds=${ROUNDS:-20} domains=${DOMAINS:-0}

# shellcheck disable=SC2016
chroot "$DIR/rootfs" sh -ec '
	mkdir -p /install/usr/local/bin
	for name in observe floor; do
		cc -O2 -D_GNU_SOURCE /source/tests/bench/$name.c -o /install/usr/local/bin/bench-$name \
			$(pkg-config --cflags --libs glib-2.0 libvirt libudev)
	done' >&2
vm_install >&2

# shellcheck disable=SC2016
((domains == 0)) || host_sh "mkdir /tmp/many && awk -v domains=$domains '"'BEGIN {
	for (i = 0; i < domains; i++) {
		file = "/tmp/many/" i ".xml"
		printf "<domain type=\"qemu\"><name>many%d</name><memory>65536</memory>", i >file
		printf "<os><type arch=\"x86_64\" machine=\"pc\">hvm</type></os><metadata>" >file
		printf "<u:devices xmlns:u=\"urn:usbreconcile:domain:1.0\">" >file
		for (k = 0; k < 4; k++)
			printf "<u:device name=\"t%d\" serial=\"S%d\"/>", k, i * 4 + k >file
		print "</u:devices></metadata></domain>" >file
		close(file)
		print "define", file
	}
}'"' | virsh --quiet >/dev/null" >&2

set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>' >&2
daemon_start >&2
host systemd-run --quiet --unit=bench-floor bench-floor g1 FFF ua-floor >&2
host systemd-run --quiet --unit=bench-observe sh -c 'exec bench-observe >/var/log/lab/observed.log' >&2
within 30 host grep -q ready /var/log/lab/observed.log >&2

seen() { host grep -c "\"$1\", \"whom\": \"$2\"" /var/log/lab/observed.log || true; }
seen_more() { (($(seen "$1" "$2") > $3)); }

# Waits for libvirt's event, so that no replug meets the one before it.
replug_once() { # NAME SERIAL PORT ALIAS
	local before
	before=$(seen added "$4")
	plug_and_wait "$1" serial="$2" port="$3"
	within 30 seen_more added "$4" "$before"
	before=$(seen removed "$4")
	unplug "$1"
	within 30 seen_more removed "$4" "$before"
}

for _ in $(seq "$rounds"); do
	replug_once a AAA 1 ua-usbr-a >&2
	replug_once f FFF 2 ua-floor >&2
done
host cat /var/log/lab/observed.log

memory() { # WHO UNIT
	local rollup
	rollup=$(host_sh "cat /proc/\$(systemctl show --value --property MainPID $2)/smaps_rollup")
	awk -v who="$1" '{ kib[$1] = $2 } END {
		printf "{\"memory\": \"%s\", \"rss\": %d, \"anon\": %d, \"pss\": %d}\n",
			who, kib["Rss:"], kib["Anonymous:"], kib["Pss:"] }' <<<"$rollup"
}
memory "the daemon" usbreconcile
memory "the floor" bench-floor
