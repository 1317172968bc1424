# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a guest that moves gets its device where it arrives, and never the twin that has its number there
# tier: long
# needs: pair g1
# timeout: 900

plug_and_wait a serial=AAA port=1
on B plug_and_wait b serial=BBB port=1
on B plug_and_wait a serial=AAA port=2
expect_equal "$(bus_dev AAA)" "$(on B bus_dev BBB)"
set_tags g1 <<<'<devices><device name="a" vendor="0403" product="6001" serial="AAA"/></devices>'
for side in A B; do
	on $side hook_enable
	on $side daemon_start
done
guest_sees g1 0403:6001/AAA 120

migrate g1
on B guest_sees g1 0403:6001/AAA 60
on B guest_never_saw g1 BBB
on B expect_attached g1 ua-usbr-a AAA
on B expect_verdict g1 a attached/attached
# The placeholder out, the device in, and no second time.
on B daemon_expect_actions 2
