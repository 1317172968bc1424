# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: with the daemon a replugged device is back in its guest, in whatever port, and its twin never is
# tier: ci
# needs: g1

daemon_start
expect_equal usbreconcile "$(host_sh 'ps -o user= -p "$(systemctl show --value --property MainPID usbreconcile)"')"
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA

for place in 1 3 2.1 1; do
	[[ $place != 2.1 ]] || {
		unplug b
		wait_host_gone BBB
		plug hub type=hub port=2
		wait_host_device 1-2
	}
	mark=$(guest_mark g1)
	replug a serial=AAA port=$place
	await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA'
	within 10 expect_attached g1 ua-usbr-a AAA
done
guest_never_saw g1 BBB
expect_equal "" "$(config_hostdevs g1)"

actions=$(daemon_says actions)
replug b serial=BBB port=4
host systemctl reload usbreconcile
run_pass # the daemon's
daemon_expect_actions "$actions"
expect 75 host usbreconcile daemon
expect_verdict g1 a attached/attached
