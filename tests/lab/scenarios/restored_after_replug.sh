# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: with the hook a saved guest comes back from a file whatever has its device's number by now
# tier: ci
# needs: g1

plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" vendor="0403" product="6001" serial="AAA"/></devices>'
run_pass
guest_sees g1 0403:6001/AAA
was=$(bus_dev AAA)

# Without the hook libvirt looks the old number up.
host virsh --quiet save g1 /var/lib/libvirt/g1.save
unplug a
wait_host_gone AAA
expect 1 host virsh --quiet restore /var/lib/libvirt/g1.save

hook_enable
daemon_start
rebind_bus 04
plug_and_wait b serial=BBB port=1
expect_equal "$was" "$(bus_dev BBB)"
plug_and_wait a serial=AAA port=2
host virsh --quiet restore /var/lib/libvirt/g1.save
guest_sees g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
guest_never_saw g1 BBB

# A managed save whose daemon was away meanwhile.
daemon_stop
host virsh --quiet managedsave g1
replug a serial=AAA port=3
host virsh --quiet start g1
daemon_start
guest_sees g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
guest_never_saw g1 BBB
