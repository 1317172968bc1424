# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: libvirt is down when the daemon starts, and killed later: nothing is lost
# tier: ci
# needs: g1

set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
libvirtd_stop
host systemctl start --no-block usbreconcile
plug_and_wait a serial=AAA port=1
host systemctl start "$LIBVIRTD".socket "$LIBVIRTD"
guest_sees_exactly g1 0403:6001/AAA
within 30 host systemctl --quiet is-active usbreconcile

for _ in 1 2; do
	unplug a
	host systemctl kill --signal KILL "$LIBVIRTD"
	wait_host_gone AAA
	plug_and_wait a serial=AAA port=2
	within 60 expect_attached g1 ua-usbr-a AAA
	guest_sees_exactly g1 0403:6001/AAA
done
is_running g1
