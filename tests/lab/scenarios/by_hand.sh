# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: what a person types and sees: devices, run, status, why, replug
# tier: ci
# needs: g1

plug_and_wait a serial=AAA port=1
plug stick type=storage serial=SSS port=3
wait_host_device SSS

# Is it on standard output, as a whole line? Runs of blanks count as one.
shows() { # OUTPUT LINE
	grep -Fx -- "$2" <<<"$(tr -s ' ' <<<"$1")" || fail "no line \"$2\" in: $1"
}

read -r bus dev <<<"$(bus_dev AAA)"
printf -v at %03d:%03d "$bus" "$dev"
port=pci-0000:00:04.0-usb-0:1
said=$(host usbreconcile devices)
echo "$said"
shows "$said" "PORT BUS:DEV ID SERIAL PRODUCT SPEED USED BY"
shows "$said" "$port $at 0403:6001 AAA QEMU USB SERIAL 12m host: ftdi_sio"
shows "$said" "2 devices (hubs: --all)"

set_tags g1 <<-XML
	<devices>
	  <device name="zigbee" serial="AAA" persist="yes"/>
	  <device name="ups" vendor="051d" product="0002" required="yes"/>
	</devices>
XML

said=$(expect 1 host usbreconcile status g1) # a required one is missing
echo "$said"
shows "$said" "g1 zigbee 0403:6001 $at pending it is there and will be attached"
shows "$said" "g1 ups 051d:0002 - missing! no USB device 051d:0002 is plugged in"
shows "$said" "2 tags: 1 pending, 1 missing; 1 critical (!)"

said=$(host usbreconcile run)
echo "$said"
shows "$said" "+ g1 zigbee live $at 0403:6001 serial AAA"
shows "$said" "+ g1 zigbee config $at 0403:6001 serial AAA guest port 0:1"
grep '^! g1  *ups  *missing: ' <<<"$said"
shows "$said" "2 actions: 2 attach"
guest_sees_exactly g1 0403:6001/AAA
shows "$(host usbreconcile devices)" "$port $at 0403:6001 AAA QEMU USB SERIAL 12m g1/zigbee"

said=$(host usbreconcile status g1 zigbee)
echo "$said"
expect_equal "g1/zigbee: attached" "$(head -n 1 <<<"$said")"
shows "$said" " asks for serial AAA"
shows "$said" " options persist yes"
shows "$said" " device $at (1-1) 0403:6001 serial AAA"
shows "$said" " live $at, guest port 0:1, alias ua-usbr-zigbee"
shows "$said" " config $at, guest port 0:1, alias ua-usbr-zigbee"
shows "$said" " next nothing to do"

said=$(expect 1 host usbreconcile status g1 ups)
echo "$said"
expect_equal "g1/ups: missing!" "$(head -n 1 <<<"$said")"
shows "$said" " options required"

# It hangs: a replug is a new device for the guest.
mark=$(guest_mark g1)
said=$(host usbreconcile replug g1 zigbee)
echo "$said"
shows "$said" "- g1 zigbee live $at requested"
shows "$said" "+ g1 zigbee live $at 0403:6001 serial AAA guest port 0:1"
shows "$said" "g1/zigbee: attached: host and libvirt agree"
await_guest_log g1 "$mark" '^SEES [0-9.]+ \[\]'
await_guest_log g1 "$mark" '^SEES [0-9.]+ \[1-1=0403:6001/AAA\]'
expect_attached g1 ua-usbr-zigbee AAA
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-zigbee $(bus_dev AAA)
expect_settled

# Slips of the pen.
said=$(expect 64 host usbreconcile status g9 2>&1)
shows "$said" "usbreconcile: there is no domain \"g9\""
shows "$said" " there is: g1, g2, g3"
said=$(expect 64 host usbreconcile replug g1 zigbe 2>&1)
shows "$said" "usbreconcile: domain g1 has no tag \"zigbe\""
shows "$said" " there is: zigbee, ups"
said=$(host usbreconcile status g3)
shows "$said" "g3 has no tags."
