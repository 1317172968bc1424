# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: somebody takes out what we attach, each time at once: it is done less and less often, and said; on request it is done
# tier: long
# needs: g1

plug_and_wait a serial=AAA port=1
daemon_start
# shellcheck disable=SC2016 # there
host_sh 'cat >/run/lab-rival <<-"END"
	#!/bin/sh
	stdbuf -oL virsh event --event device-added --loop | while read -r _; do
		virsh detach-device-alias g1 ua-usbr-a --live
	done
END
systemd-run --quiet --unit=lab-rival sh /run/lab-rival'
within 20 host_sh 'pgrep -x virsh'
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
within 150 expect_verdict g1 a failed/restless
host_sh 'usbreconcile status g1 a || :'
acts=$(daemon_says actions)
host_sh "usbreconcile status --json | jq '.domains[] | select(.name == \"g1\").tags[0]'"

# In 20 s it is tried a few times, where there were as many in one.
host_sh 'timeout 20 virsh event --event device-added --loop || :'
((($(daemon_says actions) - acts) <= 6)) || fail "$acts actions, then $(daemon_says actions)"

# The rival is gone: nobody has to tell.
host systemctl stop lab-rival
host_sh 'usbreconcile replug g1 a || :'
within 70 expect_verdict g1 a attached/attached
guest_sees g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
