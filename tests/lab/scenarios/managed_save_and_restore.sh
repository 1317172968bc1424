# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: after managed save and restore a pass sees that the attachment is dead, and brings it back to life
# tier: ci
# needs: g1

set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
plug_and_wait a serial=AAA port=1
run_pass
guest_sees_exactly g1 0403:6001/AAA

host virsh --quiet managedsave g1
expect_settled
host virsh --quiet start g1
expect_state g1 running
within 10 expect_driver 1-1:1.0 ftdi_sio
expect_not_held g1 AAA
guest_sees_exactly g1
# shellcheck disable=SC2046 # two numbers
expect_live g1 ua-usbr-a $(bus_dev AAA)

run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
expect_driver 1-1:1.0 usbfs
expect_equal "" "$(config_hostdevs g1)"
expect_settled
