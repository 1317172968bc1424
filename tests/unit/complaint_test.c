/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "xml_result.h"

/* Each row: an entry, and the complaint that its tag must carry, word for word. */
static const struct complaint {
	const char *entry;
	const char *complaint;
} complaints[] = {
	{"<usb:device serial='1'/>",
	 "it has no name; add name=\"...\": 1 to 40 letters, digits, - and _, which become part of "
	 "the alias"},
	{"<usb:device name='my stick' serial='1'/>",
	 "name=\"my stick\" cannot be part of an alias (1 to 40 letters, digits, - and _, without "
	 "--); write name=\"my-stick\""},
	{"<usb:device name='a--b' serial='1'/>",
	 "name=\"a--b\" cannot be part of an alias (1 to 40 letters, digits, - and _, without --); "
	 "write name=\"a-b\""},
	{"<usb:device name='' serial='1'/>", "name=\"\" cannot be part of an alias (1 to 40 "
					     "letters, digits, - and _, without --); write "
					     "another name"},
	{"<usb:device name='a'/>",
	 "it does not say which device; add at least one of serial, port, "
	 "vendor and product, <id> or <match>"},
	{"<usb:group name='a' limit='3'/>",
	 "it does not say which device; add at least one of serial, port, vendor and product, <id> "
	 "or <match>"},
	{"<usb:device name='a' seriel='1' vendor='1' product='2'/>",
	 "the attribute \"seriel\" is not known; did you mean serial?"},
	{"<usb:device name='a' serial='1' guestport='0:3'/>",
	 "the attribute \"guestport\" is not known; did you mean guestPort?"},
	{"<usb:device name='a' serial='1' idVendor='1'/>",
	 "the attribute \"idVendor\" is not known; did you mean vendor?"},
	{"<usb:device name='a' serial='1' usb:optional='yes'/>",
	 "the attribute \"optional\" is not known; known here: name, vendor, product, serial, "
	 "port, "
	 "required, persist, enabled, force, guestPort, guestReset, limit"},
	{"<usb:device name='a' serial='1' x:name='b'/>",
	 "the prefix of the attribute \"x:name\" is not declared; our attributes need no prefix: "
	 "leave it out"},
	{"<usb:device name='a' serial='1' usb:serial='2'/>",
	 "serial is there twice, with and without prefix; leave out the one with the prefix"},
	{"<usb:device name='a' vendor='1' serial='x'/>",
	 "vendor is there without product; write both or neither"},
	{"<usb:device name='a' product='1' serial='x'/>",
	 "product is there without vendor; write both or neither"},
	{"<usb:device name='a' vendor='1' product='2'><usb:id vendor='1' "
	 "product='2'/></usb:device>",
	 "it has vendor and product, and <id> as well; write all of its identities as <id>"},
	{"<usb:device name='a' vendor='0403:6001'/>",
	 "vendor=\"0403:6001\" is not 1 to 4 hex digits; write vendor=\"0403\" product=\"6001\""},
	{"<usb:device name='a' vendor='0403' product='x6001'/>",
	 "product=\"x6001\" is not 1 to 4 hex digits; write it as lsusb shows it, such as "
	 "product=\"0403\""},
	{"<usb:device name='a' vendor='0403:g'/>",
	 "vendor=\"0403:g\" is not 1 to 4 hex digits; write it as lsusb shows it, such as "
	 "vendor=\"0403\""},
	{"<usb:device name='a' vendor='00403' product='1'/>",
	 "vendor=\"00403\" is not 1 to 4 hex digits; write it as lsusb shows it, such as "
	 "vendor=\"0403\""},
	{"<usb:device name='a' vendor='0x' product='1'/>",
	 "vendor=\"0x\" is not 1 to 4 hex digits; write it as lsusb shows it, such as "
	 "vendor=\"0403\""},
	{"<usb:device name='a' vendor='' product='1'/>",
	 "vendor=\"\" is not 1 to 4 hex digits; write it as lsusb shows it, such as "
	 "vendor=\"0403\""},
	{"<usb:device name='a' serial=''/>", "serial=\"\" is empty, and a device without serial "
					     "has none to match; leave serial out and "
					     "write port or vendor and product"},
	{"<usb:device name='a' serial='a\\b'/>",
	 "serial=\"a\\b\" has a backslash that does not begin a byte (\\xNN); write the backslash "
	 "itself as \\x5c"},
	{"<usb:device name='a' serial='\\x00'/>",
	 "serial=\"\\x00\" has a backslash that does not begin a byte (\\xNN); write the backslash "
	 "itself as \\x5c"},
	{"<usb:device name='a' port='/dev/ttyUSB0'/>",
	 "port=\"/dev/ttyUSB0\" is a device node, not a port; write the ID_PATH that "
	 "\"usbreconcile "
	 "devices\" shows, such as port=\"pci-0000:00:14.0-usb-0:1.6\""},
	{"<usb:device name='a' port='usb-FTDI_A1-if00-port0'/>",
	 "port=\"usb-FTDI_A1-if00-port0\" is a by-id name: it names a device, not a port; to ask "
	 "for "
	 "that device wherever it is plugged in, write its serial instead of a port; "
	 "\"usbreconcile "
	 "devices\" shows both"},
	{"<usb:device name='a' serial='1' required='true'/>",
	 "required=\"true\" is neither yes nor no; write required=\"yes\""},
	{"<usb:device name='a' serial='1' enabled='Off'/>",
	 "enabled=\"Off\" is neither yes nor no; write enabled=\"no\""},
	{"<usb:device name='a' serial='1' force='maybe'/>",
	 "force=\"maybe\" is neither yes nor no; write force=\"yes\" or force=\"no\""},
	{"<usb:device name='a' serial='1' persist='keep'/>",
	 "persist=\"keep\" is neither yes nor no; write persist=\"yes\" or persist=\"no\""},
	{"<usb:device name='a' serial='1' guestPort='3'/>",
	 "guestPort=\"3\" is not BUS:PORT on the guest's USB controller; write it as in libvirt's "
	 "<address type='usb' bus='0' port='3'/>, guestPort=\"0:3\""},
	{"<usb:group name='a' serial='1' guestPort='0:3'/>",
	 "guestPort is for one device, and a group's members each need a port of their own; leave "
	 "guestPort out"},
	{"<usb:device name='a' serial='1' guestReset='default'/>",
	 "guestReset=\"default\" is not off, uninitialized or on; write one of these, or leave "
	 "guestReset out"},
	{"<usb:device name='a' serial='1' limit='1'/>",
	 "limit is for groups, and this is a device; leave limit out, or make it a group"},
	{"<usb:group name='a' serial='1' limit='0'/>",
	 "limit=\"0\" is not a number from 1 to 999; write how many devices at most, such as "
	 "limit=\"4\", or leave it out for 15"},
	{"<usb:group name='a' serial='1' limit='1000'/>",
	 "limit=\"1000\" is not a number from 1 to 999; write how many devices at most, such as "
	 "limit=\"4\", or leave it out for 15"},
	{"<usb:group name='a' serial='1' limit='99999999999999999999'/>",
	 "limit=\"99999999999999999999\" is not a number from 1 to 999; write how many devices at "
	 "most, such as limit=\"4\", or leave it out for 15"},
	{"<usb:device name='a'><usb:id vendor='1'/></usb:device>",
	 "an <id> needs both vendor and product; write <usb:id vendor=\"1a6e\" product=\"089a\"/>"},
	{"<usb:device name='a'><usb:id vendor='1' product='g'/></usb:device>",
	 "product=\"g\" is not 1 to 4 hex digits; write it as lsusb shows it, such as "
	 "product=\"0403\""},
	{"<usb:device name='a'><usb:id vendor='1' product='2' serial='3'/></usb:device>",
	 "the attribute \"serial\" is not known; known here: vendor, product"},
	{"<usb:device name='a'><usb:match property='X'/></usb:device>",
	 "a <match> needs both property and value, and not empty; write <usb:match "
	 "property=\"ID_MODEL\" value=\"*\"/>"},
	{"<usb:device name='a'><usb:match value='*'/></usb:device>",
	 "a <match> needs both property and value, and not empty; write <usb:match "
	 "property=\"ID_MODEL\" value=\"*\"/>"},
	{"<usb:device name='a'><usb:match property='' value='*'/></usb:device>",
	 "a <match> needs both property and value, and not empty; write <usb:match "
	 "property=\"ID_MODEL\" value=\"*\"/>"},
	{"<usb:device name='a'><usb:match property='X' value=''/></usb:device>",
	 "a <match> needs both property and value, and not empty; write <usb:match "
	 "property=\"ID_MODEL\" value=\"*\"/>"},
	{"<usb:device name='a' serial='1'><usb:mach property='X' value='*'/></usb:device>",
	 "the element \"mach\" is not known; did you mean <match>?"},
	{"<usb:device name='a' vendor='1' product='2'><usb:serial>1</usb:serial></usb:device>",
	 "\"serial\" is an element here; write it as an attribute, serial=\"...\""},
	{"<usb:device name='a' serial='1'><id vendor='1' product='2'/></usb:device>",
	 "<id> has no namespace; write <usb:id>, as the element around it"},
	{"<usb:device name='a' serial='1'>front<o:x/></usb:device>",
	 "there is text in it: \"front\"; everything about an entry is said in attributes, <id> "
	 "and "
	 "<match>"},
	{"<usb:device name='a'><usb:id vendor='1' product='2'>x</usb:id></usb:device>",
	 "there is text in it: \"x\"; everything about an entry is said in attributes, <id> and "
	 "<match>"},
	{"<usb:device name='a'><usb:id vendor='1' product='2'><usb:id/></usb:id></usb:device>",
	 "the element \"id\" is not known; did you mean <id>?"},
	{"<usb:device name='a' vendor='1' product='2'/> serial='1'/&gt;",
	 "there is text after it: \"serial='1'/>\"; take it out; did the entry end too early?"},
	{"<device name='a' serial='1'/>",
	 "<device> has no namespace; write <usb:device>, as the element around it"},
	{"<x:device name='a' serial='1'/>",
	 "the prefix of <x:device> is not declared; write <usb:device>, as the element around it"},
	{"<n:device name='a' serial='' xmlns:n='urn:usbreconcile:domain:2.0'/>",
	 "<device> is in the namespace \"urn:usbreconcile:domain:2.0\"; this version reads "
	 "urn:usbreconcile:domain:1.0"},
	{"<usb:devise name='a' serial='1'/>",
	 "the element \"devise\" is not known; did you mean device?"},
	{"<usb:hub name='a' serial='1'/>",
	 "the element \"hub\" is not known; known here: device, group"},
};

