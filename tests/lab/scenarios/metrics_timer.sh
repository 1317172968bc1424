# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: the timer leaves metrics where node_exporter reads them: whole, replaced at once, for everybody
# tier: ci
# needs: g1

# Whoever owns the directory: root makes a link in it, and writes nothing. A file of before does not matter.
directory=/var/lib/prometheus/node-exporter
file=$directory/usbreconcile.prom
host install --directory --owner=nobody --mode=0755 "$directory"
host touch "$file"
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
daemon_start

host systemctl start usbreconcile-metrics.timer
within 90 host test -s "$file"
expect_equal "usbreconcile libvirt 644" "$(host stat --dereference --format '%U %G %a' "$file")"
as_user grep -x 'usbreconcile_tag_attached{domain="g1",tag="a"} 0' "$file"
as_user grep -x 'usbreconcile_daemon_connected 1' "$file"
within 10 expect_equal inactive "$(host systemctl is-active usbreconcile-metrics.service || true)"
[[ $(host systemctl show --value --property NextElapseUSecMonotonic usbreconcile-metrics.timer) ]]
host systemctl stop usbreconcile-metrics.timer

# Who is reading it meanwhile has all of the old one.
plug_and_wait a serial=AAA port=1
guest_sees_exactly g1 0403:6001/AAA
host_sh "cp $file /tmp/before && exec 3<$file && systemctl start usbreconcile-metrics.service && cmp - /tmp/before <&3"
as_user grep -x 'usbreconcile_tag_attached{domain="g1",tag="a"} 1' "$file"
expect_equal "${file##*/}" "$(host ls -A "$directory")"

# A libvirt that is away is news, no failure of the unit.
libvirtd_stop
host systemctl start usbreconcile-metrics.service
expect_equal success "$(host systemctl show --value --property Result usbreconcile-metrics.service)"
as_user grep -x 'usbreconcile_up 0' "$file"
