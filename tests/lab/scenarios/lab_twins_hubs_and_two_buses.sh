# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: identical twins, also behind a hub and on a second controller, can be told apart
# tier: long
# needs: idle

plug hub type=hub port=2
within 10 host test -e /sys/bus/usb/devices/1-2/maxchild
plug_and_wait a serial=AAA port=2.1
plug_and_wait b serial=BBB port=2.4
plug_and_wait c serial=CCC port=1 bus=xhci2
expect_equal pci-0000:00:04.0-usb-0:2.1 "$(id_path AAA)"
expect_equal pci-0000:00:04.0-usb-0:2.4 "$(id_path BBB)"
expect_equal pci-0000:00:05.0-usb-0:1 "$(id_path CCC)"

unplug hub
wait_host_gone AAA
wait_host_gone BBB
bus_dev CCC