static void each_mistake_gets_its_complaint(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(complaints); i++) {
		RESULT result = read_entries(complaints[i].entry);
		g_autofree char *joined = NULL;

		assert_int_equal(result.domain->metadata, METADATA_INVALID);
		assert_int_equal(result.domain->tags->len, 1);
		assert_non_null(tag_at(&result, 0)->complaint);
		assert_string_equal(tag_at(&result, 0)->complaint, complaints[i].complaint);
		/* The problem says the same, and where. */
		joined = g_strdup_printf("%s; %s", problem_at(&result, 0)->message,
					 problem_at(&result, 0)->hint);
		assert_true(g_str_has_prefix(joined, "entry 1, line 5: "));
		assert_string_equal(joined + strlen("entry 1, line 5: "), complaints[i].complaint);
		assert_int_equal(problem_at(&result, 0)->code, PROBLEM_METADATA_INVALID);
		assert_int_equal(problem_at(&result, 0)->severity, SEVERITY_CRITICAL);
		assert_int_equal(problem_at(&result, 0)->line, 5);
		assert_string_equal(problem_at(&result, 0)->domain, "vm");
	}
}

static void one_mistake_is_one_problem(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(complaints); i++) {
		RESULT result = read_entries(complaints[i].entry);

		if (result.problems->len != 1)
			fail_msg("%s: %s", complaints[i].entry, problem_at(&result, 1)->message);
	}
}

