# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a pass waits for one that is at work, and says so after 10 s when that one hangs
# tier: ci
# needs: g1

plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes"/></devices>'

# Another one that is at work; its lock is one of fcntl(2).
hold_lock() { # SECONDS
	host rm -f /run/lab-held
	host systemd-run --quiet --collect --unit=lab-holder python3 -c "
import fcntl, time
lock = open('/run/usbreconcile/lock', 'w')
fcntl.lockf(lock, fcntl.LOCK_EX)
open('/run/lab-held', 'w')
time.sleep($1)"
	within 10 host test -e /run/lab-held
}

# The lock is made by the first who takes it, and stays.
host usbreconcile run --domain g3
lock=$(host stat --format='%i %A' /run/usbreconcile/lock)

hold_lock 1000
expect 0 host usbreconcile status
expect 0 host usbreconcile run --dry-run
started=$SECONDS
said=$(expect 75 run_pass 2>&1)
grep ' has been at work for 10 s' <<<"$said"
((SECONDS - started >= 9)) || fail "it did not wait"
expect_json '.problems[0].code == "busy"' usbreconcile run --json
expect_no_live g1 ua-usbr-a

# It dies, and takes its lock along.
host systemctl kill --signal=KILL lab-holder
within 10 host sh -c '! systemctl is-active --quiet lab-holder'
expect 0 host usbreconcile run --domain g3

hold_lock 4
expect 0 run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-a $(bus_dev AAA)
expect_equal "$lock" "$(host stat --format='%i %A' /run/usbreconcile/lock)"
expect_settled
