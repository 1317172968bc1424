# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a tag changed in "virsh edit" or "virsh metadata --edit" while the guest runs counts from the next pass on
# tier: ci
# needs: g1

virsh_edit() { # GUEST SED-SCRIPT
	host env EDITOR="sed -i '$2'" virsh --quiet edit "$1"
}

virsh_metadata_edit() { # GUEST SED-SCRIPT
	host env EDITOR="sed -i '$2'" virsh --quiet metadata "$1" "$TAGS_URI" --key usb --edit --config
}

plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes"/></devices>'
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA

virsh_edit g1 's/serial="AAA"/serial="BBB"/'
live_xml g1 | grep 'serial="AAA"'
run_pass
guest_sees_exactly g1 0403:6001/BBB
expect_attached g1 ua-usbr-a BBB
expect_not_held g1 AAA
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-a $(bus_dev BBB)
expect_settled

virsh_metadata_edit g1 's/serial="BBB"/& enabled="no"/'
run_pass
guest_sees_exactly g1
expect_equal "" "$(live_hostdevs g1)$(config_hostdevs g1)"
expect_settled

# Also where there is none yet: the editor begins with an empty document.
clear_tags g1
virsh_metadata_edit g1 '1s|.*|<devices><device name="a" serial="AAA"/></devices>|'
run_pass
guest_sees_exactly g1 0403:6001/AAA
