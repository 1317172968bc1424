/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "json_world.h"
#include "state/json.h"

static void a_world_comes_back_unchanged(void **state)
{
	g_autofree char *text = json_world_new_text();
	g_autofree char *again = NULL;
	OWN(snapshot) snapshot = NULL;
	OWN(history) history = NULL;

	(void)state;
	json_world_read(text, &snapshot, &history);
	again = json_world_write(snapshot, history);
	assert_string_equal(again, text);
}

/* The keys are a promise to scripts. REGENERATE=1 in the environment rewrites the file, for review.
 */
static void the_document_has_the_keys_it_always_had(void **state)
{
	static const char path[] = TEST_DATA "/fuzz/json/world.json";
	static const char version[] = "\"version\": \"" USBRECONCILE_VERSION "\"";
	g_autofree char *text = json_world_new_text();
	char *at = strstr(text, version);
	g_autofree char *expected = NULL;
	g_autofree char *actual = NULL;

	(void)state;
	assert_non_null(at);
	*at = '\0';
	actual = g_strconcat(text, "\"version\": \"0\"", at + strlen(version), NULL);
	if (g_getenv("REGENERATE"))
		assert_true(g_file_set_contents(path, actual, -1, NULL));
	assert_true(g_file_get_contents(path, &expected, NULL, NULL));
	assert_string_equal(actual, expected);
}

/* jansson leaves DEL as it is, which a terminal may act on. */
static void no_byte_of_a_document_is_more_than_text(void **state)
{
	OWN(snapshot) world = json_world_new();
	OWN(history) history = history_new();
	struct device *device = g_ptr_array_index(world->devices, 0);
	g_autofree char *text = NULL;
	OWN(snapshot) again = NULL;
	OWN(history) memory = NULL;

	(void)state;
	g_free(device->untrusted_serial);
	device->untrusted_serial = g_strdup("a\x7f\x1b[2Jb");
	text = json_world_write(world, history);
	assert_null(strchr(text, 0x7f));
	assert_null(strchr(text, 0x1b));
	json_world_read(text, &again, &memory);
	device = g_ptr_array_index(again->devices, 0);
	assert_string_equal(device->untrusted_serial, "a\x7f\x1b[2Jb");
}

static void the_values_are_what_they_were_not_only_their_text(void **state)
{
	g_autofree char *text = json_world_new_text();
	OWN(snapshot) snapshot = NULL;
	OWN(history) history = NULL;
	OWN(snapshot) old = json_world_new();
	const struct device *device, *old_device;
	const struct change *change;
	const struct domain *domain, *old_domain;
	const struct tag *tag, *old_tag;
	const struct memory *memory;

	(void)state;
	json_world_read(text, &snapshot, &history);
	assert_int_equal(snapshot->now, old->now);
	assert_int_equal(snapshot->changes->len, 1);
	assert_int_equal(changes_last(snapshot->changes), changes_last(old->changes));
	change = g_ptr_array_index(snapshot->changes, 0);
	assert_true(device_same(change->device, g_ptr_array_index(old->devices, 0)));
	assert_int_equal(snapshot->time, old->time);
	device = snapshot_device_at(snapshot, 2, 5);
	old_device = snapshot_device_at(old, 2, 5);
	assert_string_equal(device->untrusted_serial, old_device->untrusted_serial);
	assert_string_equal(device->untrusted_product, old_device->untrusted_product);
	assert_string_equal(device_property(device, "ID_MODEL"), "x\xfe");
	assert_string_equal(device_property(device, "ID_MODEL_hex"), "not a twin");
	assert_int_equal(g_hash_table_size(device->properties), 5);
	assert_int_equal(device->incarnation, 123456789);
	domain = snapshot_find_domain(snapshot, "vm1");
	old_domain = snapshot_find_domain(old, "vm1");
	tag = g_ptr_array_index(domain->tags, 0);
	old_tag = g_ptr_array_index(old_domain->tags, 0);
	assert_string_equal(tag->serial, old_tag->serial);
	assert_int_equal(tag->ids->len, 2);
	assert_int_equal(g_array_index(tag->ids, struct usb_id, 1).product, 0x9302);
	assert_int_equal(tag->guest_reset, GUEST_RESET_UNINITIALIZED);
	assert_int_equal(tag->persist, TAG_PERSIST_YES);
	memory = history_find(history, domain->uuid, "ua-usbr-coral");
	assert_int_equal(memory->sides[SIDE_LIVE].next_try, 86401000001);
	assert_int_equal(memory->suspect_since, 1);
	assert_int_equal(memory->releasing_since, 86400000002);
	assert_int_equal(memory->migrating_until, 86400000003);
	assert_int_equal(memory->adopted_bus, 2);
	assert_int_equal(memory->adopted_dev, 9);
	assert_true(memory->replugged == G_MAXINT64);
	assert_non_null(history_find(history, domain->uuid, "ua-usbr-front--a b"));
}

