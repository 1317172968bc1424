# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: QEMU has a device that libvirt does not know of: the refusal says what to do, and that helps
# tier: ci
# needs: g1

plug_and_wait a serial=AAA port=1
read -r -a numbers <<<"$(bus_dev AAA)"
# QEMU may open the device only as long as a hostdev has it.
attach g1 ua-other AAA
host virsh qemu-monitor-command g1 --hmp \
	"device_add usb-host,id=ua-usbr-a,bus=usb.0,hostbus=${numbers[0]},hostaddr=${numbers[1]}"
detach g1 ua-other

set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
said=$(expect 1 run_pass)
remedy=$(grep -o 'virsh qemu-monitor-command g1 --hmp device_del ua-usbr-a' <<<"$said" | head -n 1)
host_sh "$remedy"
within 30 run_pass
expect_attached g1 ua-usbr-a AAA
guest_sees_exactly g1 0403:6001/AAA
