# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a dry run says the same twice and changes nothing; a recorded status plans the same without libvirt
# tier: ci
# needs: g1 g2

# Something of everything: a stale hostdev, one without tag, one to attach, one that is missing, a bad tag.
plug_and_wait a serial=AAA port=1
plug_and_wait b serial=BBB port=2
set_tags g1 <<-XML
	<devices>
	  <device name="a" serial="AAA" persist="yes"/>
	  <device name="gone" serial="BBB" persist="yes"/>
	</devices>
XML
run_pass
unplug a
plug_and_wait a serial=AAA port=1
plug_and_wait c serial=CCC port=3
set_tags g1 <<-XML
	<devices>
	  <device name="a" serial="AAA" persist="yes"/>
	  <device name="absent" serial="XXX" required="yes"/>
	</devices>
XML
set_tags g2 <<-XML
	<devices>
	  <device name="b" serial="BBB"/>
	  <device name="c" serial="CCC" persist="yes"/>
	  <device name="bad" serail="CCC"/>
	</devices>
XML
before=$(all_xml g1 g2)

plan=$(run_pass --dry-run)
expect_equal "$plan" "$(run_pass -n)"
expect_equal "$before" "$(all_xml g1 g2)"
for line in '- *g1 *a *live' '+ *g1 *a *live' '- *g1 *a *config' '+ *g1 *a *config' \
	'- .*gone *live' '- .*gone *config' '+ *g2 *b *live' '+ *g2 *c *live' '! *g2 *bad *invalid' \
	'! *g1 *absent *missing'; do
	grep "^$line" <<<"$plan"
done

host_sh 'usbreconcile status --json >/tmp/recorded; chmod 0644 /tmp/recorded'
libvirtd_stop
expect_equal "$plan" "$(run_pass --dry-run --snapshot /tmp/recorded)"
expect_equal "$plan" "$(as_user usbreconcile run -n --snapshot /tmp/recorded)"
expect_equal "$plan" "$(host cat /tmp/recorded | host usbreconcile run -n --snapshot -)"
unplug c
wait_host_gone CCC
expect_equal "$plan" "$(run_pass -n --snapshot /tmp/recorded)"
expect 64 run_pass --snapshot /tmp/recorded
plug_and_wait c serial=CCC port=3
host systemctl start "$LIBVIRTD"

# And then it is done as it was said.
run_pass
guest_sees_exactly g1 0403:6001/AAA
guest_sees_exactly g2 0403:6001/BBB 0403:6001/CCC
expect_no_config g1 ua-usbr-gone
expect_settled
