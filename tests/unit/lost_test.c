/* SPDX-License-Identifier: MIT */
/* Hostdevs without our alias whose device has left their address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "world.h"

static void look(const struct snapshot *world, struct history *history)
{
	OWN(plan) plan = planner_plan(world, history);

	remember_plan(history, plan, world);
}

static void what_was_seen_is_remembered_when_the_device_is_gone(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct device same = {.bus = device->bus, .dev = device->dev, .id = device->id};
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->live, "hostdev0", device);
	world_hostdev(domain->config, NULL, device);
	look(world, history);
	world_unplug(world, device);
	world_expect(world, history,
		     "-live g1 hostdev0 1:5 (device_gone)\n-config g1 - 1:5 (device_gone)\n",
		     "g1/a missing not_plugged_in\n");
	world_settle(world, history);
	/* Whatever comes to stand there later is not it. */
	look(world, history);
	world_hostdev(domain->config, NULL, &same);
	world_expect(world, history, "", "g1/a missing not_plugged_in\n");
}

static void what_only_memory_knows_is_known_also_of_a_guest_that_is_off(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", false);

	(void)state;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->config, NULL, device);
	world_plug(world, "1-2", 9, 0x0403, 0x6001, "BBB");
	look(world, history);
	world_move(device, 6);
	world_expect(world, history,
		     "-config g1 - 1:5 (config_stale)\n+config g1 ua-usbr-a 1:6 (config_stale)\n",
		     "g1/a pending config_stale 1-1\n");
}

/* g1, which runs, has DEVICE by somebody's hostdev; its group "all" looks at 1-3. */
static struct domain *adopted_member(struct snapshot *world, const struct device *device)
{
	struct domain *domain = world_domain(world, "g1", true);
	struct tag *tag = world_tag(domain, "all", NULL);

	tag->group = true;
	tag->port = world_port("1-3");
	world_hostdev(domain->live, "hostdev0", device);
	return domain;
}

static void a_member_that_was_adopted_leaves_nothing_behind(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-3.1", 5, 0x0403, 0x6001, "AAA");

	(void)state;
	adopted_member(world, device);
	look(world, history);
	world_expect(world, history, "", "g1/all attached adopted 1-3.1\n");
	world_unplug(world, device);
	world_expect(world, history, "-live g1 hostdev0 1:5 (device_gone)\n",
		     "g1/all missing empty_group\n");
}

static void a_member_that_was_adopted_is_replugged_after_a_restore(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-3.1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain;

	(void)state;
	domain = adopted_member(world, device);
	remember_revival(history, domain);
	assert_int_equal(world_settle(world, history), 1);
	assert_null(domain_find_hostdev(domain->live, "hostdev0"));
	assert_int_equal(domain->live->len, 1);
}

/* QEMU has let go of it, and of its twin nobody could tell by the ids. */
static void what_is_adopted_in_the_config_is_found_live_at_once(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->config, NULL, device);
	world_hostdev(domain->live, "ua-mine", device)->missing = true;
	world_expect(world, history,
		     "-live g1 ua-mine 1:5 (placeholder)\n+live g1 ua-usbr-a 1:5 (placeholder)\n",
		     "g1/a pending placeholder 1-1\n");
}

/* Two tags ask for these ids, or two hostdevs have them: nobody can say whose it is. */
static void without_memory_nothing_is_guessed(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);
	struct tag *one = world_tag(domain, "a", "AAA");
	struct tag *other = world_tag(domain, "b", "BBB");
	struct hostdev *second;

	(void)state;
	world_tag_id(one, 0x0403, 0x6001);
	world_tag_id(other, 0x0403, 0x6001);
	world_hostdev(domain->live, "hostdev0", device);
	world_unplug(world, device);
	world_expect(world, history, "",
		     "g1/a missing not_plugged_in\ng1/b missing not_plugged_in\n");
	g_ptr_array_remove(domain->tags, other);
	world_expect(world, history, "-live g1 hostdev0 1:5 (device_gone)\n",
		     "g1/a missing not_plugged_in\n");
	world_plug(world, "1-2", 7, 0x0403, 0x6001, "CCC");
	second = world_hostdev(domain->live, "hostdev1", world->devices->pdata[0]);
	second->dev = 8;
	world_expect(world, history, "", "g1/a missing not_plugged_in\n");
}

static void one_of_other_ids_or_without_any_is_not_meant(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);
	struct hostdev *hostdev = world_hostdev(domain->live, "hostdev0", device);

	(void)state;
	world_unplug(world, device);
	world_tag_id(world_tag(domain, "a", "AAA"), 0x0403, 0x6002);
	world_tag(domain, "b", "AAA");
	world_expect(world, history, "",
		     "g1/a missing not_plugged_in\ng1/b missing not_plugged_in\n");
	hostdev->has_id = false;
	hostdev->id = (struct usb_id){0x0403, 0x6002};
	world_expect(world, history, "",
		     "g1/a missing not_plugged_in\ng1/b missing not_plugged_in\n");
}

/* The tag's own is live; what a twin once had in the config is somebody else's business. */
static void who_has_its_own_has_lost_nothing(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct device *twin = world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag_id(world_tag(domain, "a", "AAA"), 0x0403, 0x6001);
	world_hostdev(domain->live, "ua-usbr-a", device);
	world_hostdev(domain->config, NULL, twin);
	world_move(twin, 7);
	world_expect(world, history, "", "g1/a attached attached 1-1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_seen_is_remembered_when_the_device_is_gone),
		cmocka_unit_test(what_only_memory_knows_is_known_also_of_a_guest_that_is_off),
		cmocka_unit_test(a_member_that_was_adopted_leaves_nothing_behind),
		cmocka_unit_test(a_member_that_was_adopted_is_replugged_after_a_restore),
		cmocka_unit_test(what_is_adopted_in_the_config_is_found_live_at_once),
		cmocka_unit_test(without_memory_nothing_is_guessed),
		cmocka_unit_test(one_of_other_ids_or_without_any_is_not_meant),
		cmocka_unit_test(who_has_its_own_has_lost_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