static void every_mistake_of_an_entry_is_named_up_to_a_limit(void **state)
{
	RESULT few = read_entries("<usb:device name='a' serial='' required='1' foo='' port='3'/>");
	RESULT many = read_entries(
		"<usb:device name='a' serial='1' q1='' q2='' q3='' q4='' q5='' q6='' q7='' q8='' "
		"q9='' q10='' q11=''/>");

	(void)state;
	assert_int_equal(few.problems->len, 4);
	assert_int_equal(many.problems->len, 8);
	assert_string_equal(problem_at(&few, 3)->tag, "a");
}

static void entries_of_one_name_are_all_invalid(void **state)
{
	RESULT result = read_entries("<usb:device name='a' serial='1'/>"
				     "<usb:device name='b' serial='1'/>"
				     "<usb:group name='a' serial='2'/>");

	(void)state;
	assert_int_equal(result.domain->metadata, METADATA_INVALID);
	assert_string_equal(tag_at(&result, 0)->complaint,
			    "entry 3 is called \"a\" too; give each entry of the domain a name of "
			    "its own");
	assert_null(tag_at(&result, 1)->complaint);
	assert_string_equal(tag_at(&result, 2)->complaint,
			    "entry 1 is called \"a\" too; give each entry of the domain a name of "
			    "its own");
}

