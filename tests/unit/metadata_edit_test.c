/* SPDX-License-Identifier: MIT */
/* What a change makes of the metadata of a domain, and that nothing else of it is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "xml_result.h"
#include "xmlutil/metadata_edit.h"

#define U     "urn:usbreconcile:domain:1.0"
#define OPEN  "<usb:devices xmlns:usb=\"" U "\">"
#define CLOSE "</usb:devices>"
#define A     "<usb:device name=\"a\" serial=\"1\"/>"
#define B     "<usb:device name=\"b\" serial=\"2\"/>"
#define NEW                                                                                        \
	"<usb:device name=\"new\" vendor=\"0403\" product=\"6001\" serial=\"S&lt;&quot;\\x5c\"/>"
#define NEW_NS "<device name=\"new\" vendor=\"0403\" product=\"6001\" serial=\"S&lt;&quot;\\x5c\"/>"

/* One change: "+" adds the tag called "new", "-NAME", "on NAME", "off NAME"; "-": all. */
static struct metadata_change read_change(const char *text, const struct tag *tag)
{
	if (strcmp(text, "+") == 0)
		return (struct metadata_change){METADATA_ADD, tag, NULL};
	if (text[0] == '-')
		return (struct metadata_change){METADATA_REMOVE, NULL, text[1] ? text + 1 : NULL};
	if (g_str_has_prefix(text, "on "))
		return (struct metadata_change){METADATA_ENABLE, NULL, text + 3};
	return (struct metadata_change){METADATA_DISABLE, NULL, text + 4};
}

static struct tag *new_tag(void)
{
	struct tag *tag = tag_new();
	struct usb_id id = {0x0403, 0x6001};

	tag->name = g_strdup("new");
	tag->serial = g_strdup("S<\"\\");
	g_array_append_val(tag->ids, id);
	return tag;
}

static char *document(const char *metadata)
{
	return g_strdup_printf("<domain type='kvm'><name>vm</name>%s</domain>", metadata);
}

static int edit(const char *metadata, const char *change_text, struct metadata_edit **ret_edit,
		char **err)
{
	OWN(tag) tag = new_tag();
	struct metadata_change change = read_change(change_text, tag);
	g_autoptr(GPtrArray) changes = g_ptr_array_new();
	g_autofree char *xml = document(metadata);

	g_ptr_array_add(changes, &change);
	return metadata_edit(xml, changes, ret_edit, err);
}

#define META(inside) "<metadata>" inside "</metadata>"

