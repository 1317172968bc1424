/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json_world.h"
#include "state/json.h"

static void assert_refused(const char *text, const char *expected)
{
	struct snapshot *snapshot = NULL;
	struct history *history = NULL;
	g_autofree char *err = NULL;

	assert_int_equal(json_read_status(text, &snapshot, &history, &err), -1);
	assert_null(snapshot);
	assert_null(history);
	assert_non_null(err);
	if (!g_str_has_prefix(err, expected))
		print_error("expected \"%s…\"\n", expected);
	assert_string_equal(g_str_has_prefix(err, expected) ? expected : err, expected);
}

static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	g_autofree char *before = NULL;

	if (!at)
		print_error("no %s\n", from);
	assert_non_null(at);
	before = g_strndup(text, (size_t)(at - text));
	return g_strconcat(before, to, at + strlen(from), NULL);
}

static void unknown_keys_and_a_newer_minor_are_ignored(void **state)
{
	g_autofree char *text = json_world_new_text();
	g_autofree char *newer = replaced(text, "\"minor\": 1", "\"minor\": 7, \"patch\": []");
	g_autofree char *extended =
		replaced(newer, "\"hub\": ", "\"rainbow\": {\"a\": 1}, \"hub\": ");
	g_autofree char *again = NULL;
	OWN(snapshot) snapshot = NULL;
	OWN(history) history = NULL;

	(void)state;
	json_world_read(extended, &snapshot, &history);
	again = json_world_write(snapshot, history);
	assert_string_equal(again, text);
}

static void another_major_is_refused_whatever_else_it_has(void **state)
{
	(void)state;
	assert_refused("{\"format_version\": {\"major\": 2, \"minor\": 0}, \"devices\": 7}",
		       "format_version.major: is 2, ");
	assert_refused("{\"format_version\": {\"major\": 0}}", "format_version.major: is 0, ");
	assert_refused("{\"format_version\": {}}", "format_version.major: is missing");
	assert_refused("{\"format_version\": \"1.0\"}", "format_version: must be an object");
	assert_refused("{}", "format_version: is missing");
}

static void what_a_plan_makes_anew_is_not_read(void **state)
{
	OWN(snapshot) snapshot = json_world_new();
	OWN(history) history = json_world_new_history();
	OWN(plan) plan = json_world_new_plan(snapshot, history);
	g_autofree char *text = json_write_status(snapshot, plan, history);
	OWN(snapshot) again = NULL;
	OWN(history) remembered = NULL;

	(void)state;
	assert_non_null(strstr(text, "\"serial_not_unique\""));
	json_world_read(text, &again, &remembered);
	assert_int_equal(again->problems->len, snapshot->problems->len);
}

static void a_case_can_be_written_by_hand(void **state)
{
	static const char text[] =
		"{\"format_version\": {\"major\": 1}, \"now\": 100,"
		" \"devices\": [{\"sysname\": \"1-2\", \"bus\": 1, \"device\": 5,"
		"   \"id\": {\"vendor\": \"0403\", \"product\": \"6001\"}}],"
		" \"domains\": [{\"name\": \"vm\", \"uuid\": \"u\", \"running\": true,"
		"   \"persistent\": true, \"metadata\": \"valid\","
		"   \"tags\": [{\"want\": {\"name\": \"a\", \"serial\": \"S\"}}],"
		"   \"live\": [{\"alias\": \"ua-usbr-a\","
		"     \"address\": {\"bus\": 1, \"device\": 5}}]}]}";
	OWN(snapshot) snapshot = NULL;
	OWN(history) history = NULL;
	const struct device *device;
	const struct domain *domain;
	const struct tag *tag;

	(void)state;
	json_world_read(text, &snapshot, &history);
	assert_int_equal(snapshot->now, 100 * G_USEC_PER_SEC);
	device = snapshot_device_at(snapshot, 1, 5);
	assert_true(device->authorized);
	domain = snapshot_find_domain(snapshot, "vm");
	tag = domain_find_tag(domain, "a");
	assert_true(tag->enabled);
	assert_int_equal(tag->limit, TAG_GROUP_LIMIT);
	assert_true(hostdev_is(g_ptr_array_index(domain->live, 0), device));
}

/* In the world's document, FROM (its first occurrence) becomes TO; what the reader says then. */
struct damage {
	const char *from;
	const char *to;
	const char *expected;
};

