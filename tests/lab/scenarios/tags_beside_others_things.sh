# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: tagging leaves what others have put into our metadata, and into the domain's, as it was
# tier: ci
# needs: g1

virsh_edit() { # GUEST SED-SCRIPT
	host env EDITOR="sed -i '$2'" virsh --quiet edit "$1"
}

# Our metadata as the config has it, without the entry that comes and goes.
ours() { config_xml g1 | sed -n '/<metadata/,/<\/metadata>/p' | grep -v '"stick"'; }

plug_and_wait a serial=AAA port=1
# As a tool that parses and writes XML leaves it: prefixes of its own, declared further out.
virsh_edit g1 "s,<memory,<metadata xmlns:ns0=\"$TAGS_URI\" xmlns:ns1=\"urn:o\"><ns1:x a=\"1\"/><ns0:devices><!-- mine -->\
<ns1:y b=\"2\" a=\"1\"><ns2:z xmlns:ns2=\"urn:p\"/></ns1:y><ns0:device name=\"odd\" seriel=\"A\"/></ns0:devices></metadata>&,"
config_xml g1 | grep 'ns0:device name="odd"'
for round in 1 2; do
	: "$round"
	host usbreconcile tag g1 stick serial=AAA
	guest_sees_exactly g1 0403:6001/AAA
	middle=$(ours)
	host usbreconcile disable g1 stick
	host usbreconcile enable g1 stick
	guest_sees_exactly g1 0403:6001/AAA
	expect_equal "$middle" "$(ours)"
	host usbreconcile untag g1 stick
done
said=$(ours)
for each in '<!-- mine -->' '<ns1:x a="1"' '<ns1:y b="2" a="1">' '<ns2:z xmlns:ns2="urn:p"/>' \
	'<ns0:device name="odd" seriel="A"/>'; do
	grep -F -- "$each" <<<"$said"
done
expect 65 host usbreconcile validate g1

# An entry that is invalid keeps hostdevs that lost their tag, so it goes with the rest; theirs stays.
host usbreconcile untag g1
guest_sees_exactly g1
expect_no_live g1 ua-usbr-stick
said=$(ours)
grep -F '<ns1:y b="2" a="1">' <<<"$said"
! grep -F odd <<<"$said" || fail "an entry of ours is left"
host usbreconcile validate g1
expect_settled
