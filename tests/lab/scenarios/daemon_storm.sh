# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: 2,000 events in a row: few passes, and the last state is right
# tier: long
# needs: g1
# timeout: 600

daemon_start
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA

before=$(daemon_says 'passes | add') started=$SECONDS
host_sh 'for i in $(seq 1000); do
	echo change >/sys/bus/usb/devices/1-2/uevent
	echo change >/sys/bus/usb/devices/usb1/uevent
done' &
storm=$!
replug a serial=AAA port=3
wait "$storm"
host udevadm settle
within 60 expect_attached g1 ua-usbr-a AAA
guest_sees_exactly g1 0403:6001/AAA

# A burst of 8 and then three a second, however long udev takes here: 38 in ten seconds.
passes=$(($(daemon_says 'passes | add') - before))
((passes <= 8 + 3 * (SECONDS - started))) || fail "$passes passes in $((SECONDS - started)) s"
echo "$passes passes in $((SECONDS - started)) s"
