/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/match.h"
#include "world.h"

/* The sysnames of what matches, "1-1 1-2". */
static void expect(const struct snapshot *world, const struct tag *tag, const char *expected)
{
	g_autoptr(GPtrArray) devices = match_devices(tag, world, false);
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < devices->len; i++)
		g_string_append_printf(names, "%s%s", i ? " " : "",
				       ((struct device *)g_ptr_array_index(devices, i))->sysname);
	assert_string_equal(names->str, expected);
}

static void set(struct device *device, const char *property, const char *value)
{
	g_hash_table_insert(device->properties, g_strdup(property), g_strdup(value));
}

static void ask(struct tag *tag, const char *property, const char *glob)
{
	g_ptr_array_add(tag->matches, tag_match_new(property, glob));
}

/* Two sockets, numbered the same on their own buses: what udev calls them is the same. */
static void a_pasted_id_path_counts_where_nothing_else_is_and_is_not_guessed(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(tag) tag = tag_new();
	struct device *usb3 = world_plug(world, "2-2", 5, 0x2560, 0xc124, "X");
	struct device *usb2;

	(void)state;
	g_free(usb3->id_path);
	usb3->id_path = world_port("1-2");
	g_free(usb3->port);
	usb3->port = world_port("1-5");
	tag->port = world_port("1-2");
	expect(world, tag, "2-2");
	usb2 = world_plug(world, "1-2", 6, 0x0bda, 0x5647, NULL);
	expect(world, tag, "1-2 2-2");
	world_tag_id(tag, 0x0bda, 0x5647);
	expect(world, tag, "1-2");
	tag->group = true;
	g_array_set_size(tag->ids, 0);
	expect(world, tag, "1-2");
	world_unplug(world, usb2);
	expect(world, tag, "2-2");
}

static void how_narrowly_a_tag_asks_is_what_it_names(void **state)
{
	OWN(tag) tag = tag_new();

	(void)state;
	ask(tag, "ID_MODEL", "x");
	assert_int_equal(match_specificity(tag), SPECIFICITY_MATCH);
	world_tag_id(tag, 1, 2);
	assert_int_equal(match_specificity(tag), SPECIFICITY_IDS);
	world_tag_id(tag, 1, 3);
	assert_int_equal(match_specificity(tag), SPECIFICITY_IDS);
	tag->port_sysname = g_strdup("1-1");
	assert_int_equal(match_specificity(tag), SPECIFICITY_PORT);
	g_clear_pointer(&tag->port_sysname, g_free);
	tag->port = world_port("1-1");
	assert_int_equal(match_specificity(tag), SPECIFICITY_PORT);
	tag->serial = g_strdup("A");
	assert_int_equal(match_specificity(tag), SPECIFICITY_SERIAL_PORT);
	g_clear_pointer(&tag->port, g_free);
	assert_int_equal(match_specificity(tag), SPECIFICITY_SERIAL);
	tag->group = true;
	assert_int_equal(match_specificity(tag), SPECIFICITY_GROUP);
}

static void what_matches_must_be_still_unless_there_can_be_only_one(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(tag) tag = tag_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "A");
	struct device *stranger = world_plug(world, "1-2", 6, 0x0403, 0x6002, "A");

	(void)state;
	world_tag_id(tag, 0x0403, 0x6001);
	assert_true(match_still_at(tag, world->changes) == 0);
	changes_add(world->changes, device, 500);
	changes_add(world->changes, device, 300);
	changes_add(world->changes, stranger, 900);
	assert_true(match_still_at(tag, world->changes) == 500 + CHANGES_FRESH);
	tag->port = world_port("1-1");
	assert_true(match_still_at(tag, world->changes) == 0);
	g_clear_pointer(&tag->port, g_free);
	tag->port_sysname = g_strdup("1-1");
	assert_true(match_still_at(tag, world->changes) == 0);
	g_clear_pointer(&tag->port_sysname, g_free);
	tag->serial = g_strdup("A");
	assert_true(match_still_at(tag, world->changes) == 0);
}

