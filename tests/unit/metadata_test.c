/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "xml_result.h"

#define ID_PATH "pci-0000:00:14.0-usb-0:1.6"

static void assert_valid(const struct result *result, guint tags)
{
	if (result->problems->len > 0)
		fail_msg("%s", problem_at(result, 0)->message);
	assert_int_equal(result->domain->metadata, METADATA_VALID);
	assert_int_equal(result->domain->tags->len, tags);
}

static void assert_id(const struct tag *tag, guint i, uint16_t vendor, uint16_t product)
{
	const struct usb_id *id = &g_array_index(tag->ids, struct usb_id, i);

	assert_true(i < tag->ids->len);
	assert_int_equal(id->vendor, vendor);
	assert_int_equal(id->product, product);
}

static void every_attribute_of_a_device_is_read(void **state)
{
	RESULT result = read_entries(
		"<usb:device name='a' vendor='0x10C4' product='ea60' serial='S 1' port='" ID_PATH
		"' required='yes' persist='yes' enabled='no' force='yes' guestPort='0:3' "
		"guestReset='uninitialized'/>");
	const struct tag *tag = tag_at(&result, 0);

	(void)state;
	assert_valid(&result, 1);
	assert_string_equal(tag->name, "a");
	assert_false(tag->group);
	assert_int_equal(tag->ids->len, 1);
	assert_id(tag, 0, 0x10c4, 0xea60);
	assert_string_equal(tag->serial, "S 1");
	assert_string_equal(tag->port, ID_PATH);
	assert_true(tag->required);
	assert_int_equal(tag->persist, TAG_PERSIST_YES);
	assert_false(tag->enabled);
	assert_true(tag->force);
	assert_string_equal(tag->guest_port, "0:3");
	assert_int_equal(tag->guest_reset, GUEST_RESET_UNINITIALIZED);
	assert_int_equal(tag->entry, 1);
	assert_int_equal(tag->line, 5);
}

static void what_is_not_given_has_its_default(void **state)
{
	RESULT result = read_entries("<usb:group name='a' serial='x'/>");
	const struct tag *tag = tag_at(&result, 0);

	(void)state;
	assert_valid(&result, 1);
	assert_true(tag->group);
	assert_int_equal(tag->limit, TAG_GROUP_LIMIT);
	assert_true(tag->enabled);
	assert_false(tag->required);
	assert_false(tag->force);
	assert_int_equal(tag->persist, TAG_PERSIST_KEEP);
	assert_int_equal(tag->guest_reset, GUEST_RESET_DEFAULT);
	assert_int_equal(tag->ids->len, 0);
	assert_null(tag->port);
	assert_null(tag->port_sysname);
	assert_null(tag->guest_port);
}

static void ids_matches_and_limits_are_read(void **state)
{
	RESULT result = read_entries(
		"<usb:group name='a' limit='4'>\n"
		" <usb:id vendor='1a6e' product='89a'/><!-- before the firmware -->\n"
		" <usb:id vendor='18d1' product='9302'/>\n"
		" <usb:match property='ID_MODEL' value='A*'/><usb:match property='X' value='?'/>\n"
		"</usb:group>");
	const struct tag *tag = tag_at(&result, 0);
	const struct tag_match *match;

	(void)state;
	assert_valid(&result, 1);
	assert_int_equal(tag->limit, 4);
	assert_int_equal(tag->ids->len, 2);
	assert_id(tag, 0, 0x1a6e, 0x089a);
	assert_id(tag, 1, 0x18d1, 0x9302);
	assert_int_equal(tag->matches->len, 2);
	match = g_ptr_array_index(tag->matches, 0);
	assert_string_equal(match->property, "ID_MODEL");
	assert_string_equal(match->value, "A*");
}

static void a_limit_is_from_one_to_999(void **state)
{
	RESULT one = read_entries("<usb:group name='a' serial='1' limit='1'/>");
	RESULT most = read_entries("<usb:group name='a' serial='1' limit='999'/>");

	(void)state;
	assert_valid(&one, 1);
	assert_int_equal(tag_at(&one, 0)->limit, 1);
	assert_valid(&most, 1);
	assert_int_equal(tag_at(&most, 0)->limit, 999);
}

