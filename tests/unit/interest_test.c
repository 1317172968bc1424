/* SPDX-License-Identifier: MIT */
/* That nobody is left out is also a property of random worlds: worlds_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/interest.h"
#include "world.h"

/* A host whose devices come and go, and domains that ask for them. */
struct stage {
	struct snapshot *world;
	struct interests *interests;
	GPtrArray *before;
	GPtrArray *news;
};

static int set_up(void **state)
{
	struct stage *stage = g_new0(struct stage, 1);

	stage->world = world_new();
	stage->interests = interests_new();
	stage->before = g_ptr_array_new();
	stage->news = g_ptr_array_new();
	*state = stage;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *stage = *state;

	interests_free(stage->interests);
	snapshot_free(stage->world);
	g_ptr_array_unref(stage->before);
	g_ptr_array_unref(stage->news);
	g_free(stage);
	return 0;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct domain *const *)a)->name, (*(struct domain *const *)b)->name);
}

/* NAMES: "g1 g2". What the domains ask for is what they have now. */
static void expect(struct stage *stage, const char *names)
{
	g_autoptr(GPtrArray) found = NULL;
	g_autoptr(GString) said = g_string_new(NULL);

	for (guint i = 0; i < stage->world->domains->len; i++)
		interests_add(stage->interests, g_ptr_array_index(stage->world->domains, i));
	found = interests_concerned(stage->interests, stage->before, stage->world->devices,
				    stage->news);
	g_ptr_array_sort(found, compare_names);
	for (guint i = 0; i < found->len; i++) {
		const struct domain *domain = g_ptr_array_index(found, i);

		g_string_append_printf(said, "%s%s", i > 0 ? " " : "", domain->name);
	}
	assert_string_equal(said->str, names);
	for (guint i = 0; i < stage->world->domains->len; i++)
		interests_remove(stage->interests, g_ptr_array_index(stage->world->domains, i));
}

/* From here on, what is plugged in now is no news. */
static void settle(struct stage *stage)
{
	g_ptr_array_set_size(stage->before, 0);
	g_ptr_array_extend(stage->before, stage->world->devices, NULL, NULL);
}

static struct device *plug(struct stage *stage, const char *sysname, const char *serial)
{
	return world_plug(stage->world, sysname, 5 + stage->world->devices->len, 0x0403, 0x6001,
			  serial);
}

static struct tag *tag(struct stage *stage, const char *name, const char *serial)
{
	return world_tag(world_domain(stage->world, name, true), "t", serial);
}

static void an_event_concerns_only_who_asks(void **state)
{
	struct stage *stage = *state;

	tag(stage, "g1", "AAA");
	tag(stage, "g2", "BBB");
	tag(stage, "g3", "AAA")->enabled = false;
	tag(stage, "g4", "AAA")->complaint = g_strdup("bad");
	expect(stage, "");
	plug(stage, "1-1", "AAA");
	expect(stage, "g1");
	settle(stage);
	expect(stage, "");
}

static void a_device_that_is_gone_concerns_who_asked(void **state)
{
	struct stage *stage = *state;
	OWN(snapshot) other = world_new();

	tag(stage, "g1", "AAA");
	tag(stage, "g2", "BBB");
	g_ptr_array_add(stage->before, world_plug(other, "1-1", 5, 0x0403, 0x6001, "BBB"));
	expect(stage, "g2");
}

static void what_takes_the_place_of_a_device_concerns_both(void **state)
{
	struct stage *stage = *state;
	OWN(snapshot) other = world_new();

	tag(stage, "g1", "AAA");
	tag(stage, "g2", "BBB");
	tag(stage, "g3", "CCC");
	g_ptr_array_add(stage->before, world_plug(other, "1-1", 5, 0x0403, 0x6001, "AAA"));
	plug(stage, "1-1", "BBB");
	expect(stage, "g1 g2");
}

static void who_is_removed_is_not_found_and_the_others_are(void **state)
{
	struct stage *stage = *state;
	OWN(domain) first = domain_new("first", "first");
	OWN(domain) second = domain_new("second", "second");

	world_tag(first, "t", "AAA");
	world_tag(second, "t", "AAA");
	plug(stage, "1-1", "AAA");
	interests_add(stage->interests, first);
	tag(stage, "g1", "AAA");
	expect(stage, "first g1");
	expect(stage, "first g1"); /* although g1 has been removed in between */
	interests_add(stage->interests, second);
	interests_remove(stage->interests, first);
	expect(stage, "g1 second");
	interests_remove(stage->interests, second);
	expect(stage, "g1");
}

