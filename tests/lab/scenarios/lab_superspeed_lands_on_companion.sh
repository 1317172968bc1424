# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: one socket is two ports: a USB 3 stick appears on another bus, with the same ID_PATH
# tier: long
# needs: idle

plug_and_wait tty serial=AAA port=3
expect_equal pci-0000:00:04.0-usb-0:3 "$(id_path AAA)"
unplug tty

plug_and_wait stick type=storage serial=SSS port=3
expect_equal 5000 "$(host cat /sys/bus/usb/devices/2-3/speed)"
expect_equal SSS "$(host cat /sys/bus/usb/devices/2-3/serial)"
expect_equal pci-0000:00:04.0-usb-0:3 "$(id_path SSS)"
expect_equal usb1-port3 "$(sysfs_link 2-3 port/peer)"
