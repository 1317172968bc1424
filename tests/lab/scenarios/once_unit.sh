# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a host without the daemon: the rule and the timer follow replugs, also while a run is under way
# tier: ci
# needs: g1

set_tags g1 <<<'<devices><device name="a" serial="AAA"/><device name="b" serial="BBB"/></devices>'
plug_and_wait a serial=AAA port=1
expect_equal inactive "$(host systemctl is-active usbreconcile-once.service || true)" # the rule alone does nothing
expect_equal "" "$(live_hostdevs g1)"

host systemctl --quiet enable --now usbreconcile-once.timer
guest_sees_exactly g1 0403:6001/AAA

# Out and in again and a second device besides, as fast as the host takes it.
unplug a
plug a serial=AAA port=2
plug b serial=BBB port=3
unplug a
plug_and_wait a serial=AAA port=1
wait_host_device BBB
within 30 expect_attached g1 ua-usbr-a AAA
within 30 expect_attached g1 ua-usbr-b BBB
guest_sees_exactly g1 0403:6001/AAA 0403:6001/BBB