static const struct {
	const char *metadata;
	const char *change;
	const char *xml; /* NULL: as it was */
	const char *set;
	const char *key;
} cases[] = {
	/* Nothing there yet. */
	{"", "+", OPEN "\n      " NEW "\n    " CLOSE, "<devices>" NEW_NS "</devices>", "usb"},
	{META("<o:x xmlns:o='urn:o'/>"), "+", OPEN "\n      " NEW "\n    " CLOSE,
	 "<devices>" NEW_NS "</devices>", "usb"},
	/* One line stays one, lines stay lines. */
	{META(OPEN A CLOSE), "+", OPEN "\n      " A "\n      " NEW "\n    " CLOSE,
	 "<devices><device name=\"a\" serial=\"1\"/>" NEW_NS "</devices>", "usb"},
	{META(OPEN "\n      " A "\n    " CLOSE), "+",
	 OPEN "\n      " A "\n      " NEW "\n    " CLOSE,
	 "<devices>\n      <device name=\"a\" serial=\"1\"/>\n      " NEW_NS "\n    </devices>",
	 "usb"},
	{META(OPEN "\n    " CLOSE), "+", OPEN "\n      " NEW "\n    " CLOSE, NULL, "usb"},
	{META(OPEN "\n      <!-- c -->\n    " CLOSE), "+",
	 OPEN "\n      <!-- c -->\n      " NEW "\n    " CLOSE, NULL, "usb"},
	{META(OPEN "\n  " A "\n  " B "\n" CLOSE), "-a", OPEN "\n  " B "\n" CLOSE, NULL, "usb"},
	{META(OPEN "\n  " A "\n  " B "\n" CLOSE), "-b", OPEN "\n  " A "\n" CLOSE, NULL, "usb"},
	/* What is foreign stays: elements, attributes, comments, instructions, declarations. */
	{META("<usb:devices o:by=\"me\" xmlns:o=\"urn:o\" xmlns:usb=\"" U "\" xmlns:z=\"urn:z\">\n"
	      "<!-- a --><?p i?><o:x z:a=\"1\" b=\"2\" a=\"3\"><z:y xmlns:z=\"urn:zz\"/><usb:in/>"
	      "</o:x>\n" A CLOSE),
	 "off a",
	 "<usb:devices xmlns:o=\"urn:o\" xmlns:usb=\"" U "\" xmlns:z=\"urn:z\" o:by=\"me\">\n"
	 "<!-- a --><?p i?><o:x z:a=\"1\" b=\"2\" a=\"3\"><z:y xmlns:z=\"urn:zz\"/><usb:in/>"
	 "</o:x>\n<usb:device name=\"a\" serial=\"1\" enabled=\"no\"/>" CLOSE,
	 "<devices xmlns:o=\"urn:o\" xmlns:z=\"urn:z\" o:by=\"me\">\n"
	 "<!-- a --><?p i?><o:x z:a=\"1\" b=\"2\" a=\"3\"><z:y xmlns:z=\"urn:zz\"/><in/>"
	 "</o:x>\n<device name=\"a\" serial=\"1\" enabled=\"no\"/></devices>",
	 "usb"},
	/* Other tools' prefixes, no prefix, and declarations further out. */
	{META("<ns0:devices xmlns:ns0=\"" U "\"><ns0:device name=\"a\" serial=\"1\"/>"
	      "</ns0:devices>"),
	 "off a",
	 "<ns0:devices xmlns:ns0=\"" U "\">\n      <ns0:device name=\"a\" serial=\"1\" "
	 "enabled=\"no\"/>\n    </ns0:devices>",
	 "<devices><device name=\"a\" serial=\"1\" enabled=\"no\"/></devices>", "ns0"},
	{META("<devices xmlns=\"" U "\"><device name=\"a\" serial=\"1\"/></devices>"), "off a",
	 "<devices xmlns=\"" U "\">\n      <device name=\"a\" serial=\"1\" enabled=\"no\"/>\n    "
	 "</devices>",
	 "<devices><device name=\"a\" serial=\"1\" enabled=\"no\"/></devices>", "usb"},
	{"<metadata xmlns:n=\"" U "\" xmlns:o=\"urn:o\"><n:devices><o:x/><n:device name=\"a\" "
	 "serial=\"1\"/></n:devices></metadata>",
	 "off a",
	 "<n:devices xmlns:n=\"" U "\" xmlns:o=\"urn:o\">\n      <o:x/>\n      <n:device "
	 "name=\"a\" serial=\"1\" enabled=\"no\"/>\n    </n:devices>",
	 "<devices xmlns:o=\"urn:o\"><o:x/><device name=\"a\" serial=\"1\" enabled=\"no\"/>"
	 "</devices>",
	 "n"},
	/* What libvirt could not give back its namespace keeps it, and libvirt gets another prefix.
	 */
	{META("<usb:devices xmlns:usb=\"" U "\"><usb:device usb:name=\"x\" serial=\"1\"/>" A CLOSE),
	 "-a",
	 "<usb:devices xmlns:usb=\"" U "\">\n      <usb:device usb:name=\"x\" serial=\"1\"/>\n    "
	 "</usb:devices>",
	 "<usb:devices xmlns:usb=\"" U "\"><usb:device usb:name=\"x\" serial=\"1\"/>"
	 "</usb:devices>",
	 "usb1"},
	{META("<usb:devices xmlns:usb=\"" U "\" xmlns=\"urn:o\"><x/>" A CLOSE), "-a",
	 "<usb:devices xmlns:usb=\"" U "\" xmlns=\"urn:o\">\n      <x/>\n    </usb:devices>",
	 "<usb:devices xmlns:usb=\"" U "\" xmlns=\"urn:o\"><x/></usb:devices>", "usb1"},
	{META("<devices xmlns=\"" U "\" xmlns:usb=\"urn:o\"><usb:x/><device name=\"a\" "
	      "serial=\"1\"/></devices>"),
	 "-a", "<devices xmlns=\"" U "\" xmlns:usb=\"urn:o\">\n      <usb:x/>\n    </devices>",
	 "<devices xmlns=\"" U "\" xmlns:usb=\"urn:o\"><usb:x/></devices>", "usb1"},
	/* And what an earlier one has left goes. */
	{META("<usb:devices xmlns:usb=\"" U "\" xmlns:usb1=\"" U "\" xmlns=\"urn:o\"><x/>" A CLOSE),
	 "-a", "<usb:devices xmlns:usb=\"" U "\" xmlns=\"urn:o\">\n      <x/>\n    </usb:devices>",
	 "<usb:devices xmlns:usb=\"" U "\" xmlns=\"urn:o\"><x/></usb:devices>", "usb1"},
	/* Invalid entries are somebody's work in progress. */
	{META(OPEN "<usb:device name=\"x\" seriel=\"A\" b=\"1\" a=\"2\"/><usb:devise/>" A CLOSE),
	 "off a",
	 OPEN "\n      <usb:device name=\"x\" seriel=\"A\" b=\"1\" a=\"2\"/>\n      <usb:devise/>\n"
	      "      <usb:device name=\"a\" serial=\"1\" enabled=\"no\"/>\n    " CLOSE,
	 NULL, "usb"},
	{META(OPEN "<usb:device name=\"x\" seriel=\"A\"/>" A CLOSE), "-x",
	 OPEN "\n      " A "\n    " CLOSE, NULL, "usb"},
	/* The text that makes b invalid goes with b, and does not become a's. */
	{META(OPEN A B " serial=\"x\"/>" CLOSE), "-b", OPEN "\n      " A "\n    " CLOSE, NULL,
	 "usb"},
	/* On and off. */
	{META(OPEN "<usb:device name=\"a\" enabled=\"no\" serial=\"1\"/>" CLOSE), "on a",
	 OPEN "\n      " A "\n    " CLOSE, NULL, "usb"},
	{META(OPEN "<usb:device enabled=\"yes\" name=\"a\" serial=\"1\"/>" CLOSE), "off a",
	 OPEN "\n      <usb:device enabled=\"no\" name=\"a\" serial=\"1\"/>\n    " CLOSE, NULL,
	 "usb"},
	{META(OPEN "<usb:device name=\"a\" usb:enabled=\"no\" serial=\"1\"/>" CLOSE), "on a",
	 OPEN "\n      " A "\n    " CLOSE, NULL, "usb"},
	/* Nothing to do. */
	{META(OPEN A CLOSE), "on a", NULL, NULL, "usb"},
	{META(OPEN A CLOSE), "-nope", NULL, NULL, "usb"},
	{META(OPEN NEW CLOSE), "+", NULL, NULL, "usb"},
	{META(OPEN "<usb:device required=\"yes\" name=\"new\" vendor=\"0x403\" product=\"6001\" "
		   "serial=\"S&lt;&#34;\\x5C\" enabled=\"no\"/>" CLOSE),
	 "+", NULL, NULL, "usb"},
};

