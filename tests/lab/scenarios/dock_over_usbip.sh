# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: two devices in the two halves of one socket, as in a dock, are two members of a group: attached once, then at rest
# tier: long
# needs: g1

# Over USB/IP: the first high and the first super speed slot of vhci_hcd are each other's companions.
plug_and_wait a serial=AAA port=1
plug_and_wait b type=storage serial=BBB port=2 bus=xhci2
a=$(sysname AAA)
b=$(sysname BBB)
daemon_start
events_start
usbip_share "$a"
usbip_share "$b"
host usbip port
host usbreconcile devices
port=platform-vhci_hcd.0-usb-0:1
two="[.devices[] | select(.port == \"$port\")] | length == 2"
within 20 expect_json "$two" usbreconcile devices --json

set_tags g1 <<<"<devices><group name='dock' port='$port'/></devices>"
within 20 expect_verdict g1 dock attached/attached
guest_sees_exactly g1 0403:6001/AAA 46f4:0001/BBB
expect_equal 2 "$(live_hostdevs g1 | wc -l)"
expect_equal 2 "$(live_hostdevs g1 | cut -d' ' -f1 | sort -u | wc -l)"
daemon_expect_actions 2
events_expect_silence 10
daemon_expect_actions 2
expect_settled

# The thing itself is exported, and nobody's here.
set_tags g1 <<<"<devices><device name='a' port='$(id_path "$a")'/></devices>"
within 20 expect_verdict g1 a refused/in_use_by_host
host_sh 'usbreconcile status g1 a || :' | grep 'exported over USB/IP, and another host has imported it'
within 20 expect_equal "" "$(live_hostdevs g1)"
