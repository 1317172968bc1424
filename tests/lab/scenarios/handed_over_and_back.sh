# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: two guests share one device: "enable --only" hands it over and back in one command each
# tier: ci
# needs: g1 g2

plug_and_wait a serial=AAA port=1
host usbreconcile tag g1 stick serial=AAA
guest_sees_exactly g1 0403:6001/AAA
said=$(host usbreconcile tag g2 dongle serial=AAA 2>&1)
grep 'contested: g1/stick asks for this device as well' <<<"$said"
grep '^g2/dongle: contested: ' <<<"$said"
guest_sees_exactly g1 0403:6001/AAA

for round in 1 2; do
	: "$round"
	said=$(host usbreconcile enable g2 dongle --only)
	grep '^g2/dongle: attached: ' <<<"$said"
	grep '^g1/stick: disabled: ' <<<"$said"
	guest_sees_exactly g2 0403:6001/AAA
	guest_sees_exactly g1
	expect_attached g2 ua-usbr-dongle AAA
	expect_not_held g1 AAA
	expect_settled

	said=$(host usbreconcile enable g1 --only)
	grep '^g1/stick: attached: ' <<<"$said"
	grep '^g2/dongle: disabled: ' <<<"$said"
	guest_sees_exactly g1 0403:6001/AAA
	guest_sees_exactly g2
	expect_attached g1 ua-usbr-stick AAA
	expect_settled
done

# Once more is nothing more.
before=$(all_xml g1 g2)
host usbreconcile enable g1 --only
expect_equal "$before" "$(all_xml g1 g2)"

# Nobody has it, and the tags remain.
host usbreconcile disable g1
guest_sees_exactly g1
guest_sees_exactly g2
expect_verdict g1 stick disabled/disabled
within 10 expect_driver 1-1:1.0 ftdi_sio
expect_settled