static void all_properties_must_match(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(tag) tag = tag_new();

	(void)state;
	set(world_plug(world, "1-1", 5, 1, 2, NULL), "ID_MODEL", "Stick 3/0");
	set(world_plug(world, "1-2", 6, 1, 2, NULL), "ID_MODEL", "Stack");
	set(world_plug(world, "1-4", 7, 1, 2, NULL), "ID_VENDOR", "Stick");
	set((struct device *)(uintptr_t)snapshot_device_at(world, 1, 5), "ID_VENDOR", "ACME");
	ask(tag, "ID_MODEL", "St?ck");
	expect(world, tag, "1-2");
	g_ptr_array_set_size(tag->matches, 0);
	/* A glob knows no paths. */
	ask(tag, "ID_MODEL", "St*");
	expect(world, tag, "1-1 1-2");
	ask(tag, "ID_VENDOR", "ACME");
	expect(world, tag, "1-1");
	ask(tag, "ID_REVISION", "*");
	expect(world, tag, "");
}

static void the_first_property_counts_as_the_last(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(tag) tag = tag_new();

	(void)state;
	set(world_plug(world, "1-1", 5, 1, 2, NULL), "ID_VENDOR", "ACME");
	ask(tag, "ID_MODEL", "*");
	ask(tag, "ID_VENDOR", "ACME");
	expect(world, tag, "");
}

static void any_of_the_ids_will_do_and_both_halves_count(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(tag) tag = tag_new();

	(void)state;
	world_plug(world, "1-1", 5, 0x1a6e, 0x089a, NULL);
	world_plug(world, "1-2", 6, 0x18d1, 0x9302, NULL);
	world_plug(world, "1-3", 7, 0x18d1, 0x089a, NULL);
	world_tag_id(tag, 0x1a6e, 0x089a);
	expect(world, tag, "1-1");
	world_tag_id(tag, 0x18d1, 0x9302);
	expect(world, tag, "1-1 1-2");
}

static void a_port_is_one_port_and_a_groups_all_below(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(tag) tag = tag_new();

	(void)state;
	world_plug(world, "1-3", 4, 1, 2, NULL);
	world_plug(world, "1-3.1", 5, 1, 2, NULL);
	world_plug(world, "1-3.1.2", 6, 1, 2, NULL);
	world_plug(world, "1-31", 7, 1, 2, NULL);
	g_clear_pointer(&world_plug(world, "1-4", 8, 1, 2, NULL)->port, g_free);
	tag->port = world_port("1-3");
	expect(world, tag, "1-3");
	tag->group = true;
	expect(world, tag, "1-3 1-3.1 1-3.1.2");
	g_clear_pointer(&tag->port, g_free);
	tag->port_sysname = g_strdup("1-3");
	expect(world, tag, "1-3 1-3.1 1-3.1.2");
	tag->group = false;
	expect(world, tag, "1-3");
}

static void only_one_device_has_an_id_or_none_is_meant(void **state)
{
	OWN(snapshot) world = world_new();
	const struct device *device;

	(void)state;
	world_plug(world, "1-5", 9, 1, 2, NULL)->hub = true;
	assert_null(match_only_with_id(world, (struct usb_id){1, 2}));
	device = world_plug(world, "1-1", 5, 1, 2, NULL);
	world_plug(world, "1-2", 6, 1, 3, NULL);
	world_plug(world, "1-3", 7, 4, 2, NULL);
	assert_ptr_equal(match_only_with_id(world, (struct usb_id){1, 2}), device);
	world_plug(world, "1-4", 8, 1, 2, NULL);
	assert_null(match_only_with_id(world, (struct usb_id){1, 2}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pasted_id_path_counts_where_nothing_else_is_and_is_not_guessed),
		cmocka_unit_test(how_narrowly_a_tag_asks_is_what_it_names),
		cmocka_unit_test(what_matches_must_be_still_unless_there_can_be_only_one),
		cmocka_unit_test(all_properties_must_match),
		cmocka_unit_test(the_first_property_counts_as_the_last),
		cmocka_unit_test(any_of_the_ids_will_do_and_both_halves_count),
		cmocka_unit_test(a_port_is_one_port_and_a_groups_all_below),
		cmocka_unit_test(only_one_device_has_an_id_or_none_is_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
