# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: how often a pass asks libvirt: a no-op at most 3 + 3N + M times, a replug at most 13
# tier: ci
# needs: g1 g2

# N tagged domains, two of them running, and M without tags; the rest are off.
for number in 4 5 6 7 8 9; do
	config_xml g3 | sed -e "s,<name>g3</name>,<name>g$number</name>," \
		-e "s,-000000000003</uuid>,-00000000000$number</uuid>," | define
done
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
set_tags g1 <<<'<devices><device name="a" serial="AAA" persist="yes"/></devices>'
set_tags g2 <<<'<devices><device name="b" serial="BBB"/><device name="x" serial="XXX"/></devices>'
for guest in g3 g4 g5; do
	set_tags $guest <<<'<devices><device name="c" serial="CCC" persist="yes"/></devices>'
done
tagged=5 untagged=4
run_pass

# "9 calls to libvirt: 1 virConnectListAllDomains, 5 virDomainGetXMLDesc, ..."
calls() { # TEXT [NAME]: all, or those of a name
	if [[ -z ${2:-} ]]; then
		sed -n 's/.* \([0-9]*\) calls to libvirt: .*/\1/p' <<<"$1"
	else
		sed -n "s/.*[ ,]\([0-9]*\) $2\(,.*\)\?\$/\1/p" <<<"$1"
	fi
}

said=$(host usbreconcile run --verbose 2>&1)
echo "$said"
noop=$(calls "$said")
most=$((3 + 3 * tagged + untagged))
echo "a no-op pass over $tagged tagged and $untagged untagged domains: $noop calls, at most $most"
((noop <= most)) || fail "$noop calls, more than $most"

# What replugging costs: all but what is done once a connection, and what each pass reads to look: three listings, and
# three questions about a domain that runs.
unplug a
plug_and_wait a serial=AAA port=1
said=$(host usbreconcile run --verbose 2>&1)
echo "$said"
all=$(calls "$said")
passes=$(($(calls "$said" virConnectListAllDomains) / 3)) # all, those that are paused, and those that are saved
once=$((1 + $(calls "$said" virConnectDomainEventRegisterAny)))
acting=$((all - once - passes * (noop - 1)))
echo "a replug, live and persistent: $all calls in $passes passes, $acting of them to act and to prove it"
((acting + 3 + 3 <= 13)) || fail "$((acting + 3 + 3)) calls for a pass over one domain, more than 13"
guest_sees_exactly g1 0403:6001/AAA
expect_attached g1 ua-usbr-a AAA
# shellcheck disable=SC2046 # two numbers
expect_config g1 ua-usbr-a $(bus_dev AAA)

# Looking, which is what monitoring does every minute, is no more than a no-op.
said=$(host usbreconcile status --verbose 2>&1 >/dev/null)
(($(calls "$said") <= noop)) || fail "status: $said"
expect_settled