static const struct damage damages[] = {
	{"\"bus\": 2", "\"bus\": \"2\"", "devices[0].bus: must be a whole number"},
	{"\"bus\": 2", "\"bus\": -1", "devices[0].bus: must be a whole number from 0 to"},
	{"\"bus\": 2", "\"bus\": 4294967296", "devices[0].bus: must be"},
	{"\"bus\": 2", "\"bus\": 2.0", "devices[0].bus: must be"},
	{"\"bus\": 2", "\"bos\": 2", "devices[0].bus: is missing"},
	{"\"sysname\": \"2-3\"", "\"sysname\": \"\"", "devices[0].sysname: must not be"},
	{"\"sysname\": \"2-3\"", "\"sysname\": \"usb1\"", "devices[1]: has the same name"},
	{"\"sysname\": \"2-3\"", "\"sysname\": null", "devices[0].sysname: is missing"},
	{"\"vendor\": \"0403\"", "\"vendor\": \"403\"", "devices[0].id.vendor: must be"},
	{"\"vendor\": \"0403\"", "\"vendor\": \"+403\"", "devices[0].id.vendor: must be"},
	{"\"product\": \"6001\"", "\"product\": 6001", "devices[0].id.product: must be"},
	{"41311b", "4131b", "devices[0].serial_hex: must be pairs"},
	{"41311b", "413100", "devices[0].serial_hex: must be pairs"},
	{"41311b", "41311x", "devices[0].serial_hex: must be pairs"},
	{"\"serial_hex\": \"", "\"serial_hex\": 1, \"x\": \"",
	 "devices[0].serial_hex: must be a string"},
	{"\"hub\": false", "\"hub\": \"no\"", "devices[0].hub: must be true or false"},
	{"\"incarnation\": 123456789", "\"incarnation\": -1", "devices[0].incarnation: "},
	{"\"properties\": {", "\"properties\": [], \"x\": {",
	 "devices[0].properties: must be an object"},
	{"\"EMPTY\": \"\"", "\"EMPTY\": null", "devices[0].properties.EMPTY: is missing"},
	{"\"EMPTY\": \"\"", "\"EMPTY\": 1", "devices[0].properties.EMPTY: must be"},
	{"\"ID_MODEL\": \"78fe\"", "\"ID_MODEL\": \"7\"",
	 "devices[0].properties_hex.ID_MODEL: must be pairs"},
	{"\"now\": 86400.123457", "\"now\": \"today\"", "now: must be seconds"},
	{"\"now\": 86400.123457", "\"now\": -0.5", "now: must be seconds"},
	{"\"now\": 86400.123457", "\"now\": 1e300", "now: must be seconds"},
	{"\"now\": 86400.123457", "\"then\": 1", "now: is missing"},
	{"2026-01-01T00:00:00Z", "yesterday", "time: must be a time like"},
	{"2026-01-01T00:00:00Z", "1950-01-01T00:00:00Z", "time: must be a time like"},
	{"2026-01-01T00:00:00Z", "2026-01-01T00:00:00+01", "time: must be a time like"},
	{"\"code\": \"metadata_invalid\"", "\"code\": \"x\"", "problems[0].code: is not one of"},
	{"\"severity\": \"critical\"", "\"severity\": 2", "problems[0].severity: must be"},
	{"\"name\": \"vm1\"", "\"name\": \"broken\"", "domains[1]: has the name or uuid"},
	{"\"uuid\": \"c7a5", "\"uuid\": \"c7 a5", "domains[1].uuid: must have no blank"},
	{"\"uuid\": \"c7a5", "\"other\": \"", "domains[1].uuid: is missing"},
	{"\"running\": true", "\"running\": 1", "domains[1].running: must be true"},
	{"\"metadata\": \"invalid\"", "\"metadata\": \"fine\"",
	 "domains[1].metadata: must be absent"},
	{"\"name\": \"coral\"", "\"name\": \"co--ral\"", "domains[1].tags[0].want.name: cannot be"},
	{"\"name\": \"coral\"", "\"name\": null", "domains[1].tags[0].want.name: is missing"},
	{"\"persist\": \"yes\"", "\"persist\": \"true\"",
	 "domains[1].tags[0].want.persist: must be"},
	{"\"guest_reset\": \"uninitialized\"", "\"guest_reset\": \"\"",
	 "domains[1].tags[0].want.guest_reset: must be"},
	{"\"guest_port\": \"0:1.2\"", "\"guest_port\": \"1.2\"",
	 "domains[1].tags[0].want.guest_port: must be BUS:PORT"},
	{"\"port_sysname\": null", "\"port_sysname\": \"1-3\"",
	 "domains[1].tags[0].want.port_sysname: goes not"},
	{"\"port_sysname\": \"1-3\"", "\"x\": 1",
	 "domains[1].tags[1].want: a tag without complaint must ask"},
	{"\"limit\": 4", "\"limit\": -4", "domains[1].tags[1].want.limit: must be"},
	{"\"property\": \"ID_MODEL\"", "\"property\": \"\"",
	 "domains[1].tags[0].want.matches[0].property: must not be empty"},
	{"\"live\": []", "\"live\": [7]", "domains[0].live[0]: must be an object"},
	{"\"live\": [", "\"live\": {}, \"x\": [", "domains[0].live: must be a list"},
	{"\"ua-usbr-tablet\"", "[]", "domains[1].other_aliases[0]: must be a string"},
	{"\"alias\": \"ua-usbr-front--a b\"", "\"alias\": \"ua-usbr-coral\"",
	 "history[2]: is of the same"},
	{"\"uuid\": \"0\"", "\"uuid\": \" 0\"", "history[0].uuid: must have no blank"},
	{"\"config\": {\n          \"failures\": 0", "\"config\": {\n          \"failures\": -1",
	 "history[0].sides.config.failures: "},
	{"\"kind\": \"attach_live\"", "\"kind\": \"dance\"", "history[1].deeds[0].kind: is not"},
	{"\"times\": [", "\"times\": [1, 2, 3, 4, ",
	 "history[1].deeds[0].times: must be at most 4"},
	{"\"deeds\": [\n        {", "\"deeds\": [{}, {}, {}, {}, {}, {}, {}, {}, {",
	 "history[1].deeds: must be at most 8"},
	{"\"devices\": [", "\"devices\": null, \"x\": [", "devices: is missing"},
	{"\"domains\": [", "\"domains\": null, \"x\": [", "domains: is missing"},
};

