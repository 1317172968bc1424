# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a misspelt tag changes nothing: the hostdev stays, the twin stays out, and everybody is told why
# tier: ci
# needs: g1

plug_and_wait a serial=AAA port=1
set_tags g1 <<-XML
	<devices>
	  <device name="a" vendor="0403" product="6001" serial="AAA" persist="yes"/>
	</devices>
XML
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
live=$(live_hostdevs g1)
config=$(config_hostdevs g1)

expect_untouched() { # WORD: which the program should name
	local said
	said=$(run_pass) || fail "exit code $?"
	grep "^! *g1 .*$1" <<<"$said"
	expect_equal "$live" "$(live_hostdevs g1)"
	expect_equal "$config" "$(config_hostdevs g1)"
	expect_settled
	said=$(expect 1 host usbreconcile status g1 </dev/null)
	grep "$1" <<<"$said"
}

# The twin, and a tag that would mean it as well.
plug_and_wait b serial=BBB port=2
set_tags g1 <<-XML
	<devices>
	  <device name="a" vendor="0403" product="6001" seriel="AAA" persist="yes"/>
	</devices>
XML
expect_untouched seriel
expect_json 'any(.domains[].tags[]; .verdict == "invalid")' usbreconcile status --json

# Even the name is lost.
set_tags g1 <<-XML
	<devices>
	  <device nmae="a" vendor="0403" product="6001" serial="AAA" persist="yes"/>
	</devices>
XML
expect_untouched nmae

set_tags g1 <<-XML
	<devices>
	  <device name="a" vendor="0403" product="6001" serial="AAA" persist="yes"/>
	</devices>
XML
expect_settled
expect_held g1 AAA
guest_sees_exactly g1 0403:6001/AAA
guest_never_saw g1 BBB
