# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a user without access to libvirt is told what to do, exit 77, and nothing happens
# tier: ci
# needs: g1

plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes"/></devices>'

for words in run 'replug g1 a'; do
	# shellcheck disable=SC2086 # words
	said=$(expect 77 as_user usbreconcile $words 2>&1)
	# What changes something asks for the lock first: a daemon that has it is who does the work.
	grep 'no access to the lock .*; add yourself to the group libvirt .*sudo' <<<"$said"
done
expect_equal "" "$(live_hostdevs g1 && config_hostdevs g1)"

# Who may only look may look.
said=$(as_user usbreconcile status)
grep '^g1 *a .*pending' <<<"$said"
as_user usbreconcile devices | grep '0403:6001 *AAA'
as_user usbreconcile run --dry-run | grep '^+ *g1 *a *live'

# Unless the admin does not want that.
host chmod 0770 /run/libvirt/libvirt-sock-ro
for words in status 'run --dry-run' 'validate g1' devices; do
	# shellcheck disable=SC2086 # words
	said=$(expect 77 as_user usbreconcile $words 2>&1)
	grep 'no access to libvirt' <<<"$said"
	grep '^  join the group libvirt' <<<"$said"
done
said=$(expect 77 as_user usbreconcile status --json 2>/dev/null)
host jq --exit-status '.problems[0].code == "no_access"' <<<"$said"

# Access to libvirt, but not to the lock.
host chmod 0600 /run/usbreconcile/lock
host usermod --append --groups libvirt plain
said=$(expect 77 host runuser -u plain -- usbreconcile run 2>&1)
grep 'no access to the lock' <<<"$said"
host chmod 0660 /run/usbreconcile/lock
host chgrp libvirt /run/usbreconcile/lock
host runuser -u plain -- usbreconcile run
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-a $(bus_dev AAA)
expect_settled
