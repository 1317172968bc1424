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
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();

	(void)state;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_tag(world_domain(world, "g1", true), "a", "AAA");
	world_expect(world, history, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	assert_int_equal(world_settle(world, history), 1);
	world_expect(world, history, "", "g1/a attached attached 1-1\n");
}

static void a_replug_detaches_then_attaches_at_the_same_guest_port(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);
	OWN(plan) plan = NULL;
	const struct action *attach;

	(void)state;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->live, "ua-usbr-a", device)->guest_port = g_strdup("0:7");
	world_move(device, 6);
	world_expect(world, history,
		     "-live g1 ua-usbr-a 1:5 (moved)\n+live g1 ua-usbr-a 1:6 @0:7 (moved)\n",
		     "g1/a pending moved 1-1\n");
	plan = planner_plan(world, history);
	attach = g_ptr_array_index(plan->actions, 1);
	assert_true(attach->inherited_port);
	assert_int_equal(attach->after->len, 1);
}

static void a_device_that_is_gone_leaves_no_hostdev(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag(domain, "a", "AAA")->persist = TAG_PERSIST_YES;
	world_hostdev(domain->live, "ua-usbr-a", device);
	world_hostdev(domain->config, "ua-usbr-a", device);
	world_unplug(world, device);
	world_expect(
		world, history,
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
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();

	(void)state;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_tag(world_domain(world, "g1", false), "a", "AAA");
	world_expect(world, history, "", "g1/a inactive domain_off 1-1\n");
}

static void persist_yes_waits_for_the_port_that_libvirt_chooses(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);
	const struct hostdev *config;

	(void)state;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_tag(domain, "a", "AAA")->persist = TAG_PERSIST_YES;
	world_expect(world, history, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	assert_int_equal(world_settle(world, history), 2);
	config = domain_find_hostdev(domain->config, "ua-usbr-a");
	assert_string_equal(config->guest_port, "0:1");
}

static void a_hostdev_whose_tag_is_gone_is_taken_out(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_hostdev(domain->live, "ua-usbr-old", device);
	world_hostdev(domain->config, "ua-usbr-old", device);
	world_expect(world, history,
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
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag(domain, "new", "AAA");
	world_hostdev(domain->live, "ua-usbr-old", device)->guest_port = g_strdup("0:1");
	world_hostdev(domain->config, "ua-usbr-old", device)->guest_port = g_strdup("0:1");
	world_expect(world, history,
		     "-config g1 ua-usbr-old 1:5 (config_stale)\n"
		     "+config g1 ua-usbr-new 1:5 @0:1 (config_stale)\n",
		     "g1/new pending config_stale 1-1\n");
	assert_int_equal(world_settle(world, history), 1);
	world_expect(world, history, "", "g1/new attached adopted 1-1\n");
}

static void death_is_certain_at_the_second_look_only(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);
	OWN(plan) first = NULL;

	(void)state;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->live, "ua-usbr-a", device);
	device->driver = g_strdup("ftdi_sio");
	first = planner_plan(world, history);
	assert_int_equal(plan_wake(first), world->now + 3 * G_USEC_PER_SEC);
	remember_plan(history, first, world);
	world_expect(world, history, "", "g1/a pending maybe_dead 1-1\n");
	world->now += 3 * G_USEC_PER_SEC;
	world_expect(world, history,
		     "-live g1 ua-usbr-a 1:5 (dead)\n+live g1 ua-usbr-a 1:5 (dead)\n",
		     "g1/a pending dead 1-1\n");
	g_clear_pointer(&device->driver, g_free);
	world_expect(world, history, "", "g1/a attached attached 1-1\n");
}

static void what_stays_dead_after_one_replug_is_a_failure(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);
	struct memory *memory;

	(void)state;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->live, "ua-usbr-a", device);
	device->driver = g_strdup("ftdi_sio");
	memory = history_get(history, domain->uuid, "ua-usbr-a");
	memory->replugged = device->incarnation;
	memory->suspect_since = world->now - 3 * G_USEC_PER_SEC;
	world_expect(world, history, "", "g1/a failed not_alive 1-1\n");
	device->incarnation++;
	memory->attached = device->incarnation;
	world_expect(world, history,
		     "-live g1 ua-usbr-a 1:5 (dead)\n+live g1 ua-usbr-a 1:5 (dead)\n",
		     "g1/a pending dead 1-1\n");
}

static void another_enumeration_under_the_same_number_is_dead(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");

	(void)state;
	world_tag(world_domain(world, "g1", true), "a", "AAA");
	world_settle(world, history);
	device->incarnation++;
	world_expect(world, history,
		     "-live g1 ua-usbr-a 1:5 (dead)\n+live g1 ua-usbr-a 1:5 @0:1 (dead)\n",
		     "g1/a pending dead 1-1\n");
	assert_int_equal(world_settle(world, history), 1);
}

static void an_alias_on_another_device_is_never_detached(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_tag(domain, "a", "AAA");
	g_ptr_array_add(domain->other_aliases, g_strdup("ua-usbr-a"));
	g_ptr_array_add(domain->other_aliases, g_strdup("ua-usbr-untagged"));
	world_expect(world, history, "", "g1/a failed alias_taken 1-1\n");
}

