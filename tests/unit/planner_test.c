/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "world.h"

static void a_device_that_is_there_is_attached(void **state)
{
	struct scene *scene = *state;

	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	assert_int_equal(scene_settle(scene), 1);
	scene_expect(scene, "", "g1/a attached attached 1-1\n");
}

static void a_replug_detaches_then_attaches_at_the_same_guest_port(void **state)
{
	struct scene *scene = *state;
	OWN(plan) plan = NULL;
	const struct action *attach;

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device)->guest_port =
		g_strdup("0:7");
	world_move(scene->device, 6);
	scene_expect(scene, "-live g1 ua-usbr-a 1:5 (moved)\n+live g1 ua-usbr-a 1:6 @0:7 (moved)\n",
		     "g1/a pending moved 1-1\n");
	plan = planner_plan(scene->world, scene->history);
	attach = g_ptr_array_index(plan->actions, 1);
	assert_true(attach->inherited_port);
	assert_int_equal(attach->after->len, 1);
}

static void a_device_that_is_gone_leaves_no_hostdev(void **state)
{
	struct scene *scene = *state;

	scene->tag->persist = TAG_PERSIST_YES;
	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	world_hostdev(scene->domain->config, "ua-usbr-a", scene->device);
	world_unplug(scene->world, scene->device);
	scene_expect(
		scene,
		"-live g1 ua-usbr-a 1:5 (device_gone)\n-config g1 ua-usbr-a 1:5 (device_gone)\n",
		"g1/a missing not_plugged_in\n");
}

static void a_stale_config_address_that_is_now_the_twins_is_rewritten(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *mine = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct device *twin = world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	struct domain *domain = world_domain(world, "g1", false);

	(void)state;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->config, "ua-usbr-a", mine)->guest_port = g_strdup("0:2");
	mine->dev = 6;
	twin->dev = 5;
	world_expect(world, history,
		     "-config g1 ua-usbr-a 1:5 (config_stale)\n"
		     "+config g1 ua-usbr-a 1:6 @0:2 (config_stale)\n",
		     "g1/a pending config_stale 1-1\n");
	assert_int_equal(world_settle(world, history), 1);
	world_expect(world, history, "", "g1/a inactive domain_off 1-1\n");
}

static void persist_absent_adds_nothing_to_the_config(void **state)
{
	struct scene *scene = *state;

	scene->domain->running = false;
	scene_expect(scene, "", "g1/a inactive domain_off 1-1\n");
}

static void persist_yes_waits_for_the_port_that_libvirt_chooses(void **state)
{
	struct scene *scene = *state;
	const struct hostdev *config;

	scene->tag->persist = TAG_PERSIST_YES;
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	assert_int_equal(scene_settle(scene), 2);
	config = domain_find_hostdev(scene->domain->config, "ua-usbr-a");
	assert_string_equal(config->guest_port, "0:1");
}

static void a_hostdev_whose_tag_is_gone_is_taken_out(void **state)
{
	struct scene *scene = *state;

	scene_untag(scene);
	world_hostdev(scene->domain->live, "ua-usbr-old", scene->device);
	world_hostdev(scene->domain->config, "ua-usbr-old", scene->device);
	scene_expect(scene,
		     "-live g1 ua-usbr-old 1:5 (tag_gone)\n-config g1 ua-usbr-old 1:5 (tag_gone)\n",
		     "");
}

static void a_hostdev_stays_while_the_metadata_is_broken(void **state)
{
	static const enum metadata_state broken[] = {METADATA_INVALID, METADATA_UNREAD};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
		OWN(snapshot) world = world_new();
		OWN(history) history = history_new();
		struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
		struct domain *domain = world_domain(world, "g1", true);

		domain->metadata = broken[i];
		world_hostdev(domain->live, "ua-usbr-old", device);
		world_hostdev(domain->config, "ua-usbr-old", device);
		world_expect(world, history, "", "");
	}
}

static void a_renamed_tag_unplugs_nothing(void **state)
{
	struct scene *scene = *state;

	scene_untag(scene);
	world_tag(scene->domain, "new", "AAA");
	world_hostdev(scene->domain->live, "ua-usbr-old", scene->device)->guest_port =
		g_strdup("0:1");
	world_hostdev(scene->domain->config, "ua-usbr-old", scene->device)->guest_port =
		g_strdup("0:1");
	scene_expect(scene,
		     "-config g1 ua-usbr-old 1:5 (config_stale)\n"
		     "+config g1 ua-usbr-new 1:5 @0:1 (config_stale)\n",
		     "g1/new pending config_stale 1-1\n");
	assert_int_equal(scene_settle(scene), 1);
	scene_expect(scene, "", "g1/new attached adopted 1-1\n");
}

