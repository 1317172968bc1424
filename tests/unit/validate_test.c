/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "xml_result.h"

#define OURS    "xmlns:u='urn:usbreconcile:domain:1.0'"
#define WRAPPER "<u:devices " OURS "><u:device name='a' serial='1'/></u:devices>"
#define FIX     "write <usb:devices xmlns:usb=\"urn:usbreconcile:domain:1.0\">"

struct validation {
	GPtrArray *problems;
	unsigned int critical;
	unsigned int tags;
};

static struct validation validate_bytes(const char *xml, size_t length)
{
	struct validation result = {.problems = problem_list_new()};

	result.critical = metadata_validate(xml, length, "vm.xml", result.problems, &result.tags);
	return result;
}

static struct validation validate(const char *xml)
{
	return validate_bytes(xml, strlen(xml));
}

static void validation_clear(struct validation *validation)
{
	g_ptr_array_unref(validation->problems);
}
#define VALIDATION __attribute__((cleanup(validation_clear))) struct validation

static void assert_fine(const char *xml, unsigned int tags)
{
	VALIDATION result = validate(xml);

	if (result.problems->len > 0) {
		const struct problem *problem = g_ptr_array_index(result.problems, 0);

		fail_msg("%s", problem->message);
	}
	assert_int_equal(result.critical, 0);
	assert_int_equal(result.tags, tags);
}

static void a_good_document_has_no_problems(void **state)
{
	(void)state;
	assert_fine("<domain><metadata>" WRAPPER "</metadata></domain>", 1);
	assert_fine("<?xml version='1.0' encoding='UTF-8'?>\n<!-- by hand -->\n"
		    "<domain><name>vm</name><metadata>" WRAPPER "<o:devices xmlns:o='urn:other'>"
		    "<device/></o:devices></metadata><devices><hostdev/></devices></domain>",
		    1);
	assert_fine("<metadata>" WRAPPER "</metadata>", 1);
	assert_fine(WRAPPER, 1);
	assert_fine("<domain/>", 0);
}

/* One critical problem each: its message and hint, after "vm.xml: ". */
static const struct loss {
	const char *xml;
	unsigned int line;
	const char *message;
	const char *hint;
} losses[] = {
	{"<domain><metadata>\n<usb:devices><usb:device "
	 "name='a'/></usb:devices></metadata></domain>",
	 2,
	 "line 2: <usb:devices> has a prefix that is not declared, and libvirt loses it without a "
	 "word",
	 FIX},
	{"<domain><metadata>\n<devices><device name='a'/></devices></metadata></domain>", 2,
	 "line 2: <devices> has no namespace, and libvirt loses it without a word", FIX},
	{"<domain><metadata>\n<device name='a'/></metadata></domain>", 2,
	 "line 2: <device> has no namespace, and libvirt loses it without a word", FIX},
	{"<domain><metadata>\n" WRAPPER "\n" WRAPPER "</metadata></domain>", 3,
	 "line 3: <devices> is a second element of ours: libvirt keeps the first one of a "
	 "namespace and "
	 "loses the others without a word",
	 "move its entries into the <devices> of line 2"},
	{"<domain><metadata>" WRAPPER "</metadata>\n<metadata/></domain>", 2,
	 "line 2: <metadata> is there twice: libvirt keeps the first and loses the others without "
	 "a "
	 "word",
	 "move what is in it to line 1"},
	{"<domain>\n" WRAPPER "</domain>", 2,
	 "line 2: <devices> is not in the domain's <metadata>, and libvirt loses it without a word",
	 "move it to <metadata>, which is directly in <domain>"},
	{"<domain><devices><metadata>\n" WRAPPER "</metadata></devices></domain>", 2,
	 "line 2: <devices> is not in the domain's <metadata>, and libvirt loses it without a word",
	 "move it to <metadata>, which is directly in <domain>"},
	{"<domain><devices>\n<usb:device name='a'/></devices></domain>", 2,
	 "line 2: <usb:device> is not in the domain's <metadata>, and libvirt loses it without a "
	 "word",
	 "move it to <metadata>, which is directly in <domain>"},
	{"<domain><metadata><u:devices xmlns:u='urn:usbreconcile:domain:2.0'/></metadata></domain>",
	 1, "line 1: <devices> is in the namespace \"urn:usbreconcile:domain:2.0\"",
	 "this version reads urn:usbreconcile:domain:1.0"},
	{"<domain><metadata><u:devices xmlns:u='urn:USBReconcile:1.0'/></metadata></domain>", 1,
	 "line 1: <devices> is in a namespace that looks like ours and is not", FIX},
	{"<usb:devices/>", 1,
	 "line 1: <usb:devices> has a prefix that is not declared, and libvirt loses it without a "
	 "word",
	 FIX},
	{"<u:devices xmlns:u='urn:usbreconcile:domain:0.9'/>", 1,
	 "line 1: <devices> is in the namespace \"urn:usbreconcile:domain:0.9\"",
	 "this version reads urn:usbreconcile:domain:1.0"},
	{"<network/>", 1, "line 1: <network> is neither a domain nor metadata of ours",
	 "give a whole <domain> document, or our <devices> alone"},
	{"<domain>\n<metadata>&x;</metadata></domain>", 2,
	 "line 2: cannot be parsed: Entity 'x' not defined", "mend the XML first"},
	{"", 0, "cannot be parsed: it is empty", "mend the XML first"},
	{"<!DOCTYPE domain [<!ENTITY x 'y'>]><domain>&x;</domain>", 0,
	 "cannot be parsed: it has a document type declaration (<!DOCTYPE ...>), which has no "
	 "place in "
	 "a domain",
	 "mend the XML first"},
};