static void whatever_is_wrong_is_named_by_its_path(void **state)
{
	g_autofree char *text = json_world_new_text();

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
		g_autofree char *damaged = replaced(text, damages[i].from, damages[i].to);

		assert_refused(damaged, damages[i].expected);
	}
}

static void what_is_no_json_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"{",
		"nonsense",
		"{\"a\": 1, \"a\": 2}",
		"{\"a\": \"\xff\"}",
		"{\"a\": \"\\u0000\"}",
		"{} {}",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		assert_refused(texts[i], "this is no JSON: line 1, column ");
	assert_refused("[]", "the document: must be an object");
	assert_refused("[1, 2]", "the document: must be an object");
}

static void a_text_cut_anywhere_is_refused(void **state)
{
	g_autofree char *text = json_world_new_text();
	size_t length = strlen(text);

	(void)state;
	for (size_t cut = 0; cut < length - 2; cut += 7) {
		g_autofree char *part = g_strndup(text, cut);

		assert_refused(part, "this is no JSON: ");
	}
}

static void a_very_deep_or_long_document_is_refused(void **state)
{
	g_autofree char *deep = g_strnfill(100000, '[');
	g_autofree char *name = g_strnfill(70000, 'x');
	g_autofree char *text = json_world_new_text();
	g_autofree char *quoted = g_strconcat("\"host\": \"", name, "\"", NULL);
	g_autofree char *wide = replaced(text, "\"host\": \"host.example\"", quoted);

	(void)state;
	assert_refused(deep, "this is no JSON: ");
	assert_refused(wide, "host: is longer than");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_keys_and_a_newer_minor_are_ignored),
		cmocka_unit_test(another_major_is_refused_whatever_else_it_has),
		cmocka_unit_test(what_a_plan_makes_anew_is_not_read),
		cmocka_unit_test(a_case_can_be_written_by_hand),
		cmocka_unit_test(whatever_is_wrong_is_named_by_its_path),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(a_text_cut_anywhere_is_refused),
		cmocka_unit_test(a_very_deep_or_long_document_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
