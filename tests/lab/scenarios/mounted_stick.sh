# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a stick that the host has mounted is refused, by the daemon's unit too, and given after umount
# tier: ci
# needs: g1

# The mount is made after the daemon has its own namespace, and below a /tmp that is not the daemon's.
daemon_start
plug_and_wait stick type=storage serial=SSS port=3 fs=ext4
within 20 host test -b /dev/sda
host_sh 'mkdir -p /tmp/stick && mount /dev/sda /tmp/stick'
set_tags g1 <<<'<devices><device name="s" serial="SSS"/></devices>'

run_pass | grep '^! g1 s *refused: the host is using it: /dev/sda is mounted on /tmp/stick'
expect_verdict g1 s refused/in_use_by_host
expect_equal "" "$(live_hostdevs g1)"
said=$(expect 1 host usbreconcile status g1 s)
grep '/dev/sda is mounted on /tmp/stick' <<<"$said"
grep '^  next  *nothing, until the host lets go of it' <<<"$said"

# Without the daemon it is the same.
daemon_stop
run_pass | grep '^! g1 s *refused: the host is using it'
expect_equal "" "$(live_hostdevs g1)"

# Where nobody but a container sees the mount, too.
host_sh 'umount /tmp/stick
	systemd-run --quiet --collect --unit=lab-container --property=PrivateMounts=yes \
		sh -c "mount /dev/sda /tmp/stick && touch /run/lab-mounted && exec sleep 1000"'
within 20 host test -e /run/lab-mounted
run_pass | grep '^! g1 s *refused: the host is using it: /dev/sda is mounted (ext4) in another mount namespace'

# Nobody tells the daemon of the umount.
daemon_start
expect_verdict g1 s refused/in_use_by_host
host systemctl stop lab-container
within 20 host test ! -e /sys/fs/ext4/sda
guest_sees_exactly g1 46f4:0001/SSS
expect_attached g1 ua-usbr-s SSS
expect_verdict g1 s attached/attached
expect_settled
