# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: one command gives a device to a guest that runs and has no tags, and one takes it back
# tier: ci
# needs: g1

plug_and_wait a serial=AAA port=1
within 30 host_sh 'ls /dev/serial/by-id/*AAA*'
before=$(all_xml g1)

# Every way to say which one it is; nothing is changed.
for device in 1-1 0403:6001 serial=AAA "$(id_path AAA)" /dev/ttyUSB0 "$(host_sh 'ls /dev/serial/by-id/*AAA*')" \
	"$(udev_property AAA DEVNAME)"; do
	said=$(host usbreconcile tag -n g1 zigbee "$device" </dev/null)
	grep -F '<usb:device name="zigbee" vendor="0403" product="6001" serial="AAA"/>' <<<"$said"
done
host usbreconcile validate - <<<"$said"
expect_equal "$before" "$(all_xml g1)"

said=$(host usbreconcile tag g1 zigbee /dev/ttyUSB0)
grep '^g1/zigbee: attached: ' <<<"$said"
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-zigbee AAA
for side in live_xml config_xml; do
	$side g1 | grep 'usb:device name="zigbee"'
done
expect_settled

# Once more is nothing more.
before=$(all_xml g1)
host usbreconcile tag g1 zigbee 1-1 2>&1 | grep 'has this tag already'
expect_equal "$before" "$(all_xml g1)"

# What cannot be is refused, and nothing is changed.
plug_and_wait b serial=BBB port=2
plug hub type=hub port=3
wait_host_device 1-3
for device in 0403:6001 1-3 usb1 9-9 /dev/null; do
	expect 64 host usbreconcile tag g1 other "$device"
done
expect 64 host usbreconcile tag g1 zigbee serial=BBB
expect 64 host usbreconcile tag g9 zigbee serial=BBB
expect_equal "$before" "$(all_xml g1)"

host usbreconcile tag g1 other serial=BBB --by port
guest_sees_exactly g1 0403:6001/AAA 0403:6001/BBB
host usbreconcile untag g1 zigbee
guest_sees_exactly g1 0403:6001/BBB
expect_no_live g1 ua-usbr-zigbee
host usbreconcile untag g1
guest_sees_exactly g1
for side in live_xml config_xml; do
	! $side g1 | grep usbreconcile || fail "there is metadata left"
done
host usbreconcile untag g1
expect_settled
