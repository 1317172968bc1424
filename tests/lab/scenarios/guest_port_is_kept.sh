# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a guestPort is kept over replugs, whether or not somebody looks while the device is away
# tier: ci
# needs: g1

set_tags g1 <<<'<devices><device name="a" serial="AAA" guestPort="0:7" persist="yes"/></devices>'
old=none
for round in $(seq "${REPLUGS:-3}"); do
	mark=$(guest_mark g1)
	plug_and_wait a serial=AAA port=$((round % 2 + 1))
	new=$(bus_dev AAA)
	[[ $old != "$new" ]] || fail "the number did not change"
	run_pass
	await_guest_log g1 "$mark" '^SEES .*\[1-7=0403:6001/AAA\]'
	expect_attached g1 ua-usbr-a AAA
	expect_equal "ua-usbr-a - $new 0:7" "$(live_hostdevs g1 | sed 's/ [0-9a-f]*:[0-9a-f]* / - /')"
	expect_equal "ua-usbr-a 0403:6001 $new 0:7 optional" "$(config_hostdevs g1)"
	expect_settled
	old=$new
	unplug a
	wait_host_gone AAA
	((round % 2)) || run_pass
done
run_pass
expect_equal "" "$(live_hostdevs g1 && config_hostdevs g1)"
guest_sees_exactly g1
expect_settled
