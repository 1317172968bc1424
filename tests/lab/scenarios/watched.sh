# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: monitoring and the journal say what happened, to a user without rights and while libvirt hangs
# tier: long
# needs: g1

host journalctl --update-catalog
host systemctl start usbreconcile
plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
guest_sees_exactly g1 0403:6001/AAA

# One line a change, with fields, and what it means.
within 10 host_sh 'journalctl LIBVIRT_DOMAIN=g1 USBRECONCILE_TAG=a USBRECONCILE_ACTION=attach_live -o json |
	jq --exit-status "select(.USBRECONCILE_OUTCOME == \"done\" and .USBRECONCILE_ALIAS == \"ua-usbr-a\")"'
host_sh 'journalctl -x LIBVIRT_DOMAIN=g1 | grep "follows its tag"'

# Who may only look may watch.
as_user usbreconcile status --nagios | grep '^USBRECONCILE OK - .*attached=1;;;0'
as_user usbreconcile status --prometheus | grep -x 'usbreconcile_tag_attached{domain="g1",tag="a"} 1'
as_user usbreconcile status --prometheus | grep -x 'usbreconcile_daemon_connected 1'
as_user usbreconcile status --prometheus | grep '^usbreconcile_tag_since_timestamp_seconds{domain="g1",tag="a"} [0-9]'
as_user usbreconcile status g1 a | grep '^  since  '
unplug a
wait_host_gone AAA
within 10 host_sh 'usbreconcile status --nagios | grep "^USBRECONCILE WARNING - g1/a missing (not_plugged_in)"'

# A libvirt that hangs is an answer, too.
host systemctl kill --signal=SIGSTOP "$LIBVIRTD".service
said=$(expect 3 as_user timeout 12 usbreconcile status --nagios)
grep '^USBRECONCILE UNKNOWN - ' <<<"$said"
said=$(expect 69 as_user timeout 12 usbreconcile status --prometheus)
grep -x 'usbreconcile_up 0' <<<"$said"
expect_equal "" "$(as_user timeout 2 usbreconcile complete status '')"
host systemctl kill --signal=SIGCONT "$LIBVIRTD".service
