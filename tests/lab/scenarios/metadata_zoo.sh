# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: whatever is wrong in one domain's tags, the good tags in it and in others are served, and nothing is lost
# tier: ci
# needs: g1 g2

plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
plug_and_wait c serial=CCC port=3
plug_and_wait k serial=KKK port=4
set_tags g1 <<<'<devices><device name="kept" serial="KKK" persist="yes"/></devices>'
run_pass
guest_sees_exactly g1 0403:6001/KKK

set_tags g1 <<-XML
	<devices>
	  <device name="misspelt" vendor="0403" product="6001" seriel="CCC"/>
	  <device name="hex" vendor="04g3" product="6001"/>
	  <device name="half" vendor="0403"/>
	  <device name="twice" serial="CCC"/>
	  <device name="twice" serial="CCC"/>
	  <device name="boolean" serial="CCC" required="true"/>
	  <device name="port" serial="CCC" guestPort="seven"/>
	  <device name="nothing"/>
	  <device name="not good" serial="CCC"/>
	  <device name="child" serial="CCC"><ID vendor="0403" product="6001"/></device>
	  <gadget name="element" serial="CCC"/>
	  <device name="good" serial="AAA"/>
	  <device name="kept" serial="KKK" persist="maybe"/>
	</devices>
XML
set_tags g2 <<<'<devices><device name="b" serial="BBB" persist="yes"/></devices>'
stored=$(host virsh metadata g1 "$TAGS_URI")

said=$(run_pass)
echo "$said"
guest_sees_exactly g1 0403:6001/AAA 0403:6001/KKK # "kept" is bad now, and keeps what it has
guest_sees_exactly g2 0403:6001/BBB
expect_attached g1 ua-usbr-good AAA
expect_attached g1 ua-usbr-kept KKK
expect_attached g2 ua-usbr-b BBB
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-kept $(bus_dev KKK)
# shellcheck disable=SC2046 # two numbers
expect_config g2 ua-usbr-b $(bus_dev BBB)
for name in misspelt hex half twice boolean port nothing child kept; do
	grep "^! *g1 *$name *invalid: " <<<"$said"
done
grep gadget <<<"$said"
expect_settled
expect_equal "$stored" "$(host virsh metadata g1 "$TAGS_URI")"
guest_never_saw g1 CCC

expect 1 host usbreconcile status g1
expect 0 host usbreconcile status g2
said=$(expect 65 host usbreconcile validate g1)
echo "$said"
grep '^invalid: .* 1 tag valid$' <<<"$said"
expect 65 host usbreconcile validate
expect 0 host usbreconcile validate g2
expect_json '[.problems[] | select(.domain == "g1" and .severity == "critical")] | length >= 11' \
	usbreconcile validate g1 --json

# What libvirt loses without a word: a prefix that nobody has declared, a wrapper without namespace.
for lost in '<usb:devices><usb:device name="a" serial="AAA"/></usb:devices>' \
	'<devices><device name="a" serial="AAA"/></devices>'; do
	xml=$(config_xml g3 | sed "s,</uuid>,&<metadata>$lost</metadata>,")
	define <<<"$xml"
	host usbreconcile status g3 | grep 'libvirt has lost them'
	expect 65 host usbreconcile validate - <<<"$xml"
done
