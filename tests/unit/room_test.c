/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "world.h"

static void a_taken_inherited_port_is_not_asked_for(void **state)
{
	struct scene *scene = *state;
	struct hostdev *squatter;

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device)->guest_port =
		g_strdup("0:1");
	squatter = world_hostdev(scene->domain->live, "hostdev0", scene->device);
	squatter->bus = 9;
	squatter->id.product = 1;
	squatter->guest_port = g_strdup("0:1");
	world_move(scene->device, 6);
	assert_int_equal(scene_settle(scene), 1);
	assert_string_equal(domain_find_hostdev(scene->domain->live, "ua-usbr-a")->guest_port,
			    "0:2");
	/* Nor one that something else than a hostdev has. */
	domain_add_port(scene->domain->live_ports, "0:2", "input");
	world_move(scene->device, 7);
	scene_expect(scene, "-live g1 ua-usbr-a 1:6 (moved)\n+live g1 ua-usbr-a 1:7 (moved)\n",
		     "g1/a pending moved 1-1\n");
}

static void a_refused_inherited_port_is_left_to_libvirt(void **state)
{
	struct scene *scene = *state;
	OWN(plan) plan = NULL;
	struct outcome refused = {.kind = OUTCOME_FAILED, .code = 27};

	world_hostdev(scene->domain->config, "ua-usbr-a", scene->device)->guest_port =
		g_strdup("0:1");
	plan = planner_plan(scene->world, scene->history);
	refused.action = g_ptr_array_index(plan->actions, 0);
	assert_string_equal(refused.action->guest_port, "0:1");
	assert_true(refused.action->inherited_port);
	remember_outcome(scene->history, &refused, scene->world->now);
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
}

static void a_port_that_was_asked_for_and_is_taken_is_a_failure(void **state)
{
	struct scene *scene = *state;

	scene->tag->guest_port = g_strdup("0:3");
	scene->tag->persist = TAG_PERSIST_YES;
	domain_add_port(scene->domain->live_ports, "0:3", "input");
	scene_expect(scene, "+config g1 ua-usbr-a 1:5 @0:3 (config_absent)\n",
		     "g1/a failed guest_port_taken 1-1\n");
	/* Each side for itself. */
	g_ptr_array_set_size(scene->domain->live_ports, 0);
	domain_add_port(scene->domain->config_ports, "0:3", "redirdev");
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 @0:3 (not_attached)\n",
		     "g1/a failed guest_port_taken 1-1\n");
	scene_settle(scene);
	/* What works is not taken out for a port that cannot be had; what is stale is. */
	world_hostdev(scene->domain->config, "ua-usbr-a", scene->device)->guest_port =
		g_strdup("0:1");
	scene_expect(scene, "", "g1/a failed guest_port_taken 1-1\n");
	g_free(domain_find_hostdev(scene->domain->live, "ua-usbr-a")->guest_port);
	((struct hostdev *)g_ptr_array_index(scene->domain->live, 0))->guest_port = g_strdup("0:2");
	domain_add_port(scene->domain->live_ports, "0:3", "input");
	remember_replug(scene->history, scene->domain, "ua-usbr-a");
	scene_expect(scene, "", "g1/a failed guest_port_taken 1-1\n");
	world_move(scene->device, 6);
	scene_expect(scene,
		     "-live g1 ua-usbr-a 1:5 (moved)\n-config g1 ua-usbr-a 1:5 (config_stale)\n",
		     "g1/a failed guest_port_taken 1-1\n");
}

/* What is asked for comes before what is inherited, and that before what libvirt finds. */
static void a_port_is_given_once(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct device *device = world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");

	(void)state;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_plug(world, "1-3", 7, 0x0403, 0x6001, "CCC");
	world_plug(world, "1-4", 8, 0x0403, 0x6001, "DDD");
	world_tag(domain, "a", "AAA");
	world_tag(domain, "b", "BBB");
	world_tag(domain, "c", "CCC")->guest_port = g_strdup("0:1");
	world_tag(domain, "d", "DDD")->guest_port = g_strdup("0:1");
	world_hostdev(domain->config, "ua-usbr-b", device)->guest_port = g_strdup("0:1");
	world_expect(world, history,
		     "+live g1 ua-usbr-c 1:7 @0:1 (not_attached)\n"
		     "+live g1 ua-usbr-a 1:5 (not_attached)\n"
		     "+live g1 ua-usbr-b 1:6 (not_attached)\n",
		     "g1/a pending not_attached 1-1\ng1/b pending not_attached 1-2\n"
		     "g1/c pending not_attached 1-3\ng1/d failed guest_port_taken 1-4\n");
	world_settle(world, history);
	world_expect(world, history, "",
		     "g1/a attached attached 1-1\ng1/b attached attached 1-2\n"
		     "g1/c attached attached 1-3\ng1/d failed guest_port_taken 1-4\n");
}

/* Both sides agreeing is a wish. */
static void another_port_in_the_config_is_no_reason_to_write(void **state)
{
	struct scene *scene = *state;

	scene->tag->persist = TAG_PERSIST_YES;
	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device)->guest_port =
		g_strdup("0:1");
	world_hostdev(scene->domain->config, "ua-usbr-a", scene->device)->guest_port =
		g_strdup("0:2");
	scene_expect(scene, "", "g1/a attached attached 1-1\n");
	scene->tag->guest_port = g_strdup("0:1");
	scene_expect(scene,
		     "-config g1 ua-usbr-a 1:5 (config_stale)\n"
		     "+config g1 ua-usbr-a 1:5 @0:1 (config_stale)\n",
		     "g1/a pending config_stale 1-1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_taken_inherited_port_is_not_asked_for),
		SCENE_TEST(a_refused_inherited_port_is_left_to_libvirt),
		SCENE_TEST(a_port_that_was_asked_for_and_is_taken_is_a_failure),
		cmocka_unit_test(a_port_is_given_once),
		SCENE_TEST(another_port_in_the_config_is_no_reason_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
