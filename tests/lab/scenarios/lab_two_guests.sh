# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: two running guests, a twin each; libvirt tells of attach and detach
# tier: long
# needs: g1 g2

plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
events_start
attach g1 ua-a AAA
attach g2 ua-b BBB
guest_sees_exactly g1 0403:6001/AAA
guest_sees_exactly g2 0403:6001/BBB
event_wait "'device-added' for domain '?g2"
detach g1 ua-a
event_wait "'device-removed' for domain '?g1"
guest_sees_exactly g1
guest_never_saw g1 BBB

set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
event_wait "'metadata-change' for domain '?g1"
config_xml g1 | grep -q 'name="a"'
expect 1 as_user virsh --connect qemu:///system list
