/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/warnings.h"
#include "reconciler/core/planner.h"
#include "world.h"

/* "hostdev_stale g1 -: message", a line each. */
static char *problem_lines(const struct plan *plan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(plan->problems, i);

		assert_int_equal(problem->severity, SEVERITY_WARNING);
		assert_non_null(problem->hint);
		g_string_append_printf(text, "%s %s %s: %s\n", problem_code_name(problem->code),
				       problem->domain, problem->tag ? problem->tag : "-",
				       problem->message);
	}
	return g_string_free(text, FALSE);
}

/* What a plan for the world warns of. */
static char *warnings(const struct snapshot *world)
{
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);

	for (guint i = 0; i < plan->problems->len; i++)
		assert_true(problem_is_planned(g_ptr_array_index(plan->problems, i)));
	return problem_lines(plan);
}

static void expect(const struct snapshot *world, const char *expected)
{
	g_autofree char *text = warnings(world);

	assert_string_equal(text, expected);
}

static void a_hostdev_of_others_that_is_right_is_no_ones_business(void **state)
{
	struct scene *scene = *state;

	scene_untag(scene);
	world_hostdev(scene->domain->live, "ua-mine", scene->device);
	world_hostdev(scene->domain->config, NULL, scene->device);
	expect(scene->world, "");
}

static void a_hostdev_of_others_that_points_at_nothing_is_stale(void **state)
{
	struct scene *scene = *state;

	scene_untag(scene);
	world_hostdev(scene->domain->live, "ua-mine", scene->device);
	world_hostdev(scene->domain->config, NULL, scene->device);
	world_move(scene->device, 6);
	expect(scene->world,
	       "hostdev_stale g1 -: the live hostdev ua-mine (0403:6001 at 001:005) has no "
	       "tag, and nothing is there: the guest has lost its device\n"
	       "hostdev_stale g1 -: the config hostdev without alias (0403:6001 at "
	       "001:005) has no tag, and nothing is there: the next start fails, or gives "
	       "the guest another device\n");
}

static void a_hostdev_of_others_that_points_at_another_device_is_stale(void **state)
{
	struct scene *scene = *state;
	struct hostdev *hostdev = world_hostdev(scene->domain->config, NULL, scene->device);

	scene->domain->running = false;
	scene_untag(scene);
	hostdev->id.product = 0x6015;
	expect(scene->world,
	       "hostdev_stale g1 -: the config hostdev without alias (0403:6015 at "
	       "001:005) has no tag, and another device is there: the next start fails, or "
	       "gives the guest another device\n");
	/* Without ids, whatever is there is what it means. */
	hostdev->has_id = false;
	expect(scene->world, "");
}

