# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a transient domain, made with virsh create, whose tags are only in its live XML
# tier: ci
# needs: idle

plug_and_wait a serial=AAA port=1
config_xml g3 | sed -e 's,<name>g3</name>,<name>g4</name>,; s,-000000000003</uuid>,-000000000004</uuid>,' \
	-e 's,/g3.log,/g4.log,' -e "s,</uuid>,&<metadata><usb:devices xmlns:usb='$TAGS_URI'>\
<usb:device name='a' serial='AAA' persist='yes'/><usb:device name='b' serial='BBB'/>\
</usb:devices></metadata>," | host virsh --quiet create /dev/stdin
await_guest_log g4 0 '^READY' 90

run_pass
guest_sees_exactly g4 0403:6001/AAA
expect_attached g4 ua-usbr-a AAA
expect_verdict g4 a attached/attached
expect_verdict g4 b missing/not_plugged_in
expect_settled

set_tags g4 --live <<<'<devices><device name="b" serial="BBB"/></devices>'
plug_and_wait b serial=BBB port=2
run_pass
guest_sees_exactly g4 0403:6001/BBB
expect_attached g4 ua-usbr-b BBB
expect_no_live g4 ua-usbr-a
expect_settled

guest_stop g4
run_pass
expect_json '[.domains[].name] == ["g1", "g2", "g3"] and .healthy' usbreconcile status --json
