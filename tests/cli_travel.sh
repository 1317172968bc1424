# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What goes from host to host: hook and migrate-xml. Part of tests/cli.sh.

hook() { # FILE ARGUMENT...
	local file=$1
	shift
	expect 0 usbreconcile hook "$@" <"$file"
}

test_hook() {
	local started
	domain hassio "$good" "$stale" >ours.xml
	domain plain '' "${stale//ua-usbr-/ua-}" >foreign.xml
	for how in migrate restore; do
		hook ours.xml hassio $how begin -
		says out '<source startupPolicy="optional">'
		says out '<vendor id="0x10c4"/>'
		checks=$((checks + 1))
		! grep -F '<address bus="1" device="125"/>' out >/dev/null || fail "$what: still at 001:125"
		is_empty err
		cp out rewritten.xml
		hook rewritten.xml hassio $how begin -
		is_empty out
		hook foreign.xml plain $how begin -
		is_empty out
		is_empty err
	done
	# What somebody calls his domain.
	hook ours.xml --json migrate begin -
	says out 'startupPolicy="optional"'
	hook ours.xml -h restore begin -
	says out 'startupPolicy="optional"'
	hook ours.xml hassio prepare begin -
	is_empty out
	hook ours.xml hassio migrate end -
	is_empty out
	hook ours.xml
	is_empty out
	# On any doubt: nothing.
	head -c 400 ours.xml >cut.xml
	hook cut.xml hassio migrate begin -
	is_empty out
	head -c 5000000 /dev/zero | tr '\0' x >long.xml
	hook long.xml hassio migrate begin -
	is_empty out
	started=$SECONDS
	hook <(cat ours.xml && exec sleep 20) hassio migrate begin -
	is_empty out
	checks=$((checks + 1))
	((SECONDS - started < 10)) || fail "$what: it waited for $((SECONDS - started)) s"
}

# libvirt gets an answer of whatever is called usbreconcile, or of nothing.
test_hook_script() {
	local script=$here/../rules/usbreconcile-hook path
	mkdir -p there away
	ln -sf "$program" there/usbreconcile
	expect 0 env PATH="$work/there:$PATH" "$script" hassio migrate begin - <ours.xml
	says out 'startupPolicy="optional"'
	printf '#!/bin/sh\nkill -SEGV $$\n' >away/usbreconcile
	chmod +x away/usbreconcile
	expect 0 env PATH="$work/away:$PATH" "$script" hassio migrate begin - <ours.xml
	is_empty out
	path=$(command -v sh)
	expect 0 env PATH="$work/nowhere" "$path" "$script" hassio migrate begin - <ours.xml
	is_empty out
	is_empty err
}

# The test driver starts what it has, so its domains run; it knows no migratable XML.
test_migrate_xml() {
	expect 64 usbreconcile -c "$calm" migrate-xml
	expect 64 usbreconcile -c "$calm" migrate-xml nope
	says err 'there is: hassio, plain'
	is_empty out
	expect 0 usbreconcile -c "$calm" migrate-xml --persistent hassio
	says out '<source startupPolicy="optional">'
	expect 0 usbreconcile -c "$calm" migrate-xml --persistent plain
	says out '<name>plain</name>'
	is_empty err
	domain here "$(wrapper "<usb:device name='a' serial='A' port='pci-0000:00:14.0-usb-0:1'/>")" \
		"${stale//ua-usbr-/ua-}" >here.node
	{ echo '<node>' && cat here.node && echo '</node>'; } >here.xml
	expect 0 usbreconcile -c "test://$work/here.xml" migrate-xml --persistent here
	says err 'here/a: the port pci-0000:00:14.0-usb-0:1 is a socket of this host'
	says err 'a hostdev without a tag wants a device 10c4:ea60 at 001:125'
}
