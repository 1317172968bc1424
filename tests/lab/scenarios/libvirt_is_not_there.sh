# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: libvirtd is stopped: exit 69 and a sentence; the guest keeps its device
# tier: ci
# needs: g1

plug_and_wait a serial=AAA port=1
set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes"/></devices>'
run_pass
guest_sees g1 0403:6001/AAA
libvirtd_stop

for words in run 'run --dry-run' 'run --json' 'replug g1 a' status 'status --json' 'validate g1' devices 'devices --json'; do
	# shellcheck disable=SC2086 # words
	said=$(expect 69 host usbreconcile $words 2>&1 >stdout.txt)
	grep -q 'cannot reach libvirt at qemu:///system: ' <<<"$said"
	grep -q '^  look with `systemctl status libvirtd' <<<"$said"
	case $words in
	*--json) jq --exit-status '.problems[0].code == "libvirt_unreachable"' stdout.txt >/dev/null ;;
	devices) grep -q '0403:6001 *AAA' stdout.txt ;; # what can be known without
	*) expect_equal "" "$(cat stdout.txt)" ;;
	esac
done
expect 0 host usbreconcile --help >/dev/null
host usbreconcile validate - <<<"<devices xmlns='$TAGS_URI'><device name='a' serial='AAA'/></devices>"

host systemctl start "$LIBVIRTD"
expect_settled
expect_attached g1 ua-usbr-a AAA
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-a $(bus_dev AAA)
guest_sees_exactly g1 0403:6001/AAA
