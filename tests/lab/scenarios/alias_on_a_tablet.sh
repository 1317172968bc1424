# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a tablet that carries our alias is never removed; the tag says what to do about it
# tier: ci
# needs: g1

for side in --live --config; do
	host virsh --quiet attach-device g1 /dev/stdin $side <<-XML
		<input type='tablet' bus='usb'><alias name='ua-usbr-a'/></input>
	XML
done
await_guest_log g1 0 '=0627:0001/'
plug_and_wait a serial=AAA port=1

# One pass, with that exit code, changes neither XML.
expect_untouched() { # CODE
	local before
	before=$(all_xml g1)
	expect "$1" run_pass
	expect_equal "$before" "$(all_xml g1)"
}

expect_untouched 0 # no tag at all
set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes"/></devices>'
said=$(expect_untouched 1)
grep '^! *g1 *a *failed: .*alias ua-usbr-a' <<<"$said"
expect_verdict g1 a failed/alias_taken
expect 1 host usbreconcile replug g1 a
expect_settled
set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes" enabled="no"/></devices>'
expect_untouched 0
expect_verdict g1 a disabled/disabled

# Another name, and all is well.
set_tags g1 <<<'<devices><device name="b" serial="AAA" persist="yes"/></devices>'
run_pass
guest_sees g1 0403:6001/AAA
expect_attached g1 ua-usbr-b AAA
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-b $(bus_dev AAA)
guest_log g1 | grep '^SEES' | tail -n 1 | grep '=0627:0001/'
for xml in "$(live_xml g1)" "$(config_xml g1)"; do
	grep -A 2 "<input type='tablet'" <<<"$xml" | grep ua-usbr-a
done
expect_settled