/* Format 1.0 had one setback for all sides. */
static void an_older_documents_failure_finds_its_side(void **state)
{
	static const char form[] = "{\"format_version\": {\"major\": 1, \"minor\": 0}, "
				   "\"now\": 1.0, \"devices\": [], \"domains\": [], "
				   "\"history\": [{\"uuid\": \"u\", \"alias\": \"a\", "
				   "\"failures\": 2, \"next_try\": 5.0, "
				   "\"error_code\": 67, \"failed\": 7, \"attached\": %d}]}";
	static const unsigned int attached[] = {7, 6};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(attached); i++) {
		g_autofree char *text = g_strdup_printf(form, attached[i]);
		OWN(snapshot) snapshot = NULL;
		OWN(history) history = NULL;
		const struct memory *memory;

		json_world_read(text, &snapshot, &history);
		memory = history_find(history, "u", "a");
		assert_int_equal(memory->sides[SIDE_CONFIG].failures, i == 0 ? 2 : 0);
		assert_int_equal(memory->sides[SIDE_LIVE].failures, i == 0 ? 0 : 2);
		assert_int_equal(memory->config_owed, i == 0);
	}
}

static void what_follows_from_it_is_written_but_not_read(void **state)
{
	g_autofree char *bare = json_world_new_text();
	g_autofree char *full = NULL;
	g_autofree char *again = NULL;
	OWN(snapshot) snapshot = json_world_new();
	OWN(history) history = json_world_new_history();
	OWN(plan) plan = json_world_new_plan(snapshot, history);
	OWN(snapshot) read_snapshot = NULL;
	OWN(history) read_history = NULL;

	(void)state;
	full = json_write_status(snapshot, plan, history);
	assert_string_not_equal(full, bare);
	json_world_read(full, &read_snapshot, &read_history);
	again = json_world_write(read_snapshot, read_history);
	assert_string_equal(again, bare);
}

static void the_document_is_the_same_each_time(void **state)
{
	g_autofree char *first = json_world_new_text();
	OWN(snapshot) snapshot = json_world_new();
	OWN(history) history = history_new();
	OWN(history) other = json_world_new_history();
	GHashTableIter iter;
	gpointer key, value;
	g_autofree char *text = NULL;

	(void)state;
	/* The tables are filled in another order, and are of another size. */
	for (int i = 0; i < 1000; i++) {
		g_autofree char *alias = g_strdup_printf("%d", i);

		history_get(history, "z", alias);
	}
	g_hash_table_remove_all(history->domains);
	g_hash_table_iter_init(&iter, other->domains);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		g_hash_table_iter_steal(&iter);
		g_hash_table_insert(history->domains, key, value);
	}
	text = json_world_write(snapshot, history);
	assert_string_equal(text, first);
}

static void microseconds_survive_as_seconds(void **state)
{
	uint64_t usec[2000] = {1,         999999,      1000000,         1000001,
			       123456789, 86399999999, 100000000000001, 999999999999999};
	uint64_t seed = 7;

	(void)state;
	for (size_t i = 8; i < G_N_ELEMENTS(usec); i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		usec[i] = (seed >> 8) % (i % 2 ? 1000000000000000u : 10000000000u);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(usec); i++) {
		OWN(snapshot) snapshot = snapshot_new();
		OWN(history) history = history_new();
		OWN(snapshot) read_snapshot = NULL;
		OWN(history) read_history = NULL;
		OWN(device) device = device_new();
		g_autofree char *text = NULL;

		device->sysname = g_strdup("1-1");
		snapshot->now = usec[i];
		changes_add(snapshot->changes, device, usec[G_N_ELEMENTS(usec) - 1 - i]);
		text = json_world_write(snapshot, history);
		json_world_read(text, &read_snapshot, &read_history);
		assert_true(read_snapshot->now == snapshot->now);
		assert_true(changes_last(read_snapshot->changes) ==
			    changes_last(snapshot->changes));
	}
}

static void every_byte_of_a_serial_comes_back(void **state)
{
	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		const char serial[] = {'a', (char)byte, '\0'};
		OWN(snapshot) snapshot = json_world_new();
		OWN(history) history = history_new();
		OWN(snapshot) read_snapshot = NULL;
		OWN(history) read_history = NULL;
		struct device *device = g_ptr_array_index(snapshot->devices, 0);
		const struct device *read_device;
		g_autofree char *text = NULL;

		g_free(device->untrusted_serial);
		device->untrusted_serial = g_strdup(serial);
		text = json_world_write(snapshot, history);
		json_world_read(text, &read_snapshot, &read_history);
		read_device = g_ptr_array_index(read_snapshot->devices, 0);
		assert_string_equal(read_device->untrusted_serial, serial);
	}
}