static void a_sysfs_port_is_taken_with_a_warning(void **state)
{
	RESULT result = read_entries("<usb:device name='a' port='1-1.6:1.0'/>");

	(void)state;
	assert_int_equal(result.domain->metadata, METADATA_VALID);
	assert_null(tag_at(&result, 0)->port);
	assert_string_equal(tag_at(&result, 0)->port_sysname, "1-1.6");
	assert_null(tag_at(&result, 0)->complaint);
	assert_int_equal(result.problems->len, 1);
	assert_int_equal(problem_at(&result, 0)->code, PROBLEM_METADATA_WARNING);
	assert_int_equal(problem_at(&result, 0)->severity, SEVERITY_WARNING);
	assert_string_equal(
		problem_at(&result, 0)->message,
		"entry 1, line 5: port=\"1-1.6\" begins with a bus number, which may be "
		"another one after the next boot");
	assert_string_equal(
		problem_at(&result, 0)->hint,
		"write the ID_PATH of that port instead; \"usbreconcile devices\" shows "
		"it");
}

static void a_complaint_is_short_whatever_was_written(void **state)
{
	g_autofree char *value = repeat("\xc3\xa4", 5000);
	g_autofree char *name = repeat("n", 5000);
	g_autofree char *xml = g_strdup_printf(
		"<usb:device name='a' port='%s' %s=''>%s<usb:%s/></usb:device><usb:%s/><%s/>",
		value, name, value, name, name, name);
	RESULT result = read_entries(xml);

	(void)state;
	assert_true(result.problems->len >= 6);
	for (guint i = 0; i < result.problems->len; i++) {
		assert_true(strlen(problem_at(&result, i)->message) < 400);
		assert_true(strlen(problem_at(&result, i)->hint) < 400);
		assert_true(g_utf8_validate(problem_at(&result, i)->message, -1, NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_gets_its_complaint),
		cmocka_unit_test(one_mistake_is_one_problem),
		cmocka_unit_test(every_mistake_of_an_entry_is_named_up_to_a_limit),
		cmocka_unit_test(a_complaint_is_short_whatever_was_written),
		cmocka_unit_test(entries_of_one_name_are_all_invalid),
		cmocka_unit_test(a_sysfs_port_is_taken_with_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