static void every_case_becomes_what_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		OWN(metadata_edit) done = NULL;
		g_autofree char *err = NULL;

		if (edit(cases[i].metadata, cases[i].change, &done, &err) < 0)
			fail_msg("case %zu: %s", i, err);
		if (done->changed != (cases[i].xml != NULL))
			fail_msg("case %zu: changed is %d", i, done->changed);
		if (cases[i].xml)
			assert_string_equal(done->xml, cases[i].xml);
		if (cases[i].set)
			assert_string_equal(done->set, cases[i].set);
		assert_string_equal(done->key, cases[i].key);
	}
}

/* Done once more, to what it made, it has nothing to do. */
static void every_case_is_done_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		OWN(metadata_edit) once = NULL;
		OWN(metadata_edit) twice = NULL;
		g_autofree char *err = NULL;
		g_autofree char *metadata = NULL;

		assert_int_equal(edit(cases[i].metadata, cases[i].change, &once, &err), 0);
		metadata = g_strdup_printf("<metadata>%s</metadata>", once->xml);
		assert_int_equal(edit(metadata, cases[i].change, &twice, &err), 0);
		if (twice->changed)
			fail_msg("case %zu: %s became %s", i, once->xml, twice->xml);
	}
}

/* The wrapper goes with the last of what anybody may want. */
static void an_empty_wrapper_goes(void **state)
{
	static const struct {
		const char *metadata;
		const char *change;
		bool goes;
	} ends[] = {
		{META(OPEN A CLOSE), "-a", true},
		{META(OPEN "\n  " A "\n" CLOSE), "-a", true},
		{META(OPEN A B CLOSE), "-", true},
		{META(OPEN A "<usb:device name='x' y='z'/>" CLOSE), "-", true},
		{META(OPEN CLOSE), "-", true},
		{META(OPEN A B CLOSE), "-a", false},
		{META(OPEN A "<!-- note -->" CLOSE), "-", false},
		{META(OPEN "<o:x xmlns:o='urn:o'/>" A CLOSE), "-", false},
		{META("<usb:devices xmlns:usb='" U "' xmlns:o='urn:o' o:x=''>" A CLOSE), "-",
		 false},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		OWN(metadata_edit) done = NULL;
		g_autofree char *err = NULL;

		assert_int_equal(edit(ends[i].metadata, ends[i].change, &done, &err), 0);
		assert_true(done->changed);
		assert_int_equal(done->xml == NULL, ends[i].goes);
		assert_int_equal(done->set == NULL, ends[i].goes);
	}
}

