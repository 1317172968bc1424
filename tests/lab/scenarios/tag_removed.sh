# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: without its tag a hostdev of ours goes, live and persistent; the others stay
# tier: ci
# needs: g1

plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
plug_and_wait c serial=CCC port=3
set_tags g1 <<-XML
	<devices>
	  <device name="a" serial="AAA" persist="yes"/>
	  <device name="b" serial="BBB" persist="yes"/>
	</devices>
XML
attach g1 ua-mine CCC
attach g1 ua-mine CCC --config
run_pass
guest_sees_exactly g1 0403:6001/AAA 0403:6001/BBB 0403:6001/CCC
rest=$(live_hostdevs g1 | grep -v ua-usbr-a)
config_rest=$(config_hostdevs g1 | grep -v ua-usbr-a)

set_tags g1 <<<'<devices><device name="b" serial="BBB" persist="yes"/></devices>'
run_pass
guest_sees_exactly g1 0403:6001/BBB 0403:6001/CCC
expect_equal "$rest" "$(live_hostdevs g1)"
expect_equal "$config_rest" "$(config_hostdevs g1)"
expect_settled

# The last one, and the metadata with it; in the config only, as a person would.
clear_tags g1
run_pass
guest_sees_exactly g1 0403:6001/CCC
expect_equal ua-mine "$(live_hostdevs g1 | cut -d ' ' -f 1)"
expect_equal ua-mine "$(config_hostdevs g1 | cut -d ' ' -f 1)"
expect_settled
