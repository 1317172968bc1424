# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a restored guest has a hostdev that looks right and does nothing, and sysfs shows it
# tier: long
# needs: g1

plug_and_wait a serial=AAA port=1
attach g1 ua-a AAA
guest_sees g1 0403:6001/AAA
expect_held g1 AAA
expect_driver 1-1:1.0 usbfs

host virsh --quiet managedsave g1
host virsh --quiet start g1
expect_state g1 running

# shellcheck disable=SC2046 # two numbers
expect_live g1 ua-a $(bus_dev AAA)
expect_not_held g1 AAA
guest_sees_exactly g1
within 10 expect_driver 1-1:1.0 ftdi_sio

detach g1 ua-a
attach g1 ua-a AAA
guest_sees g1 0403:6001/AAA
