/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "world.h"

/* What a plan for the world cautions about: "hostdev_stale g1 -: message", a line each. */
static char *cautions(const struct snapshot *world)
{
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(plan->problems, i);

		assert_int_equal(problem->severity, SEVERITY_WARNING);
		assert_non_null(problem->hint);
		assert_true(problem_is_planned(problem));
		g_string_append_printf(text, "%s %s %s: %s\n", problem_code_name(problem->code),
				       problem->domain, problem->tag ? problem->tag : "-",
				       problem->message);
	}
	return g_string_free(text, FALSE);
}

static void expect(const struct snapshot *world, const char *expected)
{
	g_autofree char *text = cautions(world);

	assert_string_equal(text, expected);
}

static void a_hostdev_of_others_that_is_right_is_no_ones_business(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_hostdev(domain->live, "ua-mine", device);
	world_hostdev(domain->config, NULL, device);
	expect(world, "");
}

static void a_hostdev_of_others_that_points_at_nothing_is_stale(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_hostdev(domain->live, "ua-mine", device);
	world_hostdev(domain->config, NULL, device);
	world_move(device, 6);
	expect(world, "hostdev_stale g1 -: the live hostdev ua-mine (0403:6001 at 001:005) has no "
		      "tag, and nothing is there: the guest has lost its device\n"
		      "hostdev_stale g1 -: the config hostdev without alias (0403:6001 at "
		      "001:005) has no tag, and nothing is there: the next start fails, or gives "
		      "the guest another device\n");
}

static void a_hostdev_of_others_that_points_at_another_device_is_stale(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", false);
	struct hostdev *hostdev = world_hostdev(domain->config, NULL, device);

	(void)state;
	hostdev->id.product = 0x6015;
	expect(world, "hostdev_stale g1 -: the config hostdev without alias (0403:6015 at "
		      "001:005) has no tag, and another device is there: the next start fails, or "
		      "gives the guest another device\n");
	/* Without ids, whatever is there is what it means. */
	hostdev->has_id = false;
	expect(world, "");
}

static void a_placeholder_of_others_is_stale(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_hostdev(domain->live, NULL, device)->missing = true;
	world_unplug(world, device);
	expect(world, "hostdev_stale g1 -: the live hostdev without alias (0403:6001 at 001:005) "
		      "has no tag, and nothing is there: it is a placeholder (missing='yes'), "
		      "which QEMU may fill with any device\n");
}

static void a_hostdev_by_ids_alone_is_never_stale(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct hostdev *hostdev =
		world_hostdev(world_domain(world, "g1", false)->config, NULL, device);

	(void)state;
	hostdev->has_address = false;
	hostdev->bus = hostdev->dev = 0;
	world_unplug(world, device);
	expect(world, "");
}

static void ours_is_not_told_here(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->live, "ua-usbr-a", device);
	world_move(device, 6);
	expect(world, "");
}

/* Two devices of one serial, the guest has the first. */
static struct domain *same_serials(struct snapshot *world, bool running)
{
	struct device *held = world_plug(world, "1-1", 5, 0x0403, 0x6001, "A A");
	struct domain *domain = world_domain(world, "g1", running);

	world_plug(world, "1-2", 6, 0x0403, 0x6001, "A A");
	world_hostdev(running ? domain->live : domain->config, "ua-usbr-a", held);
	return domain;
}

#define WEAK                                                                                       \
	"serial_not_unique g1 a: 2 devices match, and all have the serial A A (at "                \
	"pci-0000:00:14.0-usb-0:1, pci-0000:00:14.0-usb-0:2): once it is unplugged, nothing "      \
	"tells which of them is meant\n"

static void a_serial_that_two_have_is_told_while_it_still_works(void **state)
{
	OWN(snapshot) world = world_new();

	(void)state;
	world_tag(same_serials(world, true), "a", "A A");
	expect(world, WEAK);
}

static void a_serial_that_two_have_is_told_before_the_domain_starts(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = same_serials(world, false);

	(void)state;
	world_tag(domain, "a", "A A");
	expect(world, WEAK);
	g_ptr_array_set_size(domain->config, 0);
	expect(world, WEAK);
}

static void an_ambiguous_tag_has_said_so_itself(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = same_serials(world, true);

	(void)state;
	world_tag(domain, "a", "A A");
	g_ptr_array_set_size(domain->live, 0);
	expect(world, "");
}

static void a_port_makes_a_serial_certain(void **state)
{
	OWN(snapshot) world = world_new();

	(void)state;
	world_tag(same_serials(world, true), "a", "A A")->port = world_port("1-1");
	expect(world, "");
}

static void twins_with_a_tag_by_ids_are_no_matter_of_serials(void **state)
{
	OWN(snapshot) world = world_new();

	(void)state;
	world_tag_id(world_tag(same_serials(world, true), "a", NULL), 0x0403, 0x6001);
	expect(world, "");
}

static void a_group_may_have_many_of_one_serial(void **state)
{
	OWN(snapshot) world = world_new();

	(void)state;
	world_tag(same_serials(world, true), "a", "A A")->group = true;
	expect(world, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hostdev_of_others_that_is_right_is_no_ones_business),
		cmocka_unit_test(a_hostdev_of_others_that_points_at_nothing_is_stale),
		cmocka_unit_test(a_hostdev_of_others_that_points_at_another_device_is_stale),
		cmocka_unit_test(a_placeholder_of_others_is_stale),
		cmocka_unit_test(a_hostdev_by_ids_alone_is_never_stale),
		cmocka_unit_test(ours_is_not_told_here),
		cmocka_unit_test(a_serial_that_two_have_is_told_while_it_still_works),
		cmocka_unit_test(a_serial_that_two_have_is_told_before_the_domain_starts),
		cmocka_unit_test(an_ambiguous_tag_has_said_so_itself),
		cmocka_unit_test(a_port_makes_a_serial_certain),
		cmocka_unit_test(twins_with_a_tag_by_ids_are_no_matter_of_serials),
		cmocka_unit_test(a_group_may_have_many_of_one_serial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
