# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: two guests and one dongle: whoever has it keeps it, and the other gets it when that one stops, either way
# tier: ci
# needs: g1 g2
# timeout: 420

plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="one" serial="AAA"/></devices>'
set_tags g2 <<<'<devices><device name="two" serial="AAA"/></devices>'

# GUEST TAG has it, the other tag is contested where its guest runs.
expect_holder() { # GUEST TAG OTHER OTHERTAG
	run_pass
	guest_sees_exactly "$1" 0403:6001/AAA
	expect_attached "$1" "ua-usbr-$2" AAA
	expect_verdict "$1" "$2" attached/attached
	expect_no_live "$3" "ua-usbr-$4"
	expect_not_held "$3" AAA
	expect_verdict "$3" "$4" contested/owned_by_tag
	expect_settled
}

expect_holder g1 one g2 two
guest_sees_exactly g2
said=$(host usbreconcile status g2 two)
grep 'it would be this one, in use by g1/one' <<<"$said"
grep '^  held by     g1/one' <<<"$said"

# The holder stops: the other one has it, and keeps it when the first is back.
guest_stop g1
run_pass
guest_sees_exactly g2 0403:6001/AAA
expect_verdict g1 one inactive/domain_off
guest_start g1
expect_holder g2 two g1 one
guest_sees_exactly g1

# The same with the roles changed; and one that has nothing stops without a word.
guest_stop g2
run_pass
guest_sees_exactly g1 0403:6001/AAA
guest_start g2
expect_holder g1 one g2 two
guest_stop g2
run_pass
expect_attached g1 ua-usbr-one AAA
expect_settled
