# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: serial numbers with quotes, markup, control characters, or none: every output stays whole
# tier: ci
# needs: g1

# shellcheck disable=SC2016 # as it is
serials=(
	$'say "hi" & <b>\'x\'</b> ]]>'
	$'tab\tesc\e[31mred\nnewline\x01'
	'$(reboot); rm -rf / `id` %s %n'
	$'\xc2\x9b31m\xc2\x85'
	"$(printf 'x%.0s' {1..126})"
	' leading and trailing '
	''
)
port=0
for serial in "${serials[@]}"; do
	port=$((port + 1))
	plug "$port" "serial=$serial" port=$port
done
plug twin serial=AAA port=8
plug stick type=storage "serial=$(printf '\e]0;x\a"')" port=9
plug_and_wait good serial=GOOD port=10
host udevadm settle

# Three of them by name, as an admin writes them in XML, and one that has nothing to do with it.
set_tags g1 <<-'XML'
	<devices>
	  <device name="quotes" serial="say &quot;hi&quot; &amp; &lt;b&gt;'x'&lt;/b&gt; ]]&gt;" persist="yes"/>
	  <device name="control" serial="tab\x09esc\x1b[31mred\x0anewline\x01" persist="yes"/>
	  <device name="long" vendor="0403" product="6001" port="pci-0000:00:04.0-usb-0:5"/>
	  <device name="good" serial="GOOD" persist="yes"/>
	</devices>
XML

# One line each, nothing in it that moves a cursor, valid UTF-8.
expect_clean() { # COMMAND...
	local said
	said=$(host "$@" 2>&1) || true
	echo "$said"
	! LC_ALL=C grep -P '[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' <<<"$said" || fail "control characters from $*"
	iconv --from-code=UTF-8 --to-code=UTF-8 <<<"$said" >/dev/null
}

expect_equal 4 "$(expect_clean usbreconcile run --dry-run | grep -c '^+')"
expect_clean usbreconcile run
expect_attached g1 ua-usbr-quotes 1-1
expect_attached g1 ua-usbr-control 1-2
expect_attached g1 ua-usbr-long 1-5
expect_attached g1 ua-usbr-good 1-10
for pair in quotes=1-1 control=1-2 good=1-10; do
	# shellcheck disable=SC2046 # two numbers
	expect_config g1 "ua-usbr-${pair%=*}" $(bus_dev "${pair#*=}")
done
guest_sees g1 0403:6001/GOOD
expect_settled

table=$(expect_clean usbreconcile devices)
expect_equal 10 "$(grep -c '^pci-0000:00:04.0-usb-0:[0-9]* ' <<<"$table")"
expect_equal 13 "$(wc -l <<<"$table")"
grep -F 'tab\x09esc\x1b[31mred\x0anewline\x01' <<<"$table" # as the tag has it
grep -F '"hi" & <b>' <<<"$table"
expect_clean usbreconcile status
for tag in quotes control long good; do
	expect_clean usbreconcile status g1 $tag
	expect_verdict g1 $tag attached/attached
done

# JSON keeps them to the byte; QEMU makes each byte of the property one UTF-16 unit.
for serial in "${serials[@]:0:6}"; do
	serial=$(iconv --from-code=LATIN1 --to-code=UTF-8 <<<"$serial")
	expect_json "[.devices[].serial] | index($(jq --null-input --arg s "$serial" '$s'))" usbreconcile devices --json
done
for command in 'status --json' 'run --json' 'devices --json'; do
	# shellcheck disable=SC2086 # words
	host usbreconcile $command | iconv --from-code=UTF-8 --to-code=UTF-8 | host jq --exit-status .format_version >/dev/null
done
host_sh 'usbreconcile status --json >/tmp/recorded && usbreconcile run --dry-run --snapshot /tmp/recorded'
