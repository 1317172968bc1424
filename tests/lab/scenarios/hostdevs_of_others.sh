# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: hostdevs that are not ours, without an alias or with a foreign one, are never touched
# tier: ci
# needs: g1 g2

plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
for side in --live --config; do
	hostdev_xml unused AAA | grep -v '<alias' | host virsh --quiet attach-device g1 /dev/stdin $side
	attach g1 ua-mine BBB $side
done
guest_sees_exactly g1 0403:6001/AAA 0403:6001/BBB
set_tags g1 <<<'<devices><device name="c" serial="CCC"/></devices>'
before=$(all_xml g1)

expect_untouched() {
	run_pass
	expect_equal "$before" "$(all_xml g1)"
}

expect_untouched
expect_settled
# Nobody takes the devices from them either, not even for a tag.
set_tags g2 <<-XML
	<devices>
	  <device name="a" serial="AAA" persist="yes"/>
	  <device name="b" port="$(id_path BBB)"/>
	</devices>
XML
expect_untouched
expect_settled
expect_verdict g2 a contested/owned_by_hostdev
expect_verdict g2 b contested/owned_by_hostdev
expect_equal "" "$(live_hostdevs g2 && config_hostdevs g2)"
expect_held g1 AAA
expect_held g1 BBB
host usbreconcile status | grep '^no tag: g1 .*ua-mine'
guest_sees_exactly g1 0403:6001/AAA 0403:6001/BBB

# After a replug the hostdev points at nothing. It stays, its device is for whoever asks.
unplug a
plug_and_wait a serial=AAA port=1
expect_untouched
expect_attached g2 ua-usbr-a AAA
# shellcheck disable=SC2046 # two numbers
expect_config g2 ua-usbr-a $(bus_dev AAA)
guest_sees_exactly g2 0403:6001/AAA
expect_not_held g1 AAA # though its guest may not have noticed yet
expect_json '[.unmanaged[] | select(.domain == "g1" and .live and .device == null)] | length == 1' \
	usbreconcile status --json
expect_settled
expect_equal "$before" "$(all_xml g1)"
