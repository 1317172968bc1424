/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/reroute.h"
#include "world.h"

/* "0 nowhere a\n1 1:5\n": where each hostdev that is ours leads. */
static char *describe(const struct domain *domain, const GArray *routes)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < routes->len; i++) {
		const struct route *route = &g_array_index(routes, struct route, i);
		const struct hostdev there = {
			.has_address = true, .bus = route->bus, .dev = route->dev};

		if (route->bus < 1000) {
			g_string_append_printf(text, "%u %u:%u\n", route->index, route->bus,
					       route->dev);
			continue;
		}
		g_string_append_printf(text, "%u nowhere", route->index);
		for (guint k = 0; k < domain->tags->len; k++) {
			const struct tag *tag = g_ptr_array_index(domain->tags, k);
			g_autofree char *alias = tag_alias(tag, NULL);

			if (alias && route_is_nowhere(&there, domain->uuid, alias))
				g_string_append_printf(text, " %s", tag->name);
		}
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}

static void expect(const struct snapshot *world, const struct domain *domain, enum reroute_way way,
		   const char *expected)
{
	g_autoptr(GArray) routes = reroute_plan(domain, world->devices, way);
	g_autofree char *got = describe(domain, routes);

	assert_string_equal(got, expected);
}

static void expect_anywhere(const struct snapshot *world, const struct domain *domain,
			    const char *expected)
{
	expect(world, domain, REROUTE_ARRIVING, expected);
	expect(world, domain, REROUTE_RETURNING, expected);
}

static struct hostdev *stale(struct domain *domain, const char *alias, unsigned int dev)
{
	struct hostdev *hostdev = hostdev_new();

	hostdev->alias = g_strdup(alias);
	hostdev->has_address = true;
	hostdev->bus = 1;
	hostdev->dev = dev;
	hostdev->has_id = true;
	hostdev->id = (struct usb_id){0x0403, 0x6001};
	g_ptr_array_add(domain->live, hostdev);
	return hostdev;
}

static void ours_lead_nowhere_each_to_its_own(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag(domain, "a", "AAA");
	world_tag(domain, "b", "BBB")->enabled = false;
	/* The twin that has the number here, and the device itself: neither is named. */
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "BBB");
	world_plug(world, "1-2", 6, 0x0403, 0x6001, "AAA");
	stale(domain, "ua-usbr-a", 5);
	stale(domain, "ua-usbr-b", 7);
	stale(domain, "ua-usbr-gone", 8);
	expect_anywhere(world, domain, "0 nowhere a\n1 nowhere b\n2 nowhere\n");
}

static void no_two_domains_lead_to_the_same(void **state)
{
	unsigned int bus, dev, other_bus, other_dev;

	(void)state;
	route_nowhere("u1", "ua-usbr-a", &bus, &dev);
	route_nowhere("u2", "ua-usbr-a", &other_bus, &other_dev);
	assert_true(bus != other_bus || dev != other_dev);
	route_nowhere("u1", "ua-usbr-a", &other_bus, &other_dev);
	assert_true(bus == other_bus && dev == other_dev);
	assert_in_range(bus, 100000, 999999);
	assert_in_range(dev, 100000000, 999999999);
}

static void an_alias_that_is_there_twice_leads_to_two_places(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);
	g_autoptr(GArray) routes = NULL;

	(void)state;
	world_tag(domain, "a", "AAA");
	stale(domain, "ua-usbr-a", 5);
	stale(domain, "ua-usbr-a", 6);
	routes = reroute_plan(domain, world->devices, REROUTE_ARRIVING);
	assert_int_equal(routes->len, 2);
	assert_int_not_equal(g_array_index(routes, struct route, 0).dev,
			     g_array_index(routes, struct route, 1).dev);
}

static void beside_a_hostdev_that_stays_ours_lead_home(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct device *used;

	(void)state;
	world_tag(domain, "a", "AAA");
	world_tag(domain, "b", "BBB");
	world_tag(domain, "c", "CCC");
	world_plug(world, "1-2", 6, 0x0403, 0x6001, "AAA");
	used = world_plug(world, "1-3", 7, 0x0403, 0x6001, "CCC");
	used->in_use = g_strdup("/dev/sda is mounted");
	stale(domain, "ua-usbr-a", 5);
	stale(domain, "ua-mine", 9);
	stale(domain, "ua-usbr-b", 10);
	stale(domain, "ua-usbr-c", 11);
	expect_anywhere(world, domain, "0 1:6\n2 nowhere b\n3 nowhere c\n");
	/* libvirt reserves an address once. */
	((struct hostdev *)g_ptr_array_index(domain->live, 1))->dev = 6;
	expect(world, domain, REROUTE_ARRIVING, "0 nowhere a\n2 nowhere b\n3 nowhere c\n");
}