static void nothing_to_untag_is_no_change(void **state)
{
	OWN(metadata_edit) done = NULL;
	g_autofree char *err = NULL;

	(void)state;
	assert_int_equal(edit("", "-", &done, &err), 0);
	assert_false(done->changed);
	assert_null(done->xml);
}

static void what_cannot_be_changed_is_refused_with_words(void **state)
{
	static const struct {
		const char *metadata;
		const char *change;
		const char *words;
	} refusals[] = {
		{META(OPEN "text" A CLOSE), "-a", "there is text in <devices>: \"text\""},
		{META("<usb:devices xmlns:usb='" U "' name='x'>" A CLOSE), "-a",
		 "has the attribute"},
		{META("<usb:device xmlns:usb='" U "' name='a' serial='1'/>"), "+",
		 "our element in <metadata> is called <device>"},
		{META("<usb:devices xmlns:usb='urn:usbreconcile:domain:2.0'/>"), "+",
		 "another version of our namespace"},
		{META(OPEN "<usb:device name='new' serial='other'/>" CLOSE), "+",
		 "a tag \"new\" that asks for something else"},
		{META(OPEN "<usb:device name='new' seriel='1'/>" CLOSE), "+",
		 "a tag \"new\" that asks for something else"},
		{META(OPEN "<usb:group name='new' vendor='403' product='6001' "
			   "serial='S&lt;&#34;\\x5c'/>" CLOSE),
		 "+", "a tag \"new\" that asks for something else"},
		{META(OPEN A CLOSE), "on nope", "it has no tag \"nope\""},
		{META(OPEN "<usb:device name='a' seriel='1'/>" CLOSE), "off a",
		 "its tag \"a\" is invalid: the attribute \"seriel\" is not known"},
		{META(OPEN A "<device name='d' serial='3'/>" CLOSE), "-a",
		 "between them stands <device> without a namespace"},
		{META(OPEN A "<o:x xmlns:o='urn:o'><plain/></o:x>" CLOSE), "+",
		 "between them stands <plain> without a namespace"},
		{META(OPEN A "<zz:x/>" CLOSE), "-a", "without a namespace"},
		{META(OPEN "&x;" CLOSE), "+", "the domain's XML cannot be read: line 1"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		OWN(metadata_edit) done = NULL;
		g_autofree char *err = NULL;

		if (edit(refusals[i].metadata, refusals[i].change, &done, &err) == 0)
			fail_msg("case %zu became %s", i, done->xml);
		assert_null(done);
		if (!strstr(err, refusals[i].words))
			fail_msg("case %zu: %s", i, err);
	}
}

static void the_sixty_fifth_entry_is_refused(void **state)
{
	OWN(metadata_edit) done = NULL;
	g_autofree char *err = NULL;
	g_autoptr(GString) entries = g_string_new("<metadata>" OPEN);

	(void)state;
	for (unsigned int i = 0; i < 64; i++)
		g_string_append_printf(entries, "<usb:device name='n%u' serial='%u'/>", i, i);
	g_string_append(entries, CLOSE "</metadata>");
	assert_int_equal(edit(entries->str, "+", &done, &err), -1);
	assert_non_null(strstr(err, "there are 65 entries"));
}

/* An element without a namespace is in nobody's way as long as nothing is written. */
static void what_is_not_written_is_not_refused(void **state)
{
	OWN(metadata_edit) done = NULL;
	g_autofree char *err = NULL;

	(void)state;
	assert_int_equal(edit(META(OPEN A "<plain/>" CLOSE), "on a", &done, &err), 0);
	assert_false(done->changed);
	assert_null(done->set);
}

static void a_new_tag_is_read_back_as_it_was(void **state)
{
	OWN(metadata_edit) done = NULL;
	OWN(tag) tag = tag_new();
	struct metadata_change change = {METADATA_ADD, tag, NULL};
	g_autoptr(GPtrArray) changes = g_ptr_array_new();
	g_autofree char *err = NULL;
	g_autofree char *xml = document("");
	struct usb_id id = {0, 0xffff};

	(void)state;
	tag->name = g_strdup("n");
	tag->serial = g_strdup("\xff\x01 \\x41<&\"'\n\t\xc3\xa9\xe2\x80\xae");
	tag->port = g_strdup("pci-0000:00:14.0-usbv3-0:3.1");
	tag->persist = TAG_PERSIST_YES;
	tag->guest_reset = GUEST_RESET_OFF;
	g_array_append_val(tag->ids, id);
	g_ptr_array_add(changes, &change);
	assert_int_equal(metadata_edit(xml, changes, &done, &err), 0);
	for (int stripped = 0; stripped < 2; stripped++) {
		RESULT result = read_wrapper(stripped ? done->set : done->xml);

		assert_int_equal(result.problems->len, 0);
		assert_true(tag_same_identity(tag_at(&result, 0), tag));
		assert_string_equal(tag_at(&result, 0)->name, "n");
		assert_int_equal(tag_at(&result, 0)->persist, TAG_PERSIST_YES);
		assert_int_equal(tag_at(&result, 0)->guest_reset, GUEST_RESET_OFF);
	}
}

static void several_changes_are_one_edit(void **state)
{
	OWN(metadata_edit) done = NULL;
	OWN(tag) tag = new_tag();
	struct metadata_change change[] = {{METADATA_ADD, tag, NULL},
					   {METADATA_REMOVE, NULL, "a"},
					   {METADATA_DISABLE, NULL, "new"}};
	g_autoptr(GPtrArray) changes = g_ptr_array_new();
	g_autofree char *err = NULL;
	g_autofree char *xml = document(META(OPEN A CLOSE));

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(change); i++)
		g_ptr_array_add(changes, &change[i]);
	assert_int_equal(metadata_edit(xml, changes, &done, &err), 0);
	assert_string_equal(done->set,
			    "<devices><device name=\"new\" vendor=\"0403\" product=\"6001\" "
			    "serial=\"S&lt;&quot;\\x5c\" enabled=\"no\"/></devices>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_becomes_what_it_should),
		cmocka_unit_test(every_case_is_done_once),
		cmocka_unit_test(an_empty_wrapper_goes),
		cmocka_unit_test(nothing_to_untag_is_no_change),
		cmocka_unit_test(what_cannot_be_changed_is_refused_with_words),
		cmocka_unit_test(the_sixty_fifth_entry_is_refused),
		cmocka_unit_test(what_is_not_written_is_not_refused),
		cmocka_unit_test(a_new_tag_is_read_back_as_it_was),
		cmocka_unit_test(several_changes_are_one_edit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