static void a_serial_may_hold_any_byte(void **state)
{
	static const struct {
		const char *xml;
		const char *bytes;
	} serials[] = {
		{"a&lt;&amp;&gt;&quot;&apos;", "a<&>\"'"},
		{" two  blanks ", " two  blanks "},
		{"\\x1b[31m\\xff\\x5c", "\x1b[31m\xff\\"},
		{"&#10;tab&#9;", "\ntab\t"},
		{"\xc3\xa4", "\xc3\xa4"},
		{"$(reboot) `id` ;%s%n", "$(reboot) `id` ;%s%n"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(serials); i++) {
		g_autofree char *xml =
			g_strdup_printf("<usb:device name='a' serial=\"%s\"/>", serials[i].xml);
		RESULT result = read_entries(xml);

		assert_valid(&result, 1);
		assert_string_equal(tag_at(&result, 0)->serial, serials[i].bytes);
	}
}

static void any_prefix_will_do(void **state)
{
	static const char *const wrappers[] = {
		"<ns0:devices xmlns:ns0='urn:usbreconcile:domain:1.0'>"
		"<ns0:device name='a' serial='1'><ns0:id vendor='1' product='2'/></ns0:device>"
		"</ns0:devices>",
		"<devices xmlns='urn:usbreconcile:domain:1.0'>"
		"<device name='a' serial='1'><id vendor='1' product='2'/></device></devices>",
		"<a:devices xmlns:a='urn:usbreconcile:domain:1.0'><device name='a' serial='1' "
		"xmlns='urn:usbreconcile:domain:1.0'><a:id vendor='1' product='2'/></device>"
		"</a:devices>",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(wrappers); i++) {
		RESULT inside = read_document(wrappers[i]);

		assert_valid(&inside, 1);
		assert_id(tag_at(&inside, 0), 0, 1, 2);
		assert_string_equal(tag_at(&inside, 0)->serial, "1");
	}
}

static void a_prefix_of_an_attribute_is_warned_of_once(void **state)
{
	RESULT result = read_entries("<usb:device usb:name='a' usb:serial='1'>"
				     "<usb:id usb:vendor='1' product='2'/></usb:device>");

	(void)state;
	assert_int_equal(result.domain->metadata, METADATA_VALID);
	assert_string_equal(tag_at(&result, 0)->name, "a");
	assert_string_equal(tag_at(&result, 0)->serial, "1");
	assert_id(tag_at(&result, 0), 0, 1, 2);
	assert_int_equal(result.problems->len, 1);
	assert_int_equal(problem_at(&result, 0)->code, PROBLEM_METADATA_WARNING);
	assert_string_equal(problem_at(&result, 0)->message,
			    "entry 1, line 5: the attribute name has a prefix, which it does not "
			    "need");
}

static void a_declaration_further_up_counts(void **state)
{
	RESULT result = result_new();
	char *err = NULL;

	(void)state;
	assert_int_equal(
		domain_xml_read_config("<domain xmlns:x='urn:usbreconcile:domain:1.0'><metadata>"
				       "<x:devices><x:device name='a' serial='1'/></x:devices>"
				       "</metadata></domain>",
				       false, result.domain, result.problems, &err),
		0);
	assert_valid(&result, 1);
}

static void what_libvirt_gives_our_namespace_is_read(void **state)
{
	RESULT result =
		read_wrapper("<devices xmlns:o='urn:other'>\n"
			     "  <device name='a' o:x='1'><o:foo/><id vendor='1' product='2'/>"
			     "</device>\n</devices>\n");

	(void)state;
	assert_valid(&result, 1);
	assert_id(tag_at(&result, 0), 0, 1, 2);
}

static void foreign_things_are_left_alone(void **state)
{
	RESULT result = read_document(
		"<u:devices xmlns:u='urn:usbreconcile:domain:1.0' xmlns:o='urn:other' o:x='1' "
		"xml:lang='en'><!-- mine --><?pi x?><o:device name='b'/>"
		"<u:device name='a' serial='1' o:name='x' xml:lang='en'><o:id>text in it</o:id>"
		"</u:device></u:devices>");

	(void)state;
	assert_valid(&result, 1);
	assert_int_equal(tag_at(&result, 0)->entry, 1);
}

static void metadata_that_is_not_ours_is_absent(void **state)
{
	static const char *const others[] = {
		"",
		"<o:devices xmlns:o='urn:other'><o:device/></o:devices>",
		"<devices><device name='a' serial='1'/></devices>",
		"<!-- <usb:devices/> -->",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		RESULT result = read_document(others[i]);

		assert_int_equal(result.domain->metadata, METADATA_ABSENT);
		assert_int_equal(result.domain->tags->len, 0);
		assert_int_equal(result.problems->len, 0);
	}
}

static void a_domain_without_metadata_has_none_of_ours(void **state)
{
	RESULT result = result_new();
	char *err = NULL;

	(void)state;
	assert_int_equal(
		domain_xml_read_config("<domain/>", false, result.domain, result.problems, &err),
		0);
	assert_int_equal(result.domain->metadata, METADATA_ABSENT);
}

static void an_empty_wrapper_is_valid(void **state)
{
	RESULT result = read_entries("");

	(void)state;
	assert_valid(&result, 0);
}

static void a_bad_entry_stops_no_other(void **state)
{
	RESULT result = read_entries("<usb:device name='a' serial='1'/>\n"
				     "<usb:device name='b' seriel='1'/>\n"
				     "<usb:device name='c' serial='1'/>");

	(void)state;
	assert_int_equal(result.domain->metadata, METADATA_INVALID);
	assert_int_equal(result.domain->tags->len, 3);
	assert_null(tag_at(&result, 0)->complaint);
	assert_non_null(tag_at(&result, 1)->complaint);
	assert_string_equal(tag_at(&result, 1)->name, "b");
	assert_int_equal(tag_at(&result, 1)->entry, 2);
	assert_int_equal(tag_at(&result, 1)->line, 6);
	assert_null(tag_at(&result, 2)->complaint);
	assert_int_equal(result.problems->len, 1);
	assert_string_equal(problem_at(&result, 0)->tag, "b");
}

static void assert_whole_is_invalid(const struct result *result, const char *message)
{
	assert_int_equal(result->domain->metadata, METADATA_INVALID);
	assert_int_equal(result->domain->tags->len, 0);
	assert_int_equal(result->problems->len, 1);
	assert_string_equal(problem_at(result, 0)->message, message);
	assert_int_equal(problem_at(result, 0)->severity, SEVERITY_CRITICAL);
	assert_string_equal(problem_at(result, 0)->domain, "vm");
	assert_non_null(problem_at(result, 0)->hint);
}

static void a_wrapper_that_is_not_understood_gives_no_tags(void **state)
{
	static const struct {
		const char *metadata;
		const char *message;
	} wrappers[] = {
		{"<u:devices xmlns:u='urn:usbreconcile:domain:2.0'><u:device "
		 "name='a'/></u:devices>",
		 "line 4: <devices> is in the namespace \"urn:usbreconcile:domain:2.0\""},
		{"<u:device xmlns:u='urn:usbreconcile:domain:1.0' name='a' serial='1'/>",
		 "line 4: our element in <metadata> is called <device>"},
		{"<u:devices xmlns:u='urn:usbreconcile:domain:1.0' enabled='no'>"
		 "<u:device name='a' serial='1'/></u:devices>",
		 "line 4: <devices> has the attribute \"enabled\", and knows none"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(wrappers); i++) {
		RESULT result = read_document(wrappers[i].metadata);

		assert_whole_is_invalid(&result, wrappers[i].message);
	}
}

static void beside_our_version_another_one_is_foreign(void **state)
{
	RESULT result = read_document(
		"<u:devices xmlns:u='urn:usbreconcile:domain:2.0'><u:device/></u:devices>"
		"<v:devices xmlns:v='urn:usbreconcile:domain:1.0'>"
		"<v:device name='a' serial='1'/></v:devices>");

	(void)state;
	assert_valid(&result, 1);
}

static void text_beside_the_entries_is_one_problem(void **state)
{
	static const char *const entries[] = {
		"zigbee<usb:device name='a' serial='1'/>",
		"<o:x/>zigbee<usb:device name='a' serial='1'/><o:x/>more<o:x/>",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) {
		RESULT result = read_entries(entries[i]);

		assert_int_equal(result.domain->metadata, METADATA_INVALID);
		assert_null(tag_at(&result, 0)->complaint);
		assert_int_equal(result.problems->len, 1);
		assert_string_equal(problem_at(&result, 0)->message,
				    "line 4: there is text in <devices>: \"zigbee\"");
	}
}

static struct result read_many(unsigned int entries)
{
	GString *xml = g_string_new(NULL);
	struct result result;

	for (unsigned int i = 0; i < entries; i++)
		g_string_append_printf(xml, "<usb:device name='n%u' serial='1'/>", i);
	result = read_entries(xml->str);
	g_string_free(xml, TRUE);
	return result;
}

static void sixty_four_entries_are_read_and_no_more(void **state)
{
	RESULT most = read_many(METADATA_MAX_ENTRIES);
	RESULT more = read_many(METADATA_MAX_ENTRIES + 1);

	(void)state;
	assert_valid(&most, METADATA_MAX_ENTRIES);
	assert_whole_is_invalid(&more, "line 4: there are 65 entries");
}

static struct result read_deep(unsigned int depth)
{
	g_autofree char *open = repeat("<o:x>", depth - 2);
	g_autofree char *close = repeat("</o:x>", depth - 2);
	g_autofree char *xml =
		g_strdup_printf("<usb:device name='a' serial='1'>%s%s</usb:device>", open, close);

	return read_entries(xml);
}

static void sixteen_levels_are_read_and_no_more(void **state)
{
	RESULT deepest = read_deep(METADATA_MAX_DEPTH);
	RESULT deeper = read_deep(METADATA_MAX_DEPTH + 1);

	(void)state;
	assert_valid(&deepest, 1);
	assert_whole_is_invalid(&deeper, "line 4: our metadata is nested deeper than 16 elements");
}

static char *long_wrapper(size_t bytes)
{
	const char *start = "<usb:devices xmlns:usb=\"urn:usbreconcile:domain:1.0\"><!--";
	const char *end = "--></usb:devices>";
	g_autofree char *filling = repeat("x", (unsigned int)(bytes - strlen(start) - strlen(end)));

	return g_strconcat(start, filling, end, NULL);
}

static void sixty_four_kilobytes_are_read_and_no_more(void **state)
{
	g_autofree char *longest = long_wrapper(METADATA_MAX_BYTES);
	g_autofree char *longer = long_wrapper(METADATA_MAX_BYTES + 1);
	RESULT longest_inside = read_document(longest);
	RESULT longer_inside = read_document(longer);

	(void)state;
	assert_valid(&longest_inside, 0);
	assert_whole_is_invalid(&longer_inside, "line 4: our metadata is longer than 65536 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attribute_of_a_device_is_read),
		cmocka_unit_test(what_is_not_given_has_its_default),
		cmocka_unit_test(ids_matches_and_limits_are_read),
		cmocka_unit_test(a_limit_is_from_one_to_999),
		cmocka_unit_test(a_serial_may_hold_any_byte),
		cmocka_unit_test(any_prefix_will_do),
		cmocka_unit_test(a_prefix_of_an_attribute_is_warned_of_once),
		cmocka_unit_test(a_declaration_further_up_counts),
		cmocka_unit_test(what_libvirt_gives_our_namespace_is_read),
		cmocka_unit_test(foreign_things_are_left_alone),
		cmocka_unit_test(metadata_that_is_not_ours_is_absent),
		cmocka_unit_test(a_domain_without_metadata_has_none_of_ours),
		cmocka_unit_test(an_empty_wrapper_is_valid),
		cmocka_unit_test(a_bad_entry_stops_no_other),
		cmocka_unit_test(a_wrapper_that_is_not_understood_gives_no_tags),
		cmocka_unit_test(beside_our_version_another_one_is_foreign),
		cmocka_unit_test(text_beside_the_entries_is_one_problem),
		cmocka_unit_test(sixty_four_entries_are_read_and_no_more),
		cmocka_unit_test(sixteen_levels_are_read_and_no_more),
		cmocka_unit_test(sixty_four_kilobytes_are_read_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
