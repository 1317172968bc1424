# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: tags written while the daemon runs: it does the pass, and the verdicts are told
# tier: ci
# needs: g1 g2

plug_and_wait a serial=AAA port=1
daemon_start
host usbreconcile tag g1 stick serial=AAA | grep '^g1/stick: attached: '
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-stick AAA
host usbreconcile tag g2 stick serial=AAA | grep '^g2/stick: contested: '
said=$(host usbreconcile enable g2 --only)
grep '^g2/stick: attached: ' <<<"$said"
grep '^g1/stick: disabled: ' <<<"$said"
guest_sees_exactly g2 0403:6001/AAA
guest_sees_exactly g1
host usbreconcile untag g2
guest_sees_exactly g2
expect_no_live g2 ua-usbr-stick
daemon_stop
expect_settled
