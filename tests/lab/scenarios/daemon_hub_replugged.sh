# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a hub is pulled with all that is on it and put back: every device returns to its guest
# tier: ci
# needs: g1 g2

daemon_start
plug_hub() {
	plug hub type=hub port=1
	wait_host_device 1-1
	plug a serial=AAA port=1.1
	plug b serial=BBB port=1.2
	plug t type=tablet port=1.3
	wait_host_device AAA
	wait_host_device BBB
	wait_host_device 1-1.3
}
plug_hub
port=$(id_path 1-1.3)
set_tags g1 <<<"<devices><device name='a' serial='AAA'/><device name='t' port='$port'/></devices>"
set_tags g2 <<<'<devices><device name="b" vendor="403" product="6001" serial="BBB"/></devices>'
guest_sees_exactly g2 0403:6001/BBB
guest_sees g1 0403:6001/AAA

for _ in 1 2; do
	unplug hub
	wait_host_gone 1-1
	plug_hub
	within 30 expect_attached g1 ua-usbr-a AAA
	within 30 expect_attached g1 ua-usbr-t 1-1.3
	within 30 expect_attached g2 ua-usbr-b BBB
	guest_sees_exactly g2 0403:6001/BBB
done
guest_never_saw g1 BBB
guest_never_saw g2 AAA
