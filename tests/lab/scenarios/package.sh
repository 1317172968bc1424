# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: the Debian package: installed, at work, upgraded under a running guest, purged
# tier: long
# needs: g1
# timeout: 900

# A host that has never heard of it.
(cd "$DIR/rootfs/install" && find . -type f ! -name lab-host -printf '/%P\0') | host xargs -0 rm -f
host sh -c 'userdel usbreconcile; rm -rf /run/usbreconcile; systemctl daemon-reload'
host sh -c 'cat >/tmp/usbreconcile.deb' <"$(echo "$DIR"/rootfs/usbreconcile_*.deb)"

host dpkg --install /tmp/usbreconcile.deb
host systemctl is-active usbreconcile
host systemctl is-enabled usbreconcile
expect 1 host systemctl --quiet is-enabled usbreconcile-once.timer
pid=$(host systemctl show --value --property MainPID usbreconcile)
expect_equal usbreconcile "$(host stat -c %U "/proc/$pid")"

# A device is tagged, replugged, and the journal says what that means.
plug_and_wait a serial=AAA port=1
host usbreconcile tag g1 stick serial=AAA
guest_sees_exactly g1 0403:6001/AAA
mark=$(guest_mark g1)
replug a serial=AAA port=2
await_guest_log g1 "$mark" '^SEES .*0403:6001/AAA'
host_sh 'journalctl -x USBRECONCILE_TAG=stick | tee /dev/stderr | grep "follows its tag"'
as_user usbreconcile status --prometheus | grep -x 'usbreconcile_tag_attached{domain="g1",tag="stick"} 1'

# Upgraded: another daemon, the same guest, which notices nothing.
guest=$(host cat /run/libvirt/qemu/g1.pid)
mark=$(guest_mark g1)
host dpkg --install /tmp/usbreconcile.deb
[[ $pid != "$(host systemctl show --value --property MainPID usbreconcile)" ]]
host systemctl is-active usbreconcile
expect_attached g1 ua-usbr-stick AAA
expect_equal "$guest" "$(host cat /run/libvirt/qemu/g1.pid)"
expect_equal "" "$(guest_log_since g1 "$mark")"

# What an alert asks for.
unplug a
wait_host_gone AAA
within 10 expect_verdict g1 stick missing/not_plugged_in
as_user usbreconcile status --prometheus | grep -x 'usbreconcile_tag_attached{domain="g1",tag="stick"} 0'

host dpkg --purge usbreconcile
expect_equal "" "$(host_sh 'find / -xdev -name "*usbreconcile*" ! -path "/tmp/*" ! -path "/var/log/*" ! -path "/proc/*"')"
expect_equal inactive "$(host systemctl is-active usbreconcile || true)"
config_xml g1 | grep "$TAGS_URI" # the user's, and stays
