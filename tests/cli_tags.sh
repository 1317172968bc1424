#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The commands that write tags: the real program, on a host of umockdev's and with libvirt's test
# driver, whose world lasts as long as the program.  usage: tests/cli_tags.sh USBRECONCILE
source "$(dirname "${BASH_SOURCE[0]}")/cli_lib.sh"

usb() { # SYSNAME DEV ID CLASS SERIAL PRODUCT
	local controller=/devices/pci0000:00/0000:00:14.0 id port=-usb-0:${1#1-}
	IFS=: read -r -a id <<<"$3"
	[[ $1 == 1-* ]] || port=
	printf '%s\n' "P: $controller/usb1${port:+/$1}" E:\ {DEVTYPE=usb_device,SUBSYSTEM=usb,USEC_INITIALIZED=5} \
		"E: ID_PATH=pci-0000:00:14.0$port" A:\ {busnum=1,devnum="$2",speed=12,authorized=1}'\n' \
		E:\ {BUSNUM=001,DEVNUM=00"$2",PRODUCT="${id[0]}/${id[1]}/100",TYPE="$((10#$4))/0/0"} \
		"A: idVendor=${id[0]}\n" "A: idProduct=${id[1]}\n" "A: bDeviceClass=$4\n"
	[[ -z $5 ]] || printf '%s\n' "A: serial=$5\n"
	printf '%s\n\n' "A: product=$6\n"
}

{
	printf 'P: /devices/pci0000:00/0000:00:14.0\nE: SUBSYSTEM=pci\n\n'
	usb usb1 1 1d6b:0002 09 '' 'Root Hub'
	usb 1-1 5 0403:6001 00 AAA 'FT232R USB UART'
	usb 1-2 6 0403:6001 00 BBB 'FT232R USB UART'
	usb 1-3 7 1a86:7523 00 '' 'USB Serial'
	usb 1-4 8 10c4:ea60 00 0001 CP2102
	usb 1-5 9 10c4:ea60 00 0001 CP2102
	usb 1-6 10 05e3:0610 09 '' Hub
	printf 'P: /devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/ttyUSB0/tty/ttyUSB0\nN: ttyUSB0\n'
	# No newline in dev, which umockdev 0.15 would make part of a name.
	printf 'E: SUBSYSTEM=tty\nE: DEVNAME=/dev/ttyUSB0\nE: MAJOR=188\nE: MINOR=0\nA: dev=188:0\n'
} >host.umockdev

off() { # like domain, but off
	domain "$@" | sed "s,<domain ,&xmlns:test='http://libvirt.org/schemas/domain/test/1.0' ,
		s,<name>,<test:runstate>5</test:runstate>&,"
}

passed() { # INSIDE-OF-SOURCE: a hostdev as virt-manager makes it
	echo "<hostdev mode='subsystem' type='usb' managed='yes'><source>$1</source></hostdev>"
}

ftdi="<vendor id='0x0403'/><product id='0x6001'/>"
zigbee="<usb:device name='zigbee' vendor='0403' product='6001' serial='AAA'/>"
disabled=${zigbee/name/enabled=\'no\' name}
odd="<!-- mine --><o:x xmlns:o='urn:o'/><usb:device name='odd' seriel='1'/>"
{
	echo '<node>'
	off bare '' ''
	off tagged "$(wrapper "$zigbee")" ''
	off off "$(wrapper "$disabled")" ''
	off odd "$(wrapper "$odd$zigbee")" ''
	off broken "$(wrapper "text<usb:device name='hub' port='pci-0-usb-0:9'/>")" ''
	off other "$(wrapper "<usb:device enabled='no' name='same' port='pci-0-usb-0:9'/>")" ''
	off plain "$(wrapper "<o:x xmlns:o='urn:o'><plain/></o:x>")" ''
	off manager '' "$(passed "<vendor id='0x1a86'/><product id='0x7523'/>" && passed "$ftdi")"
	domain script '' "<controller type='usb' model='qemu-xhci'/>
		$(passed "$ftdi<address bus='1' device='6'/>")"
	echo '</node>'
} >tags.xml

# On that host.
on_host() { # ARGUMENT...
	umockdev-run -d host.umockdev -- "$program" -v -c "test://$work/tags.xml" "$@"
}

# And with a lock, as it may write.
writing() { # ARGUMENT...
	"${alone[@]}" umockdev-run -d host.umockdev -- "$program" -v -c "test://$work/tags.xml" "$@"
}

writes() { # HOW-MANY: calls that write metadata
	local said
	checks=$((checks + 1))
	said=$(sed -n 's/.* \([0-9]*\) virDomainSetMetadata.*/\1/p' err)
	[[ ${said:-0} == "$1" ]] || fail "$what: ${said:-no} writes, not $1"
}

test_tag_chooses() {
	local each
	for each in 1-2 pci-0000:00:14.0-usb-0:2 pci-0000:00:14.0-usb-0:2:1.0 serial=BBB 001:006 /dev/ttyUSB0; do
		expect 0 on_host tag -n bare x "$each"
		says out '<usb:device name="x" vendor="0403" product="6001" serial="BBB"/>'
		says err 'by its serial, which no other 0403:6001 on this host has'
		writes 0
	done
	cp out tag.xml
	expect 0 usbreconcile validate tag.xml
	expect 0 on_host tag -n bare x 1a86:7523
	says out 'vendor="1a86" product="7523" port="pci-0000:00:14.0-usb-0:3"/>'
	says err 'by its port, as it has no serial'
	expect 0 on_host tag -n bare x 1-4
	says out 'vendor="10c4" product="ea60" port="pci-0000:00:14.0-usb-0:4"/>'
	says err 'the serial 0001 is not unique on this host, 1-5 has it too'
	expect 0 on_host tag -n bare x 1-4 --by serial,port
	says out 'name="x" serial="0001" port="pci-0000:00:14.0-usb-0:4"/>'
	expect 0 on_host tag --by ids -n odd x 1-1
	says err '1-2 matches as well'
	says out '<!-- mine -->'
	says out '<usb:device name="odd" seriel="1"/>'
	says out '<usb:device name="x" vendor="0403" product="6001"/>'
}

test_tag_refuses() {
	expect 64 on_host tag nope x 1-1
	says err 'there is no domain "nope"'
	for each in 9-9 dead:beef serial=ZZZ; do
		expect 64 on_host tag bare x "$each"
		says err "no USB device \"$each\" is plugged in"
	done
	expect 64 on_host tag bare x what
	says err '"what" does not say which device'
	expect 64 on_host tag bare x /dev/null
	says err '/dev/null is not there, or is not of a USB device'
	expect 64 on_host tag bare x 0403:6001
	says err '2 devices are "0403:6001"'
	says err '1-1 (0403:6001 serial AAA), 1-2 (0403:6001 serial BBB)'
	expect 64 on_host tag bare x usb1
	says err 'usb1 is a root hub, and hubs are never passed through'
	expect 64 on_host tag bare x 1-6
	says err '1-6 is a hub'
	expect 64 on_host tag bare x 1-3 --by serial
	says err '1-3 has no serial'
	expect 64 on_host tag bare x 1-3 --by name
	expect 64 on_host tag bare 'b a' 1-1
	says err '"b-a" would do'
	expect 64 on_host tag tagged zigbee 1-2
	says err 'domain tagged has a tag "zigbee" already: it asks for 0403:6001 with serial AAA'
	expect 64 on_host tag odd odd 1-2
	says err 'domain odd has a tag "odd" already: an invalid one: the attribute "seriel" is not known'
	expect 65 on_host tag broken x 1-2
	says err 'domain broken: its tags cannot be changed: line'
	says err 'there is text in <devices>: "text"'
	says err '`virsh edit broken` mends it'
	expect 65 on_host tag plain x 1-2
	says err 'between them stands <plain> without a namespace'
	expect 64 on_host tag bare x
}

test_tag_writes() {
	((${#alone[@]})) || return 0
	expect 0 writing tag bare stick 1-3
	says out 'bare/stick: inactive'
	writes 1
	expect 0 writing tag tagged zigbee 1-1
	says err 'domain tagged has this tag already'
	says out 'tagged/zigbee: inactive'
	says err 'contested: odd/zigbee asks for this device as well; `usbreconcile enable tagged zigbee --only`'
	writes 0
	# The one that runs, and has it by a hostdev of its own, gets both copies written.
	expect 0 writing tag script stick /dev/ttyUSB0
	says out 'script/stick: attached: host and libvirt agree, by a hostdev that does not carry our alias'
	writes 2
	# And one that cannot attach says so.
	expect 1 writing tag script other 1-3
	says out 'script/other: failed'
}

test_untag() {
	((${#alone[@]})) || return 0
	expect 0 writing untag tagged zigbee
	says err 'untagging tagged/zigbee'
	says out 'nothing to do'
	writes 1
	expect 0 writing untag tagged nope
	says err 'domain tagged has no tag "nope"'
	says err 'there is: zigbee'
	writes 0
	expect 0 writing untag odd
	says err 'untagging odd/odd (which is invalid)'
	writes 1
	expect 0 writing untag odd zigbee
	says err 'domain odd has an invalid entry'
	writes 1
	expect 0 writing untag bare
	says err 'domain bare has no tags'
	writes 0
	expect 64 writing untag nope
	expect 65 writing untag broken
}

test_enable() {
	((${#alone[@]})) || return 0
	expect 0 writing disable tagged
	says out 'tagged/zigbee: disabled'
	writes 1
	expect 0 writing disable off zigbee
	writes 0
	expect 0 writing enable off
	says out 'off/zigbee: inactive'
	writes 1
	expect 0 writing enable tagged zigbee
	writes 0
	expect 64 writing enable tagged nope
	says err 'domain tagged has no tag "nope"'
	expect 65 writing enable odd odd
	says err 'tag odd/odd is invalid'
	expect 0 writing enable odd
	says err 'odd/odd is left as it is'
	writes 0
	expect 64 writing disable tagged --only
	expect 0 writing enable off zigbee --only
	for each in tagged odd; do
		says err "disabling $each/zigbee, which wants what off/zigbee wants"
		says out "$each/zigbee: disabled"
	done
	says out 'off/zigbee: inactive'
	writes 3
	# Nothing is written to any domain when one of them cannot be.
	expect 65 writing enable other --only
	says err 'disabling broken/hub, which wants what other/same wants'
	says err 'domain broken: its tags cannot be changed'
	writes 0
}

test_adopt() {
	expect 64 on_host adopt
	expect 64 on_host adopt --all manager
	expect 64 on_host adopt nope
	expect 0 on_host adopt -n manager
	says out '<usb:device name="usb-serial" vendor="1a86" product="7523" port="pci-0000:00:14.0-usb-0:3" persist="yes"/>'
	says err 'the hostdev 0403:6001 is not adopted: 2 devices on this host are 0403:6001'
	expect 0 on_host adopt -n --json manager --device 1-3
	json '.changed and (.metadata[0].xml | contains("port=\"pci-0000:00:14.0-usb-0:3\""))'
	json '[.metadata[].xml | contains("0403")] == [false]'
	expect 0 on_host adopt -n --json --all --device 1-4 --device 1-5
	json '.changed == false'
	expect 0 on_host adopt -n --json --all --device 1-4 --device 1-2
	json '.metadata | length == 1 and .[0].domain == "script"'
	expect 64 on_host adopt -n manager --device 1-9
	says err 'no USB device'
	writes 0
	((${#alone[@]})) || return 0
	expect 0 writing adopt --all
	says out 'manager/usb-serial: inactive'
	says out 'script/ft232r-usb-uart: attached: host and libvirt agree, by a hostdev that does not carry our alias'
	writes 3 # config of the one that is off, both of the other
	expect 0 writing adopt bare
	says err 'domain bare: no hostdev to adopt'
	says err 'nothing is adopted'
	writes 0
}

# As Ansible would run it, in check mode and not.
test_readme_task() {
	local task
	task=$(sed -n 's/.*argv: \[usbreconcile, \(.*\), "{{.*/\1/p' "$here/../README.md" |
		sed 's/,//g; s/hassio zigbee serial=[0-9a-f]*/bare x serial=BBB/')
	# shellcheck disable=SC2086 # words
	expect 0 on_host $task -n
	json .changed
	# shellcheck disable=SC2086 # words
	expect 0 writing $task --
	json .changed
}

test_json_says_what_changes() {
	expect 0 on_host tag -n --json bare x 1-2
	json '.changed and .metadata[0].domain == "bare" and .metadata[0].changed'
	json '.metadata[0].xml | contains("name=\"x\" vendor=\"0403\" product=\"6001\" serial=\"BBB\"")'
	json '.outcomes == [] and (.domains[] | select(.name == "bare").tags[0].want.name == "x")'
	writes 0
	expect 0 on_host tag -n --json tagged zigbee 1-1
	json '.changed == false and .metadata[0].changed == false'
	expect 0 on_host enable -n --json off zigbee
	json '.changed and (.metadata[0].xml | contains("enabled") | not)'
	expect 0 on_host enable -n --json tagged
	json '.changed == false'
	expect 0 on_host enable -n --json bare
	json '.changed == false and .metadata == []'
	expect 0 on_host enable -n --json --only off
	json '[.metadata[].domain] == ["off", "odd", "tagged"] or [.metadata[].domain] == ["off", "tagged", "odd"]'
	expect 0 on_host disable -n --json tagged zigbee
	json '.changed and (.domains[] | select(.name == "tagged").tags[0].verdict == "disabled")'
	expect 0 on_host untag -n --json tagged
	json '.changed and .metadata[0].xml == null and (.domains[] | select(.name == "tagged").tags == [])'
	expect 0 on_host adopt -n --json script
	json '.changed and (.metadata[0].xml | contains("ft232r"))'
	expect 0 on_host replug -n --json tagged
	json '.changed == false and .metadata == []'
	writes 0
	expect 64 on_host replug -n --json tagged nope
	json '.problems[0].code == "usage"'
	expect 0 on_host disable -n tagged zigbee
	says out 'enabled="no"'
	says err 'what would follow:'
	((${#alone[@]} > 0)) || return 0
	expect 0 writing tag --json bare x 1-2
	json '.changed and (.domains[] | select(.name == "bare").tags[0].want.serial == "BBB")'
	writes 1
	expect 0 writing enable --json tagged
	json '.changed == false'
	writes 0
}

run_tests
