# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: somebody sits in "virsh edit" while the daemon has nothing to do: their edit goes through
# tier: ci
# needs: g1

daemon_start
plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes"/></devices>'
guest_sees_exactly g1 0403:6001/AAA
# shellcheck disable=SC2046 # two numbers
within 10 expect_config g1 ua-usbr-a $(bus_dev AAA)

# The editor has the daemon look at everything, three times, before it saves.
host sh -c 'cat >/tmp/editor; chmod +x /tmp/editor' <<'EOF_EDITOR'
#!/bin/sh
passes() { usbreconcile status --json | jq .daemon.passes.resync; }
for _ in 1 2 3; do
	before=$(passes)
	systemctl reload usbreconcile
	until [ "$(passes)" -gt "$before" ]; do sleep 0.1; done
done
sed -i 's/serial="AAA"/& required="yes"/' "$1"
EOF_EDITOR
host env EDITOR=/tmp/editor virsh --quiet edit g1
config_xml g1 | grep 'required="yes"'
expect_verdict g1 a attached/attached
expect_attached g1 ua-usbr-a AAA