static void a_placeholder_of_others_is_stale(void **state)
{
	struct scene *scene = *state;

	scene_untag(scene);
	world_hostdev(scene->domain->live, NULL, scene->device)->missing = true;
	world_unplug(scene->world, scene->device);
	expect(scene->world,
	       "hostdev_stale g1 -: the live hostdev without alias (0403:6001 at 001:005) "
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
	struct scene *scene = *state;

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	world_move(scene->device, 6);
	expect(scene->world, "");
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

static void a_hook_that_was_not_asked_is_told_until_the_guest_has_left(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct memory *memory;

	(void)state;
	world_tag(domain, "a", "AAA");
	memory = history_get(history, domain->uuid, "ua-usbr-a");
	memory->unasked = true;
	for (int there = 0; there < 2; there++) {
		g_autofree char *text = NULL;
		OWN(plan) plan = NULL;

		memory->hook_there = there;
		plan = planner_plan(world, history);
		text = problem_lines(plan);
		assert_non_null(strstr(text, "hook_not_asked g1 -: it came from another host"));
		assert_non_null(strstr(text, there ? "libvirt does not call it"
						   : "is not enabled on this host"));
	}
	domain->running = false;
	{
		OWN(plan) plan = planner_plan(world, history);

		assert_int_equal(plan->problems->len, 0);
	}
}

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

/* What `validate` would say, as warnings(). */
static void expect_validation(const struct snapshot *world, const char *expected)
{
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);
	GPtrArray *own = plan->problems;
	g_autofree char *text = NULL;

	plan->problems = problem_list_new();
	warnings_of_tags(plan->problems, world, plan);
	text = problem_lines(plan);
	g_ptr_array_unref(own);
	assert_string_equal(text, expected);
}

static void what_a_tag_does_not_find_is_told_while_its_domain_is_off(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", false);

	(void)state;
	domain->guest_ports = 4;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_plug(world, "1-3", 4, 0x0409, 0x55aa, NULL)->hub = true;
	world_tag(domain, "a", "AAA");
	world_tag(domain, "b", "BBB");
	world_tag(domain, "off", "BBB")->enabled = false;
	world_tag(domain, "hub", NULL)->port = world_port("1-3");
	expect_validation(world,
			  "nothing_matches g1 b: no USB device with serial BBB is plugged in\n"
			  "nothing_matches g1 hub: only a hub matches at port "
			  "pci-0000:00:14.0-usb-0:3, and hubs are never passed through: name the "
			  "port of the device behind it\n");
}

static void what_is_too_much_for_a_tag_is_told_while_its_domain_is_off(void **state)
{
	struct scene *scene = *state;
	struct tag *group;

	scene->domain->running = false;
	scene_untag(scene);
	scene->domain->guest_ports = 4;
	world_plug(scene->world, "1-2", 6, 0x0403, 0x6001, "BBB");
	world_tag_id(world_tag(scene->domain, "a", NULL), 0x0403, 0x6001);
	group = world_tag(scene->domain, "g", NULL);
	world_tag_id(group, 0x0403, 0x6001);
	group->group = true;
	group->limit = 1;
	expect_validation(scene->world,
			  "several_match g1 a: 2 devices match 0403:6001 (at "
			  "pci-0000:00:14.0-usb-0:1, pci-0000:00:14.0-usb-0:2): add a serial or a "
			  "port to the tag\n"
			  "several_match g1 g: 2 devices match, and the group takes 1 of them\n");
	group->limit = 2;
	g_ptr_array_remove_index(scene->domain->tags, 0);
	expect_validation(scene->world, "");
}

static void what_the_plan_says_of_a_serial_is_not_said_again(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = same_serials(world, false);

	(void)state;
	domain->guest_ports = 4;
	g_ptr_array_set_size(domain->config, 0);
	world_tag(domain, "a", "A A");
	expect(world, WEAK);
	expect_validation(world, "");
}

static void a_guest_needs_a_port_for_each_tag(void **state)
{
	struct scene *scene = *state;
	struct device *other = world_plug(scene->world, "1-2", 6, 0x0403, 0x6015, "BBB");

	scene->domain->running = false;
	world_hostdev(scene->domain->config, "ua-usbr-a", scene->device);
	world_hostdev(scene->domain->config, NULL, other);
	scene->domain->guest_ports_taken = 2;
	scene->domain->guest_ports = 4;
	expect_validation(scene->world, "");
	scene->domain->guest_ports = 3;
	expect_validation(scene->world,
			  "too_few_ports g1 -: its tags may need 1 USB port; the guest has "
			  "3, and 3 are taken by other devices\n");
	g_ptr_array_set_size(scene->domain->tags, 0);
	expect_validation(scene->world, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_hostdev_of_others_that_is_right_is_no_ones_business),
		SCENE_TEST(a_hostdev_of_others_that_points_at_nothing_is_stale),
		SCENE_TEST(a_hostdev_of_others_that_points_at_another_device_is_stale),
		SCENE_TEST(a_placeholder_of_others_is_stale),
		cmocka_unit_test(a_hostdev_by_ids_alone_is_never_stale),
		SCENE_TEST(ours_is_not_told_here),
		cmocka_unit_test(a_hook_that_was_not_asked_is_told_until_the_guest_has_left),
		cmocka_unit_test(a_serial_that_two_have_is_told_while_it_still_works),
		cmocka_unit_test(a_serial_that_two_have_is_told_before_the_domain_starts),
		cmocka_unit_test(an_ambiguous_tag_has_said_so_itself),
		cmocka_unit_test(a_port_makes_a_serial_certain),
		cmocka_unit_test(twins_with_a_tag_by_ids_are_no_matter_of_serials),
		cmocka_unit_test(a_group_may_have_many_of_one_serial),
		cmocka_unit_test(what_a_tag_does_not_find_is_told_while_its_domain_is_off),
		SCENE_TEST(what_is_too_much_for_a_tag_is_told_while_its_domain_is_off),
		cmocka_unit_test(what_the_plan_says_of_a_serial_is_not_said_again),
		SCENE_TEST(a_guest_needs_a_port_for_each_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
