# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a second daemon refuses with a sentence, and the first goes on as if nothing had been
# tier: ci
# needs: g1

daemon_start
plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA

first=$(host systemctl show --value --property MainPID usbreconcile)
said=$(host_sh 'usbreconcile daemon 2>&1; echo "exit code $?"')
grep -q "usbreconcile daemon. (process $first, since .*) is at work on this host" <<<"$said" || fail "no such sentence: $said"
grep -q '^exit code 75$' <<<"$said" || fail "another exit code: $said"
expect_equal "$first" "$(host systemctl show --value --property MainPID usbreconcile)"

mark=$(guest_mark g1)
unplug a
wait_host_gone AAA
plug_and_wait a serial=AAA port=1
await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA'
within 10 expect_attached g1 ua-usbr-a AAA
