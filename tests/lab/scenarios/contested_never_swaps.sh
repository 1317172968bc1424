# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: two domains want one device: who has it keeps it, the other is contested, pass after pass
# tier: ci
# needs: g1 g2

# g2 is first in time, g1 by name.
plug_and_wait a serial=AAA port=1
set_tags g2 <<<'<devices><device name="holder" serial="AAA" persist="yes"/></devices>'
run_pass
guest_sees g2 0403:6001/AAA
set_tags g1 <<<'<devices><device name="loser" serial="AAA" persist="yes"/></devices>'
before=$(all_xml g1 g2)

passes=${PASSES:-10}
said=$(host_sh "for i in \$(seq $passes); do usbreconcile run || exit; done")
expect_equal "$passes" "$(grep -c '^! *g1 *loser *contested: .*holder of domain g2' <<<"$said")"
expect_equal "$passes" "$(grep -cx 'nothing to do' <<<"$said")"
expect_equal $((2 * passes)) "$(wc -l <<<"$said")"

expect_equal "$before" "$(all_xml g1 g2)"
expect_verdict g1 loser contested/owned_by_tag
expect_verdict g2 holder attached/attached
expect_attached g2 ua-usbr-holder AAA
# shellcheck disable=SC2046 # two numbers
expect_config g2 ua-usbr-holder $(bus_dev AAA)
guest_sees_exactly g2 0403:6001/AAA
guest_never_saw g1 AAA
# Nobody has failed: it is as the tags say.
expect 0 host usbreconcile status
expect_settled
