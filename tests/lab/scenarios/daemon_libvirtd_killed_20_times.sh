# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: libvirtd is killed 20 times during replugs: no guest, no device, no memory is lost
# tier: long
# needs: g1
# timeout: 1800

daemon_start
plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA
pid=$(host systemctl show --value --property MainPID usbreconcile)
footprint() { # -> DESCRIPTORS, KB that are its own, KB with the files it has mapped
	host_sh "ls /proc/$pid/fd | wc -l; awk '/^(RssAnon|VmRSS)/ { print \$2 }' /proc/$pid/status | sort -n" | paste -s -d ' '
}

for round in {1..20}; do
	unplug a
	plug a serial=AAA port=$((round % 9 + 1))
	host_sh "sleep 0.$((round * 37 % 100)); systemctl kill --signal KILL $LIBVIRTD; systemctl reset-failed $LIBVIRTD" || true
	within 60 host systemctl --quiet is-active "$LIBVIRTD"
	within 60 expect_attached g1 ua-usbr-a AAA
	read -r fds own all <<<"$(footprint)"
	echo "round $round: $fds descriptors, $own kB of $all kB"
	((round > 1)) || first_fds=$fds first_own=$own
done
((fds <= first_fds)) || fail "$fds descriptors, first $first_fds"
((own <= first_own + 512)) || fail "$own kB, first $first_own kB"
is_running g1
expect_equal "$pid" "$(host systemctl show --value --property MainPID usbreconcile)"
guest_sees_exactly g1 0403:6001/AAA