static void what_the_metadata_may_name_stays_while_it_is_invalid(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag(domain, "a", "AAA");
	world_tag(domain, "b", "BBB")->complaint = g_strdup("wrong");
	domain->metadata = METADATA_INVALID;
	stale(domain, "ua-usbr-a", 5);
	stale(domain, "ua-usbr-b", 6);
	stale(domain, "ua-usbr-c", 7);
	expect_anywhere(world, domain, "0 nowhere a\n");
}

static void an_adopted_hostdev_is_known_by_its_ids_alone(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct tag *tag = world_tag(domain, "a", "AAA");

	(void)state;
	world_tag_id(tag, 0x0403, 0x6001);
	stale(domain, "hostdev0", 5);
	expect_anywhere(world, domain, "0 nowhere a\n");
	/* A second one that the tag may mean. */
	stale(domain, "hostdev1", 6);
	expect_anywhere(world, domain, "");
}

static void an_adopted_hostdev_that_two_tags_may_mean_stays(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag_id(world_tag(domain, "a", "AAA"), 0x0403, 0x6001);
	stale(domain, NULL, 5);
	expect_anywhere(world, domain, "0 nowhere a\n");
	/* It may be 0403:6001 as well as anything. */
	world_tag(domain, "b", "BBB");
	expect_anywhere(world, domain, "");
}

static void on_its_own_host_an_adopted_hostdev_is_known_by_its_device(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	world_tag(domain, "a", "AAA");
	stale(domain, "hostdev0", 5);
	expect(world, domain, REROUTE_RETURNING, "0 nowhere a\n");
	expect(world, domain, REROUTE_ARRIVING, "");
	/* Somebody's own: its device is there, and it is not the tag's. */
	((struct hostdev *)g_ptr_array_index(domain->live, 0))->dev = 6;
	expect(world, domain, REROUTE_RETURNING, "");
}

static void one_that_was_adopted_is_known_where_it_arrives(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct hostdev *hostdev = stale(domain, "hostdev0", 5);
	g_autofree char *gone = NULL;
	g_autofree char *moved = NULL;

	(void)state;
	world_tag_id(world_tag(domain, "a", "AAA"), 0x0403, 0x6001);
	route_nowhere(domain->uuid, "ua-usbr-a", &hostdev->bus, &hostdev->dev);
	gone = g_strdup_printf("-live g1 hostdev0 %u:%u (device_gone)\n", hostdev->bus,
			       hostdev->dev);
	moved = g_strdup_printf("-live g1 hostdev0 %u:%u (moved)\n"
				"+live g1 ua-usbr-a 1:7 (moved)\n",
				hostdev->bus, hostdev->dev);
	/* No placeholder stays, whether the device is here or not. */
	world_expect(world, history, gone, "g1/a missing not_plugged_in\n");
	world_plug(world, "1-1", 7, 0x0403, 0x6001, "AAA");
	world_plug(world, "1-2", 8, 0x0403, 0x6001, "BBB");
	world_expect(world, history, moved, "g1/a pending moved 1-1\n");
}

static void what_will_not_be_elsewhere_is_said(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autoptr(GArray) routes = NULL;
	const struct problem *problem;

	(void)state;
	world_tag(domain, "a", "AAA")->port = g_strdup("pci-0000:00:04.0-usb-0:1");
	world_tag(domain, "b", "BBB");
	stale(domain, "ua-usbr-a", 5);
	stale(domain, "ua-mine", 9);
	stale(domain, "ua-other", 10)->startup_policy = g_strdup("optional");
	routes = reroute_plan(domain, world->devices, REROUTE_ARRIVING);
	reroute_warnings(domain, routes, problems);
	assert_int_equal(problems->len, 2);
	problem = g_ptr_array_index(problems, 0);
	assert_string_equal(problem->tag, "a");
	assert_non_null(strstr(problem->message, "pci-0000:00:04.0-usb-0:1"));
	problem = g_ptr_array_index(problems, 1);
	assert_non_null(strstr(problem->message, "0403:6001 at 001:009"));
	assert_non_null(problem->hint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours_lead_nowhere_each_to_its_own),
		cmocka_unit_test(no_two_domains_lead_to_the_same),
		cmocka_unit_test(an_alias_that_is_there_twice_leads_to_two_places),
		cmocka_unit_test(beside_a_hostdev_that_stays_ours_lead_home),
		cmocka_unit_test(what_the_metadata_may_name_stays_while_it_is_invalid),
		cmocka_unit_test(an_adopted_hostdev_is_known_by_its_ids_alone),
		cmocka_unit_test(an_adopted_hostdev_that_two_tags_may_mean_stays),
		cmocka_unit_test(on_its_own_host_an_adopted_hostdev_is_known_by_its_device),
		cmocka_unit_test(one_that_was_adopted_is_known_where_it_arrives),
		cmocka_unit_test(what_will_not_be_elsewhere_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