static void death_is_certain_at_the_second_look_only(void **state)
{
	struct scene *scene = *state;
	OWN(plan) first = NULL;

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	scene->device->driver = g_strdup("ftdi_sio");
	first = planner_plan(scene->world, scene->history);
	assert_int_equal(plan_wake(first), scene->world->now + 3 * G_USEC_PER_SEC);
	remember_plan(scene->history, first, scene->world);
	scene_expect(scene, "", "g1/a pending maybe_dead 1-1\n");
	scene->world->now += 3 * G_USEC_PER_SEC;
	scene_expect(scene, "-live g1 ua-usbr-a 1:5 (dead)\n+live g1 ua-usbr-a 1:5 (dead)\n",
		     "g1/a pending dead 1-1\n");
	g_clear_pointer(&scene->device->driver, g_free);
	scene_expect(scene, "", "g1/a attached attached 1-1\n");
}

static void what_stays_dead_after_one_replug_is_a_failure(void **state)
{
	struct scene *scene = *state;
	struct memory *memory;

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	scene->device->driver = g_strdup("ftdi_sio");
	memory = history_get(scene->history, scene->domain->uuid, "ua-usbr-a");
	memory->replugged = scene->device->incarnation;
	memory->suspect_since = scene->world->now - 3 * G_USEC_PER_SEC;
	scene_expect(scene, "", "g1/a failed not_alive 1-1\n");
	scene->device->incarnation++;
	memory->attached = scene->device->incarnation;
	scene_expect(scene, "-live g1 ua-usbr-a 1:5 (dead)\n+live g1 ua-usbr-a 1:5 (dead)\n",
		     "g1/a pending dead 1-1\n");
}

static void another_enumeration_under_the_same_number_is_dead(void **state)
{
	struct scene *scene = *state;

	scene_settle(scene);
	scene->device->incarnation++;
	scene_expect(scene, "-live g1 ua-usbr-a 1:5 (dead)\n+live g1 ua-usbr-a 1:5 @0:1 (dead)\n",
		     "g1/a pending dead 1-1\n");
	assert_int_equal(scene_settle(scene), 1);
}

static void an_alias_on_another_device_is_never_detached(void **state)
{
	struct scene *scene = *state;

	g_ptr_array_add(scene->domain->other_aliases, g_strdup("ua-usbr-a"));
	g_ptr_array_add(scene->domain->other_aliases, g_strdup("ua-usbr-untagged"));
	scene_expect(scene, "", "g1/a failed alias_taken 1-1\n");
}

static void a_failure_waits_until_the_device_is_enumerated_anew(void **state)
{
	struct scene *scene = *state;
	OWN(plan) plan = NULL;
	struct outcome refused = {.kind = OUTCOME_FAILED, .code = 1};
	const struct memory *memory;

	refused.message = g_strdup("No free USB ports");
	plan = planner_plan(scene->world, scene->history);
	refused.action = g_ptr_array_index(plan->actions, 0);
	remember_outcome(scene->history, &refused, scene->world->now);
	scene_expect(scene, "", "g1/a failed libvirt_error 1-1\n");
	memory = history_find(scene->history, "uuid-g1", "ua-usbr-a");
	assert_in_range(memory->sides[SIDE_LIVE].next_try - scene->world->now, 750000, 1000000);
	scene->world->now = memory->sides[SIDE_LIVE].next_try;
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	for (unsigned int i = 0; i < 20; i++)
		remember_outcome(scene->history, &refused, scene->world->now);
	assert_in_range(memory->sides[SIDE_LIVE].next_try - scene->world->now, 45000000, 60000000);
	world_move(scene->device, 6);
	scene_expect(scene, "+live g1 ua-usbr-a 1:6 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	g_free(refused.message);
}

static void a_device_of_vendor_0_has_an_address_alone(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0, 0x3825, "AAA");
	struct domain *domain = world_domain(world, "g1", false);
	struct hostdev *config = world_hostdev(domain->config, "ua-usbr-a", device);

	(void)state;
	world_tag(domain, "a", "AAA");
	config->has_id = false;
	world_expect(world, history, "", "g1/a inactive domain_off 1-1\n");
}

