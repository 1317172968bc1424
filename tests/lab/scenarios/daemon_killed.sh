# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: the daemon is killed in the middle of replugs: the next one converges
# tier: ci
# needs: g1

daemon_start
plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes"/></devices>'
guest_sees_exactly g1 0403:6001/AAA

for port in 2 3 4; do
	unplug a
	host systemctl kill --signal KILL usbreconcile
	wait_host_gone AAA
	plug_and_wait a serial=AAA port=$port
	host systemctl kill --signal KILL usbreconcile || true # between two lives there is none
	within 60 expect_attached g1 ua-usbr-a AAA
	# shellcheck disable=SC2046 # two numbers
	within 30 expect_config g1 ua-usbr-a $(bus_dev AAA)
	guest_sees_exactly g1 0403:6001/AAA
	host systemctl reset-failed usbreconcile
done
expect_equal 1 "$(live_hostdevs g1 | wc -l)"
expect_equal 1 "$(config_hostdevs g1 | wc -l)"