static void every_selector_is_found(void **state)
{
	struct stage *stage = *state;
	struct device *device = plug(stage, "2-3.2.1", "AA BB");

	g_hash_table_insert(device->properties, g_strdup("ID_SERIAL_SHORT"), g_strdup("AA_BB"));
	g_hash_table_insert(device->properties, g_strdup("ID_MODEL"), g_strdup("stick"));
	tag(stage, "g0", "AA BB");
	tag(stage, "g1", "AA_BB");
	tag(stage, "g2", NULL)->port = g_strdup(device->port);
	tag(stage, "g3", NULL)->port = g_strdup(device->port_v3);
	tag(stage, "g4", NULL)->port_sysname = g_strdup("2-3.2.1");
	tag(stage, "g5", NULL)->port_sysname = g_strdup("1-3.2.1");
	world_tag_id(tag(stage, "g6", NULL), 0x0403, 0x6001);
	g_ptr_array_add(tag(stage, "g7", NULL)->matches, tag_match_new("ID_MODEL", "st*"));
	world_hostdev(world_domain(stage->world, "g8", true)->live, "hostdev0", device);
	tag(stage, "n0", "AA")->port = g_strdup(device->port);
	tag(stage, "n2", NULL)->port = world_port("1-3.2");
	tag(stage, "n3", NULL)->port_sysname = g_strdup("2-3.2");
	world_tag_id(tag(stage, "n6", NULL), 0x0403, 0x6002);
	g_ptr_array_add(tag(stage, "n7", NULL)->matches, tag_match_new("ID_MODEL", "tab*"));
	expect(stage, "g0 g1 g2 g3 g4 g5 g6 g7 g8");
}

static void a_group_is_found_from_below_its_port(void **state)
{
	struct stage *stage = *state;
	struct tag *group = tag(stage, "g1", NULL);

	group->group = true;
	group->port = world_port("1-3");
	group = tag(stage, "g2", NULL);
	group->group = true;
	group->port_sysname = g_strdup("1-3");
	plug(stage, "1-3.2.1", NULL);
	expect(stage, "g1 g2");
	settle(stage);
	plug(stage, "1-31", NULL);
	expect(stage, "");
}

static void rivals_come_with_their_rivals(void **state)
{
	struct stage *stage = *state;

	tag(stage, "g1", "AAA");
	world_tag(world_domain(stage->world, "g2", true), "a", "AAA");
	world_tag(g_ptr_array_index(stage->world->domains, 1), "b", "BBB");
	tag(stage, "g3", "BBB");
	tag(stage, "g4", "CCC");
	plug(stage, "1-1", "BBB");
	plug(stage, "1-2", "CCC");
	settle(stage);
	plug(stage, "1-3", "AAA");
	expect(stage, "g1 g2 g3");
}

static void what_a_domain_lets_go_of_is_news_to_who_waits(void **state)
{
	struct stage *stage = *state;
	OWN(domain) old = domain_new("g1", "g1");

	world_tag(old, "a", "AAA");
	world_domain(stage->world, "g1", true);
	tag(stage, "g2", "AAA");
	tag(stage, "g3", "BBB");
	plug(stage, "1-1", "AAA");
	settle(stage);
	g_ptr_array_add(stage->news, old);
	g_ptr_array_add(stage->news, (gpointer)(uintptr_t)snapshot_find_domain(stage->world, "g1"));
	expect(stage, "g1 g2");
}

static void who_has_a_device_by_its_ids_hears_of_its_twin(void **state)
{
	struct stage *stage = *state;
	const struct device *device = plug(stage, "1-1", "AAA");
	struct hostdev *by_id =
		world_hostdev(world_domain(stage->world, "g1", true)->config, "ua-mine", device);

	by_id->has_address = false;
	/* One that a tag names is found by its alias. */
	tag(stage, "g2", "AAA");
	world_hostdev(snapshot_find_domain(stage->world, "g2")->config, "ua-usbr-t", device);
	settle(stage);
	plug(stage, "1-2", "BBB");
	expect(stage, "g1");
}

static void all_of_a_device_counts(void **state)
{
	struct stage *stage = *state;
	struct device *device = plug(stage, "1-1", "AAA");
	OWN(snapshot) other = world_new();
	struct device *twin = world_plug(other, "1-1", 5, 0x0403, 0x6001, "AAA");

	tag(stage, "g1", "AAA");
	g_ptr_array_add(stage->before, twin);
	expect(stage, "");
	device->in_use = g_strdup("mounted");
	expect(stage, "g1");
	g_clear_pointer(&device->in_use, g_free);
	device->driver = g_strdup("ftdi_sio");
	expect(stage, "g1");
	g_clear_pointer(&device->driver, g_free);
	device->authorized = false;
	expect(stage, "g1");
	device->authorized = true;
	device->incarnation++;
	expect(stage, "g1");
	device->incarnation--;
	g_hash_table_insert(device->properties, g_strdup("ID_MODEL"), g_strdup("stick"));
	expect(stage, "g1");
	g_hash_table_insert(twin->properties, g_strdup("ID_MODEL"), g_strdup("other"));
	expect(stage, "g1");
	device->hub = true;
	expect(stage, "g1");
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAGED(an_event_concerns_only_who_asks),
		STAGED(a_device_that_is_gone_concerns_who_asked),
		STAGED(what_takes_the_place_of_a_device_concerns_both),
		STAGED(who_is_removed_is_not_found_and_the_others_are),
		STAGED(every_selector_is_found),
		STAGED(a_group_is_found_from_below_its_port),
		STAGED(rivals_come_with_their_rivals),
		STAGED(what_a_domain_lets_go_of_is_news_to_who_waits),
		STAGED(who_has_a_device_by_its_ids_hears_of_its_twin),
		STAGED(all_of_a_device_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