static void without_serial_and_port_what_matches_must_be_still(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device;

	(void)state;
	device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_tag_id(world_tag(world_domain(world, "g1", true), "a", NULL), 0x0403, 0x6001);
	changes_add(world->changes, device, world->now - G_USEC_PER_SEC / 2);
	world_expect(world, history, "", "g1/a pending settling 1-1\n");
	world->now += G_USEC_PER_SEC / 2;
	world_expect(world, history, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
}

static void a_saved_image_gets_the_current_address(void **state)
{
	struct scene *scene = *state;

	scene->domain->running = false;
	scene->domain->saved = true;
	g_clear_pointer(
		&world_hostdev(scene->domain->image, "ua-usbr-a", scene->device)->startup_policy,
		g_free);
	world_move(scene->device, 6);
	scene_expect(scene, "~image g1 ua-usbr-a 1:5 (image_stale)\n",
		     "g1/a pending image_stale 1-1\n");
	assert_int_equal(scene_settle(scene), 1);
	/* Another guest has it. */
	world_tag(world_domain(scene->world, "g2", true), "b", "AAA");
	scene_settle(scene);
	assert_false(hostdev_at(g_ptr_array_index(scene->domain->image, 0), 1, 6));
	scene_expect(scene, "", "g1/a inactive domain_off\ng2/b attached attached 1-1\n");
	g_ptr_array_remove_index(scene->world->domains, 1);
	scene_settle(scene);
	world_unplug(scene->world, scene->device);
	scene_expect(scene, "~image g1 ua-usbr-a 1:6 (image_stale)\n",
		     "g1/a pending image_stale\n");
	assert_int_equal(scene_settle(scene), 1);
}

static void a_config_entry_of_others_at_the_devices_address_is_in_the_way(void **state)
{
	struct scene *scene = *state;
	struct hostdev *other = world_hostdev(scene->domain->config, NULL, scene->device);
	struct hostdev *ours;

	scene->domain->running = false;
	scene->tag->persist = TAG_PERSIST_YES;
	other->id.product = 0x9999;
	scene_expect(scene, "", "g1/a failed foreign_hostdev 1-1\n");
	/* A stale one of ours stays, as nothing better can be had. */
	ours = world_hostdev(scene->domain->config, "ua-usbr-a", scene->device);
	ours->dev = 99;
	scene_expect(scene, "", "g1/a failed foreign_hostdev 1-1\n");
	/* What is attached live is another matter. */
	scene->domain->running = true;
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	scene->domain->running = false;
	other->dev = 98;
	scene_expect(scene,
		     "-config g1 ua-usbr-a 1:99 (config_stale)\n"
		     "+config g1 ua-usbr-a 1:5 (config_stale)\n",
		     "g1/a pending config_stale 1-1\n");
}

static void a_config_detach_that_would_hit_another_entry_is_refused(void **state)
{
	struct scene *scene = *state;

	scene->domain->running = false;
	scene->tag->persist = TAG_PERSIST_NO;
	world_hostdev(scene->domain->config, NULL, scene->device)->id.product = 0x9999;
	world_hostdev(scene->domain->config, "ua-usbr-a", scene->device);
	scene_expect(scene, "", "g1/a failed foreign_hostdev 1-1\n");
}

static void a_host_that_goes_down_leaves_no_address_behind(void **state)
{
	struct scene *scene = *state;
	OWN(plan) plan = NULL;
	g_autofree char *actions = NULL;

	scene_untag(scene);
	world_tag(scene->domain, "yes", "AAA")->persist = TAG_PERSIST_YES;
	world_tag(scene->domain, "keep", "BBB");
	world_hostdev(scene->domain->live, "ua-usbr-yes", scene->device);
	world_hostdev(scene->domain->config, "ua-usbr-yes", scene->device);
	world_hostdev(scene->domain->config, "ua-usbr-keep", scene->device)->dev = 9;
	scene->world->leaving = true;
	plan = planner_plan(scene->world, scene->history);
	actions = world_actions(plan);
	assert_string_equal(actions, "-config g1 ua-usbr-yes 1:5 (host_stopping)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(a_device_that_is_there_is_attached),
		SCENE_TEST(a_replug_detaches_then_attaches_at_the_same_guest_port),
		SCENE_TEST(a_device_that_is_gone_leaves_no_hostdev),
		cmocka_unit_test(a_stale_config_address_that_is_now_the_twins_is_rewritten),
		SCENE_TEST(persist_absent_adds_nothing_to_the_config),
		SCENE_TEST(persist_yes_waits_for_the_port_that_libvirt_chooses),
		SCENE_TEST(a_hostdev_whose_tag_is_gone_is_taken_out),
		cmocka_unit_test(a_hostdev_stays_while_the_metadata_is_broken),
		SCENE_TEST(a_renamed_tag_unplugs_nothing),
		SCENE_TEST(death_is_certain_at_the_second_look_only),
		SCENE_TEST(what_stays_dead_after_one_replug_is_a_failure),
		SCENE_TEST(another_enumeration_under_the_same_number_is_dead),
		SCENE_TEST(an_alias_on_another_device_is_never_detached),
		SCENE_TEST(a_failure_waits_until_the_device_is_enumerated_anew),
		cmocka_unit_test(a_device_of_vendor_0_has_an_address_alone),
		cmocka_unit_test(without_serial_and_port_what_matches_must_be_still),
		SCENE_TEST(a_saved_image_gets_the_current_address),
		SCENE_TEST(a_config_entry_of_others_at_the_devices_address_is_in_the_way),
		SCENE_TEST(a_config_detach_that_would_hit_another_entry_is_refused),
		SCENE_TEST(a_host_that_goes_down_leaves_no_address_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
