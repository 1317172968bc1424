# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: after a replug nobody holds the device, and the live XML does not know
# tier: long
# needs: g1

plug_and_wait a serial=AAA port=1
attach g1 ua-a AAA
guest_sees g1 0403:6001/AAA
old=$(bus_dev AAA)

unplug a
wait_host_gone AAA
plug_and_wait a serial=AAA port=1
new=$(bus_dev AAA)
[[ $old != "$new" ]] || fail "the number did not change"

# shellcheck disable=SC2086 # two numbers
expect_live g1 ua-a $old
expect_not_held g1 AAA # the guest notices at its next transfer, which an idle one may never make

mark=$(guest_mark g1)
detach g1 ua-a
attach g1 ua-a AAA
await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA'
expect_attached g1 ua-a AAA
