# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a device replugged while its guest is saved: the image is put right, and the guest can start
# tier: ci
# needs: g1

image_hostdevs() { host virsh managedsave-dumpxml "$1" | "$LAB/hostdevs"; }

set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
plug_and_wait a serial=AAA port=1
run_pass
guest_sees_exactly g1 0403:6001/AAA
old=$(bus_dev AAA)
host virsh --quiet managedsave g1

# Without its device it may start all the same.
unplug a
wait_host_gone AAA
run_pass
[[ $(image_hostdevs g1) == *" optional" ]] || fail "the image insists on its device"
expect_settled

plug_and_wait a serial=AAA port=1
new=$(bus_dev AAA)
[[ $old != "$new" ]] || fail "the number did not change"
run_pass
# shellcheck disable=SC2086 # two numbers
has_hostdev "$(image_hostdevs g1)" ua-usbr-a $new
expect_settled

host virsh --quiet start g1
expect_state g1 running
# shellcheck disable=SC2086 # two numbers
expect_live g1 ua-usbr-a $new
within 10 expect_driver 1-1:1.0 ftdi_sio
run_pass
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
expect_equal "" "$(config_hostdevs g1)"
expect_settled
