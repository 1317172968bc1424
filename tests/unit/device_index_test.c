/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reconciler/core/match.h"
#include "world.h"

#define HOSTS 200
#define TAGS  60

static unsigned int pick(GRand *rand, int n)
{
	return (unsigned int)g_rand_int_range(rand, 0, n);
}

static const char *const serials[] = {NULL, "A", "A B", "A_B", "BB", "C"};

/* "1-2", "1-2.3", "2-2.3.1" */
static char *any_sysname(GRand *rand)
{
	GString *name = g_string_new(NULL);

	g_string_printf(name, "%u-%u", 1 + pick(rand, 4), 1 + pick(rand, 12));
	for (unsigned int i = pick(rand, 3); i > 0; i--)
		g_string_append_printf(name, ".%u", 1 + pick(rand, 3));
	return g_string_free(name, FALSE);
}

static void plug(struct snapshot *world, GRand *rand)
{
	g_autofree char *sysname = any_sysname(rand);
	struct device *device;

	for (guint i = 0; i < world->devices->len; i++) {
		device = g_ptr_array_index(world->devices, i);
		if (g_strcmp0(device->sysname, sysname) == 0)
			return;
	}
	device = world_plug(world, sysname, 1 + pick(rand, 5), 0x0403, 0x6000 + pick(rand, 4),
			    serials[pick(rand, 6)]);

	device->hub = pick(rand, 5) == 0;
	if (pick(rand, 2))
		g_hash_table_insert(device->properties, g_strdup("ID_SERIAL_SHORT"),
				    g_strdup(serials[1 + pick(rand, 5)]));
	if (pick(rand, 8) == 0) {
		g_clear_pointer(&device->port, g_free);
		g_clear_pointer(&device->id_path, g_free);
		g_clear_pointer(&device->companion, g_free);
	}
}

static struct tag *any_tag(GRand *rand)
{
	struct tag *tag = tag_new();
	g_autofree char *sysname = any_sysname(rand);

	tag->group = pick(rand, 3) == 0;
	if (pick(rand, 3) == 0)
		tag->serial = g_strdup(serials[1 + pick(rand, 5)]);
	if (pick(rand, 3) == 0)
		tag->port = world_port(sysname);
	else if (pick(rand, 3) == 0)
		tag->port_sysname = g_strdup(sysname);
	for (unsigned int i = pick(rand, 4); i > 0; i--)
		world_tag_id(tag, 0x0403, 0x6000 + pick(rand, 5));
	return tag;
}

static void assert_same_list(GPtrArray *a, GPtrArray *b)
{
	assert_int_equal(a->len, b->len);
	for (guint i = 0; i < a->len; i++)
		assert_ptr_equal(g_ptr_array_index(a, i), g_ptr_array_index(b, i));
	g_ptr_array_unref(a);
	g_ptr_array_unref(b);
}

/* The same questions of both, enough of each kind for every table to be made. */
static void compare(const struct snapshot *plain, const struct snapshot *indexed, GRand *rand)
{
	for (unsigned int i = 0; i < TAGS; i++) {
		OWN(tag) tag = any_tag(rand);
		struct usb_id id = {0x0403, (uint16_t)(0x6000 + pick(rand, 5))};
		unsigned int bus = 1 + pick(rand, 5), dev = 1 + pick(rand, 6);

		assert_same_list(match_devices(tag, plain, false),
				 match_devices(tag, indexed, false));
		assert_same_list(match_devices(tag, plain, true),
				 match_devices(tag, indexed, true));
		assert_ptr_equal(match_only_with_id(plain, id), match_only_with_id(indexed, id));
		assert_ptr_equal(snapshot_device_at(plain, bus, dev),
				 snapshot_device_at(indexed, bus, dev));
	}
}

static void an_index_finds_what_a_look_at_all_devices_finds(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= HOSTS; seed++) {
		GRand *rand = g_rand_new_with_seed(seed);
		OWN(snapshot) world = world_new();
		OWN(device_index) index = NULL;
		struct snapshot indexed;

		for (unsigned int i = pick(rand, 40); i > 0; i--)
			plug(world, rand);
		snapshot_sort(world);
		index = device_index_new(world->devices);
		indexed = *world;
		indexed.index = index;
		compare(world, &indexed, rand);
		g_rand_free(rand);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_index_finds_what_a_look_at_all_devices_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
