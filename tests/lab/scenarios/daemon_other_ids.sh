# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a device comes back with other ids: a tag by serial or by port still means it
# tier: ci
# needs: g1

daemon_start
plug_and_wait a serial=AAA port=1
plug t type=tablet port=2
wait_host_device 1-2
set_tags g1 <<<"<devices><device name='s' serial='AAA'/><device name='p' port='$(id_path 1-2)'/></devices>"
within 30 expect_attached g1 ua-usbr-s AAA
within 30 expect_attached g1 ua-usbr-p 1-2

unplug a t
wait_host_gone AAA
wait_host_gone 1-2
plug_and_wait a type=kbd serial=AAA port=1
plug_and_wait t serial=CCC port=2
within 30 expect_attached g1 ua-usbr-s AAA
within 30 expect_attached g1 ua-usbr-p CCC
guest_sees g1 0627:0001/AAA
guest_sees g1 0403:6001/CCC