static void a_failure_waits_until_the_device_is_enumerated_anew(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	OWN(plan) plan = NULL;
	struct outcome refused = {.kind = OUTCOME_FAILED, .code = 1};
	const struct memory *memory;

	(void)state;
	refused.message = g_strdup("No free USB ports");
	world_tag(world_domain(world, "g1", true), "a", "AAA");
	plan = planner_plan(world, history);
	refused.action = g_ptr_array_index(plan->actions, 0);
	remember_outcome(history, &refused, world->now);
	world_expect(world, history, "", "g1/a failed libvirt_error 1-1\n");
	memory = history_find(history, "uuid-g1", "ua-usbr-a");
	assert_in_range(memory->sides[SIDE_LIVE].next_try - world->now, 750000, 1000000);
	world->now = memory->sides[SIDE_LIVE].next_try;
	world_expect(world, history, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	for (unsigned int i = 0; i < 20; i++)
		remember_outcome(history, &refused, world->now);
	assert_in_range(memory->sides[SIDE_LIVE].next_try - world->now, 45000000, 60000000);
	world_move(device, 6);
	world_expect(world, history, "+live g1 ua-usbr-a 1:6 (not_attached)\n",
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
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", false);

	(void)state;
	domain->saved = true;
	world_tag(domain, "a", "AAA");
	g_clear_pointer(&world_hostdev(domain->image, "ua-usbr-a", device)->startup_policy, g_free);
	world_move(device, 6);
	world_expect(world, history, "~image g1 ua-usbr-a 1:5 (image_stale)\n",
		     "g1/a pending image_stale 1-1\n");
	assert_int_equal(world_settle(world, history), 1);
	/* Another guest has it. */
	world_tag(world_domain(world, "g2", true), "b", "AAA");
	world_settle(world, history);
	assert_false(hostdev_at(g_ptr_array_index(domain->image, 0), 1, 6));
	world_expect(world, history, "", "g1/a inactive domain_off\ng2/b attached attached 1-1\n");
	g_ptr_array_remove_index(world->domains, 1);
	world_settle(world, history);
	world_unplug(world, device);
	world_expect(world, history, "~image g1 ua-usbr-a 1:6 (image_stale)\n",
		     "g1/a pending image_stale\n");
	assert_int_equal(world_settle(world, history), 1);
}

static void a_config_detach_that_would_hit_another_entry_is_refused(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", false);

	(void)state;
	world_tag(domain, "a", "AAA")->persist = TAG_PERSIST_NO;
	world_hostdev(domain->config, NULL, device)->id.product = 0x9999;
	world_hostdev(domain->config, "ua-usbr-a", device);
	world_expect(world, history, "", "g1/a failed foreign_hostdev 1-1\n");
}

static void a_host_that_goes_down_leaves_no_address_behind(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);
	OWN(plan) plan = NULL;
	g_autofree char *actions = NULL;

	(void)state;
	world_tag(domain, "yes", "AAA")->persist = TAG_PERSIST_YES;
	world_tag(domain, "keep", "BBB");
	world_hostdev(domain->live, "ua-usbr-yes", device);
	world_hostdev(domain->config, "ua-usbr-yes", device);
	world_hostdev(domain->config, "ua-usbr-keep", device)->dev = 9;
	world->leaving = true;
	plan = planner_plan(world, history);
	actions = world_actions(plan);
	assert_string_equal(actions, "-config g1 ua-usbr-yes 1:5 (host_stopping)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_that_is_there_is_attached),
		cmocka_unit_test(a_replug_detaches_then_attaches_at_the_same_guest_port),
		cmocka_unit_test(a_device_that_is_gone_leaves_no_hostdev),
		cmocka_unit_test(a_stale_config_address_that_is_now_the_twins_is_rewritten),
		cmocka_unit_test(persist_absent_adds_nothing_to_the_config),
		cmocka_unit_test(persist_yes_waits_for_the_port_that_libvirt_chooses),
		cmocka_unit_test(a_hostdev_whose_tag_is_gone_is_taken_out),
		cmocka_unit_test(a_hostdev_stays_while_the_metadata_is_broken),
		cmocka_unit_test(a_renamed_tag_unplugs_nothing),
		cmocka_unit_test(death_is_certain_at_the_second_look_only),
		cmocka_unit_test(what_stays_dead_after_one_replug_is_a_failure),
		cmocka_unit_test(another_enumeration_under_the_same_number_is_dead),
		cmocka_unit_test(an_alias_on_another_device_is_never_detached),
		cmocka_unit_test(a_failure_waits_until_the_device_is_enumerated_anew),
		cmocka_unit_test(a_device_of_vendor_0_has_an_address_alone),
		cmocka_unit_test(without_serial_and_port_what_matches_must_be_still),
		cmocka_unit_test(a_saved_image_gets_the_current_address),
		cmocka_unit_test(a_config_detach_that_would_hit_another_entry_is_refused),
		cmocka_unit_test(a_host_that_goes_down_leaves_no_address_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