static void hostile_strings_are_ascii_and_one_value(void **state)
{
	g_autofree char *text = json_world_new_text();
	json_error_t error;
	json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	const json_t *device;

	(void)state;
	for (const char *c = text; *c; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
	assert_non_null(document);
	/* The stick has a port, so it comes before the hub. */
	device = json_array_get(json_object_get(document, "devices"), 0);
	assert_string_equal(json_string_value(json_object_get(device, "serial")),
			    "A1\\x1b[2J\"\\<&>\\xff");
	assert_string_equal(json_string_value(json_object_get(device, "serial_hex")),
			    "41311b5b324a225c3c263eff");
	assert_string_equal(json_string_value(json_object_get(device, "manufacturer")), "Gerät");
	assert_null(json_object_get(device, "manufacturer_hex"));
	assert_null(json_object_get(device, "product_hex"));
	json_decref(document);
}

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	assert_non_null(document);
	return document;
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void every_document_has_the_envelope(void **state)
{
	OWN(snapshot) snapshot = json_world_new();
	OWN(history) history = json_world_new_history();
	OWN(plan) plan = json_world_new_plan(snapshot, history);
	g_autoptr(GPtrArray) outcomes = g_ptr_array_new();
	g_auto(GStrv) texts = g_new0(char *, 6);

	(void)state;
	texts[0] = json_write_status(snapshot, plan, history);
	texts[1] = json_write_run(snapshot, plan, history, outcomes);
	texts[2] = json_write_devices(snapshot, plan);
	texts[3] = json_write_devices(snapshot, NULL);
	texts[4] = json_write_problems(snapshot);
	for (int i = 0; texts[i]; i++) {
		json_t *document = parse(texts[i]);
		const json_t *version = json_object_get(document, "format_version");
		const json_t *program = json_object_get(document, "program");

		assert_true(g_str_has_suffix(texts[i], "}\n"));
		assert_int_equal(json_integer_value(json_object_get(version, "major")), 1);
		assert_int_equal(json_integer_value(json_object_get(version, "minor")), 1);
		assert_string_equal(text_at(program, "name"), "usbreconcile");
		assert_string_equal(text_at(program, "version"), USBRECONCILE_VERSION);
		assert_string_equal(text_at(document, "time"), "2026-01-01T00:00:00Z");
		assert_string_equal(text_at(document, "host"), "host.example");
		assert_string_equal(text_at(document, "uri"), "qemu:///system");
		/* The last of them is the plan's, in the first three. */
		assert_int_equal(json_array_size(json_object_get(document, "problems")),
				 i < 3 ? 3 : 2);
		json_decref(document);
	}
}

static void status_says_what_became_of_each_tag(void **state)
{
	OWN(snapshot) snapshot = json_world_new();
	OWN(history) history = json_world_new_history();
	OWN(plan) plan = json_world_new_plan(snapshot, history);
	g_autofree char *text = json_write_status(snapshot, plan, history);
	json_t *document = parse(text);
	const json_t *domain = json_array_get(json_object_get(document, "domains"), 1);
	const json_t *tag = json_array_get(json_object_get(domain, "tags"), 0);
	const json_t *member = json_array_get(json_object_get(tag, "members"), 0);
	const json_t *have = json_object_get(member, "have");
	const json_t *address = json_object_get(json_object_get(have, "live"), "address");

	(void)state;
	assert_string_equal(text_at(tag, "verdict"), "contested");
	assert_string_equal(text_at(tag, "reason"), "owned_by_tag");
	assert_string_equal(text_at(tag, "severity"), "warning");
	assert_string_equal(text_at(tag, "sentence"), "vm2 has it");
	assert_string_equal(text_at(member, "device"), "2-3");
	assert_int_equal(json_integer_value(json_object_get(address, "device")), 5);
	assert_true(json_is_null(json_object_get(have, "config")));
	assert_string_equal(text_at(json_object_get(member, "owner"), "tag"), "front");
	assert_int_equal(json_integer_value(json_object_get(member, "failures")), 3);
	assert_true(json_number_value(json_object_get(member, "next_try")) == 86401.000001);
	assert_null(json_object_get(document, "actions"));
	json_decref(document);
}

static void health_is_that_nothing_is_critical(void **state)
{
	OWN(snapshot) snapshot = json_world_new();
	OWN(history) history = json_world_new_history();
	OWN(plan) plan = json_world_new_plan(snapshot, history);
	struct verdict *verdict = g_ptr_array_index(plan->verdicts, 0);
	g_autofree char *ill = json_write_status(snapshot, plan, history);
	g_autofree char *well = NULL;
	g_autofree char *ill_again = NULL;

	(void)state;
	assert_non_null(strstr(ill, "\"healthy\": false"));
	g_ptr_array_set_size(snapshot->problems, 0);
	well = json_write_status(snapshot, plan, history);
	assert_non_null(strstr(well, "\"healthy\": true"));
	assert_non_null(strstr(well, "\"contested\": 1"));
	assert_non_null(strstr(well, "\"attached\": 0"));
	verdict->severity = SEVERITY_CRITICAL;
	ill_again = json_write_status(snapshot, plan, history);
	assert_non_null(strstr(ill_again, "\"healthy\": false"));
	assert_non_null(strstr(ill_again, "\"critical\": 1"));
}

static void run_adds_actions_and_what_became_of_them(void **state)
{
	OWN(snapshot) snapshot = json_world_new();
	OWN(history) history = json_world_new_history();
	OWN(plan) plan = json_world_new_plan(snapshot, history);
	struct outcome outcome = {
		.action = g_ptr_array_index(plan->actions, 1),
		.kind = OUTCOME_FAILED,
		.code = 27,
		.message = (char *)(uintptr_t) "Duplicate USB address bus 0 port 2",
	};
	struct outcome earlier = {.kind = OUTCOME_DONE};
	g_autoptr(GPtrArray) outcomes = g_ptr_array_new();
	g_autofree char *text = NULL;
	json_t *document;
	const json_t *action, *first, *second;

	(void)state;
	g_ptr_array_add(outcomes, &earlier);
	g_ptr_array_add(outcomes, &outcome);
	text = json_write_run(snapshot, plan, history, outcomes);
	document = parse(text);
	action = json_array_get(json_object_get(document, "actions"), 1);
	assert_string_equal(text_at(action, "kind"), "attach_live");
	assert_string_equal(text_at(action, "reason"), "moved");
	assert_string_equal(text_at(action, "domain"), "vm1");
	assert_string_equal(text_at(action, "tag"), "coral");
	assert_string_equal(text_at(action, "device"), "2-3");
	assert_int_equal(json_array_size(json_object_get(action, "after")), 1);
	first = json_array_get(json_object_get(document, "outcomes"), 0);
	second = json_array_get(json_object_get(document, "outcomes"), 1);
	assert_true(json_is_null(json_object_get(first, "action")));
	assert_int_equal(json_integer_value(json_object_get(second, "action")), 1);
	assert_string_equal(text_at(second, "kind"), "failed");
	assert_int_equal(json_integer_value(json_object_get(second, "code")), 27);
	json_decref(document);
}

static void a_run_without_anything_to_do_says_so(void **state)
{
	OWN(snapshot) snapshot = snapshot_new();
	OWN(history) history = history_new();
	OWN(plan) plan = plan_new();
	g_autoptr(GPtrArray) outcomes = g_ptr_array_new();
	g_autofree char *text = json_write_run(snapshot, plan, history, outcomes);

	(void)state;
	assert_non_null(strstr(text, "\"actions\": []"));
	assert_non_null(strstr(text, "\"outcomes\": []"));
}

static void devices_say_who_wants_them(void **state)
{
	OWN(snapshot) snapshot = json_world_new();
	OWN(history) history = json_world_new_history();
	OWN(plan) plan = json_world_new_plan(snapshot, history);
	g_autofree char *text = json_write_devices(snapshot, plan);
	g_autofree char *alone = json_write_devices(snapshot, NULL);
	json_t *document = parse(text);
	const json_t *device = json_array_get(json_object_get(document, "devices"), 0);
	const json_t *tag = json_array_get(json_object_get(device, "tags"), 0);

	(void)state;
	assert_string_equal(text_at(tag, "domain"), "vm1");
	assert_string_equal(text_at(tag, "tag"), "coral");
	assert_int_equal(json_array_size(json_object_get(device, "unmanaged")), 1);
	assert_null(strstr(alone, "\"tags\""));
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_world_comes_back_unchanged),
		cmocka_unit_test(the_document_has_the_keys_it_always_had),
		cmocka_unit_test(no_byte_of_a_document_is_more_than_text),
		cmocka_unit_test(the_values_are_what_they_were_not_only_their_text),
		cmocka_unit_test(an_older_documents_failure_finds_its_side),
		cmocka_unit_test(what_follows_from_it_is_written_but_not_read),
		cmocka_unit_test(the_document_is_the_same_each_time),
		cmocka_unit_test(microseconds_survive_as_seconds),
		cmocka_unit_test(every_byte_of_a_serial_comes_back),
		cmocka_unit_test(hostile_strings_are_ascii_and_one_value),
		cmocka_unit_test(every_document_has_the_envelope),
		cmocka_unit_test(status_says_what_became_of_each_tag),
		cmocka_unit_test(health_is_that_nothing_is_critical),
		cmocka_unit_test(run_adds_actions_and_what_became_of_them),
		cmocka_unit_test(a_run_without_anything_to_do_says_so),
		cmocka_unit_test(devices_say_who_wants_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