static void what_libvirt_would_lose_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(losses); i++) {
		VALIDATION result = validate(losses[i].xml);
		const struct problem *problem;
		g_autofree char *message = g_strconcat("vm.xml: ", losses[i].message, NULL);

		assert_int_equal(result.critical, 1);
		assert_int_equal(result.problems->len, 1);
		problem = g_ptr_array_index(result.problems, 0);
		assert_string_equal(problem->message, message);
		assert_string_equal(problem->hint, losses[i].hint);
		assert_int_equal(problem->line, losses[i].line);
		assert_int_equal(problem->severity, SEVERITY_CRITICAL);
	}
}

#define GUEST(port, devices)                                                                       \
	"<domain><metadata><u:devices " OURS ">\n<u:device name='a' serial='1' guestPort='" port   \
	"'/>\n<u:device name='b' serial='2' guestPort='0:2'/></u:devices></metadata><devices>"     \
	"<controller type='usb' model='qemu-xhci'/>" devices "</devices></domain>"

static void a_port_that_a_tag_cannot_have_is_remarked_on(void **state)
{
	static const struct {
		const char *xml, *why;
	} guests[] = {
		{GUEST("0:4", ""), NULL},
		{GUEST("0:9", ""), "the guest's USB controller has 4 ports"},
		{GUEST("3:1", ""), "the guest has no USB controller with index 3"},
		{GUEST("0:1.1", ""), "the guest has no hub at 0:1"},
		{GUEST("0:1.8", "<hub type='usb'><address type='usb' bus='0' port='1'/></hub>"),
		 NULL},
		{GUEST("0:1.9", "<hub type='usb'><address type='usb' bus='0' port='1'/></hub>"),
		 "the guest's hub has 8 ports"},
		{GUEST("0:1",
		       "<input type='tablet'><address type='usb' bus='0' port='1'/></input>"),
		 "the guest's <input> has it"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(guests); i++) {
		VALIDATION result = validate(guests[i].xml);
		const struct problem *problem;

		assert_int_equal(result.critical, 0);
		assert_int_equal(result.problems->len, guests[i].why != NULL);
		if (!guests[i].why)
			continue;
		problem = g_ptr_array_index(result.problems, 0);
		assert_int_equal(problem->line, 2);
		assert_true(g_str_has_suffix(problem->message, guests[i].why));
	}
}

static void two_tags_with_one_port_are_remarked_on(void **state)
{
	VALIDATION result = validate(GUEST("0:2", ""));
	const struct problem *problem;

	(void)state;
	assert_int_equal(result.problems->len, 1);
	problem = g_ptr_array_index(result.problems, 0);
	assert_string_equal(problem->message, "vm.xml: line 3: b cannot have guestPort 0:2: tag a "
					      "asks for it as well");
	/* What has no controller of its own gets one. */
	assert_fine("<domain><metadata><u:devices " OURS "><u:device name='a' serial='1' "
		    "guestPort='0:1'/></u:devices></metadata></domain>",
		    1);
}

static void entries_are_checked_and_counted(void **state)
{
	VALIDATION result = validate("<domain><name>vm</name><metadata><u:devices " OURS ">\n"
				     "<u:device name='a' serial='1'/>\n"
				     "<u:device name='b' seriel='1'/>\n"
				     "<u:device name='c' port='1-2'/>\n"
				     "</u:devices></metadata></domain>");
	const struct problem *problem = g_ptr_array_index(result.problems, 0);

	(void)state;
	assert_int_equal(result.critical, 1);
	assert_int_equal(result.problems->len, 2);
	assert_int_equal(result.tags, 2);
	assert_string_equal(problem->message,
			    "vm.xml: entry 2, line 3: the attribute \"seriel\" is not known");
	assert_string_equal(problem->domain, "vm");
	assert_string_equal(problem->tag, "b");
}

static void problems_that_were_there_are_not_counted(void **state)
{
	VALIDATION result = validate("<network/>");

	(void)state;
	result.critical = metadata_validate("<domain/>", strlen("<domain/>"), "b", result.problems,
					    &result.tags);
	assert_int_equal(result.critical, 0);
	assert_int_equal(result.problems->len, 1);
}

static void a_wrapper_as_virsh_metadata_prints_it_is_remarked_on(void **state)
{
	VALIDATION result = validate("<devices><device name='a' serial='1'/></devices>");
	const struct problem *problem = g_ptr_array_index(result.problems, 0);

	(void)state;
	assert_int_equal(result.critical, 0);
	assert_int_equal(result.tags, 1);
	assert_int_equal(result.problems->len, 1);
	assert_int_equal(problem->severity, SEVERITY_WARNING);
	assert_string_equal(problem->message,
			    "vm.xml: line 1: <devices> has no namespace, and in a domain document "
			    "libvirt would lose it without a word");
}

static void another_version_beside_ours_is_remarked_on(void **state)
{
	VALIDATION result = validate("<domain><metadata>" WRAPPER
				     "<n:devices xmlns:n='urn:usbreconcile:domain:2.0'/>"
				     "</metadata></domain>");
	const struct problem *problem = g_ptr_array_index(result.problems, 0);

	(void)state;
	assert_int_equal(result.critical, 0);
	assert_int_equal(result.tags, 1);
	assert_int_equal(result.problems->len, 1);
	assert_string_equal(problem->message, "vm.xml: line 1: <devices> is in another version of "
					      "our namespace, and left alone");
}

static void a_document_inside_foreign_metadata_is_not_ours(void **state)
{
	(void)state;
	assert_fine("<domain><o:backup xmlns:o='urn:other'>" WRAPPER "</o:backup></domain>", 0);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	static const char nul[] = "<domain>\0</domain>";
	static const char wide[] = "\xff\xfe<\0d\0/\0>\0";
	static const char *const broken[] = {"<domain>\xff</domain>",
					     "<domain>\xc3</domain>",
					     "<domain>\x01</domain>",
					     "<domain",
					     "domain",
					     "\xef\xbb\xbf"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
		VALIDATION result = validate(broken[i]);

		assert_int_equal(result.critical, 1);
	}
	for (int i = 0; i < 2; i++) {
		VALIDATION result = i ? validate_bytes(wide, sizeof(wide) - 1)
				      : validate_bytes(nul, sizeof(nul) - 1);
		const struct problem *problem = g_ptr_array_index(result.problems, 0);

		assert_int_equal(result.critical, 1);
		assert_string_equal(problem->message, "vm.xml: cannot be parsed: it holds NUL "
						      "bytes, so it is no XML in UTF-8");
	}
}

/* LENGTH bytes of a document that is well-formed. */
static char *long_document(size_t length)
{
	const char *start = "<domain><!--";
	const char *end = "--></domain>";
	g_autofree char *filling = g_strnfill(length - strlen(start) - strlen(end), 'x');

	return g_strconcat(start, filling, end, NULL);
}

static void four_megabytes_are_read_and_no_more(void **state)
{
	const size_t most = (size_t)4 * 1024 * 1024;
	g_autofree char *longest = long_document(most);
	g_autofree char *longer = long_document(most + 1);
	VALIDATION refused = validate(longer);
	const struct problem *problem = g_ptr_array_index(refused.problems, 0);

	(void)state;
	assert_fine(longest, 0);
	assert_int_equal(refused.critical, 1);
	assert_string_equal(problem->message,
			    "vm.xml: cannot be parsed: it is longer than 4194304 bytes");
}

static void depth_and_entities_cannot_hurt(void **state)
{
	g_autofree char *deep = repeat("<x>", 100000);
	GString *bomb = g_string_new("<!DOCTYPE domain [<!ENTITY e0 'ha'>");
	VALIDATION too_deep = validate(deep);

	(void)state;
	assert_int_equal(too_deep.critical, 1);
	for (int i = 1; i < 40; i++) {
		g_autofree char *tenfold = g_strdup_printf("&e%d;", i - 1);
		g_autofree char *value = repeat(tenfold, 10);

		g_string_append_printf(bomb, "<!ENTITY e%d '%s'>", i, value);
	}
	g_string_append(bomb, "]><domain x='&e39;'>&e39;</domain>");
	{
		VALIDATION exploded = validate(bomb->str);

		assert_int_equal(exploded.critical, 1);
	}
	g_string_free(bomb, TRUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_document_has_no_problems),
		cmocka_unit_test(what_libvirt_would_lose_is_found),
		cmocka_unit_test(a_port_that_a_tag_cannot_have_is_remarked_on),
		cmocka_unit_test(two_tags_with_one_port_are_remarked_on),
		cmocka_unit_test(entries_are_checked_and_counted),
		cmocka_unit_test(problems_that_were_there_are_not_counted),
		cmocka_unit_test(a_wrapper_as_virsh_metadata_prints_it_is_remarked_on),
		cmocka_unit_test(another_version_beside_ours_is_remarked_on),
		cmocka_unit_test(a_document_inside_foreign_metadata_is_not_ours),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(four_megabytes_are_read_and_no_more),
		cmocka_unit_test(depth_and_entities_cannot_hurt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
