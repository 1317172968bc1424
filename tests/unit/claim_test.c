/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "world.h"

static void twins_without_serial_or_port_are_ambiguous(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();

	(void)state;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	world_tag_id(world_tag(world_domain(world, "g1", true), "a", NULL), 0x0403, 0x6001);
	world_expect(world, history, "", "g1/a ambiguous several_match\n");
}

static void a_twin_that_a_narrower_tag_owns_is_no_ambiguity(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	world_tag_id(world_tag(domain, "any", NULL), 0x0403, 0x6001);
	world_tag(domain, "a", "AAA");
	world_expect(
		world, history,
		"+live g1 ua-usbr-any 1:6 (not_attached)\n+live g1 ua-usbr-a 1:5 (not_attached)\n",
		"g1/any pending not_attached 1-2\ng1/a pending not_attached 1-1\n");
}

static void the_holder_keeps_a_contested_device(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *first = world_domain(world, "g1", true);
	struct domain *second = world_domain(world, "g2", true);

	(void)state;
	world_tag(first, "a", "AAA");
	world_tag(second, "a", "AAA");
	world_hostdev(second->live, "ua-usbr-a", device);
	world_expect(world, history, "",
		     "g1/a contested owned_by_tag\ng2/a attached attached 1-1\n");
	g_ptr_array_set_size(second->live, 0);
	second->running = false;
	world_expect(world, history, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\ng2/a inactive domain_off\n");
}

static void a_foreign_live_hostdev_outranks_every_tag(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *other = world_domain(world, "other", true);

	(void)state;
	world_tag(world_domain(world, "g1", true), "a", "AAA");
	world_hostdev(other->live, "hostdev0", device);
	world_expect(world, history, "", "g1/a contested owned_by_hostdev\n");
}

static void a_foreign_hostdev_that_means_the_device_is_adopted(void **state)
{
	struct scene *scene = *state;

	world_hostdev(scene->domain->live, "hostdev0", scene->device)->guest_port = g_strdup("0:4");
	scene_expect(scene, "", "g1/a attached adopted 1-1\n");
	world_move(scene->device, 9);
	scene_expect(scene, "-live g1 hostdev0 1:5 (moved)\n+live g1 ua-usbr-a 1:9 @0:4 (moved)\n",
		     "g1/a pending moved 1-1\n");
}

static void a_stale_foreign_hostdev_that_may_be_a_twins_is_left_alone(void **state)
{
	struct scene *scene = *state;

	world_plug(scene->world, "1-2", 6, 0x0403, 0x6001, "BBB");
	world_hostdev(scene->domain->live, "hostdev0", scene->device);
	world_move(scene->device, 9);
	scene_expect(scene, "+live g1 ua-usbr-a 1:9 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
}

static void what_a_broken_domain_holds_is_nobody_elses(void **state)
{
	struct scene *scene = *state;

	scene_untag(scene);
	scene->domain->unreadable = g_strdup("not XML");
	scene->domain->metadata = METADATA_UNREAD;
	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	world_tag(world_domain(scene->world, "g0", true), "a", "AAA");
	scene_expect(scene, "", "g0/a contested owned_by_hostdev\n");
}

static void an_inherited_number_waits_for_the_stale_holder(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *stale = world_domain(world, "z", true);
	OWN(plan) plan = NULL;
	const struct action *attach;

	(void)state;
	world_tag(stale, "gone", "ZZZ");
	world_hostdev(stale->live, "ua-usbr-gone", device);
	world_tag(world_domain(world, "g1", true), "a", "AAA");
	world_expect(
		world, history,
		"-live z ua-usbr-gone 1:5 (device_gone)\n+live g1 ua-usbr-a 1:5 (not_attached)\n",
		"g1/a pending not_attached 1-1\nz/gone missing not_plugged_in\n");
	plan = planner_plan(world, history);
	attach = g_ptr_array_index(plan->actions, 1);
	assert_int_equal(attach->after->len, 1);
	assert_ptr_equal(g_ptr_array_index(attach->after, 0), g_ptr_array_index(plan->actions, 0));
}

static void a_stale_foreign_hostdev_with_the_devices_number_is_in_the_way(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *other = world_domain(world, "other", true);

	(void)state;
	world_hostdev(other->live, "hostdev0", device)->id.product = 0x9999;
	world_tag(world_domain(world, "g1", true), "a", "AAA");
	world_expect(world, history, "", "g1/a failed foreign_hostdev 1-1\n");
}

static void an_exact_serial_wins_over_udevs_spelling(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *blank = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AA BB");

	(void)state;
	g_hash_table_insert(blank->properties, g_strdup("ID_SERIAL_SHORT"), g_strdup("AA_BB"));
	world_tag(world_domain(world, "g1", true), "a", "AA_BB");
	world_expect(world, history, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	world_plug(world, "1-2", 6, 0x0403, 0x6001, "AA_BB");
	world_expect(world, history, "+live g1 ua-usbr-a 1:6 (not_attached)\n",
		     "g1/a pending not_attached 1-2\n");
}

static void a_port_means_its_usb3_companion_too(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct tag *tag = world_tag(world_domain(world, "g1", true), "a", NULL);

	(void)state;
	world_plug(world, "2-3", 5, 0x46f4, 0x0001, "S");
	tag->port = world_port("1-3");
	world_expect(world, history, "+live g1 ua-usbr-a 2:5 (not_attached)\n",
		     "g1/a pending not_attached 2-3\n");
	g_clear_pointer(&tag->port, g_free);
	tag->port_sysname = g_strdup("1-3");
	world_expect(world, history, "+live g1 ua-usbr-a 2:5 (not_attached)\n",
		     "g1/a pending not_attached 2-3\n");
}

static void hubs_are_refused_by_name(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct tag *tag = world_tag(world_domain(world, "g1", true), "a", NULL);

	(void)state;
	world_plug(world, "1-3", 5, 0x0409, 0x55aa, NULL)->hub = true;
	tag->port = world_port("1-3");
	world_expect(world, history, "", "g1/a refused hub\n");
}

static void what_the_host_uses_is_refused_unless_forced(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct tag *tag = world_tag(world_domain(world, "g1", true), "a", "AAA");
	struct device *device = world_plug(world, "1-1", 5, 0x46f4, 0x0001, "AAA");

	(void)state;
	device->in_use = g_strdup("/dev/sda1 is mounted on /mnt");
	world_expect(world, history, "", "g1/a refused in_use_by_host 1-1\n");
	tag->force = true;
	world_expect(world, history, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	device->authorized = false;
	world_expect(world, history, "", "g1/a refused unauthorized 1-1\n");
}

static void a_group_takes_what_hangs_below_its_port_up_to_its_limit(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct tag *tag = world_tag(domain, "front", NULL);
	struct device *first;

	(void)state;
	tag->group = true;
	tag->port = world_port("1-3");
	tag->limit = 2;
	world_expect(world, history, "", "g1/front missing empty_group\n");
	world_plug(world, "1-3", 4, 0x0409, 0x55aa, NULL)->hub = true;
	first = world_plug(world, "1-3.1", 5, 0x0403, 0x6001, "AAA");
	world_plug(world, "1-3.2", 6, 0x0403, 0x6001, "BBB");
	world_plug(world, "1-3.3", 7, 0x0403, 0x6001, "CCC");
	world_plug(world, "1-31", 8, 0x0403, 0x6001, "DDD");
	assert_int_equal(world_settle(world, history), 1);
	world_expect(world, history, "", "g1/front attached attached 1-3.1 1-3.2\n");
	world_unplug(world, first);
	world_expect(world, history,
		     "-live g1 ua-usbr-front--pci-0000-00-14-0-usb-0-3-1 1:5 (device_gone)\n"
		     "+live g1 ua-usbr-front--pci-0000-00-14-0-usb-0-3-3 1:7 (not_attached)\n",
		     "g1/front pending not_attached 1-3.2 1-3.3\n");
}

static void disabled_and_invalid_tags_claim_nothing(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);
	struct tag *off = world_tag(domain, "off", "AAA");
	struct tag *bad = world_tag(domain, "bad", "AAA");

	(void)state;
	off->enabled = false;
	bad->complaint = g_strdup("unknown attribute");
	domain->metadata = METADATA_INVALID;
	world_hostdev(domain->live, "ua-usbr-off", device);
	world_expect(world, history, "-live g1 ua-usbr-off 1:5 (disabled)\n",
		     "g1/off disabled disabled\ng1/bad invalid invalid_entry\n");
}

static void of_two_that_have_nothing_the_first_by_name_has_it(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();

	(void)state;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_tag(world_domain(world, "g2", true), "a", "AAA");
	world_tag(world_domain(world, "g1", true), "b", "AAA");
	world_tag(g_ptr_array_index(world->domains, 0), "a", "AAA");
	world_expect(world, history, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/b contested owned_by_tag\ng1/a pending not_attached 1-1\n"
		     "g2/a contested owned_by_tag\n");
}

static void a_holder_is_found_behind_other_hostdevs(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct device *other = world_plug(world, "1-2", 6, 0x046d, 0xc52b, NULL);
	struct domain *domain = world_domain(world, "g2", true);

	(void)state;
	world_tag(world_domain(world, "g1", true), "a", "AAA");
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->live, "ua-mine", other);
	world_hostdev(domain->live, "ua-usbr-a", device);
	world_expect(world, history, "",
		     "g1/a contested owned_by_tag\ng2/a attached attached 1-1\n");
}

static void a_foreign_hostdev_is_found_behind_others(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *mine = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct device *theirs = world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	/* The first of all domains, with a tag that has nothing to do with it. */
	struct domain *other = world_domain(world, "aaa", true);

	(void)state;
	world_hostdev(other->live, "ua-stale", mine)->dev = 99;
	world_tag(other, "a", "AAA");
	world_hostdev(other->live, "ua-usbr-a", mine);
	world_hostdev(other->live, "ua-mine", theirs);
	world_tag(world_domain(world, "g1", true), "b", "BBB");
	world_expect(world, history, "",
		     "aaa/a attached attached 1-1\ng1/b contested owned_by_hostdev\n");
}

static void what_an_invalid_tag_holds_is_nobody_elses(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g2", true);

	(void)state;
	world_tag(domain, "a", "AAA")->complaint = g_strdup("bad");
	domain->metadata = METADATA_INVALID;
	world_hostdev(domain->live, "ua-usbr-a", device);
	world_tag(world_domain(world, "g1", true), "a", "AAA");
	world_expect(world, history, "",
		     "g1/a contested owned_by_hostdev\ng2/a invalid invalid_entry\n");
}

static void a_tag_that_has_its_own_adopts_no_second(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *own = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct device *second = world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag_id(world_tag(domain, "a", NULL), 0x0403, 0x6001);
	world_hostdev(domain->live, "ua-usbr-a", own);
	world_hostdev(domain->live, "ua-mine", second);
	world_tag(world_domain(world, "g2", true), "b", "BBB");
	world_expect(world, history, "",
		     "g1/a attached attached 1-1\ng2/b contested owned_by_hostdev\n");
}

static void of_two_to_adopt_none_is_taken(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_hostdev(domain->live, "ua-one", world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA"));
	world_hostdev(domain->live, "ua-two", world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB"));
	world_tag_id(world_tag(domain, "a", NULL), 0x0403, 0x6001);
	world_expect(world, history, "", "g1/a contested owned_by_hostdev\n");
}

static void a_stale_foreign_hostdev_is_adopted_by_ids_when_its_number_is_anothers(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);
	struct hostdev *hostdev = world_hostdev(domain->live, "hostdev0", device);

	(void)state;
	world_tag(domain, "b", "BBB");
	world_hostdev(domain->live, "ua-usbr-b", world_plug(world, "1-2", 6, 1, 2, "BBB"));
	world_tag(domain, "a", "AAA");
	world_move(device, 9);
	world_plug(world, "1-4", 5, 0x046d, 0xc52b, NULL);
	world_expect(world, history,
		     "-live g1 hostdev0 1:5 (moved)\n+live g1 ua-usbr-a 1:9 (moved)\n",
		     "g1/b attached attached 1-2\ng1/a pending moved 1-1\n");
	hostdev->missing = true;
	/* A placeholder means nothing, and is not ours to take out. */
	world_expect(world, history, "+live g1 ua-usbr-a 1:9 (not_attached)\n",
		     "g1/b attached attached 1-2\ng1/a pending not_attached 1-1\n");
}

static void an_adopted_hostdev_is_found_behind_those_of_other_tags(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *other = world_plug(world, "1-2", 6, 1, 2, "BBB");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag(domain, "b", "BBB");
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->live, "ua-usbr-b", other);
	world_hostdev(domain->live, "hostdev1", world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA"));
	world_expect(world, history, "", "g1/b attached attached 1-2\ng1/a attached adopted 1-1\n");
}

static void nameless_entries_do_not_stop_the_others(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	domain->metadata = METADATA_INVALID;
	for (int i = 0; i < 3; i++)
		world_tag(domain, NULL, "AAA")->complaint = g_strdup("it has no name");
	world_tag(domain, "a", "AAA");
	world_expect(world, history, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/- invalid invalid_entry\ng1/- invalid invalid_entry\n"
		     "g1/- invalid invalid_entry\ng1/a pending not_attached 1-1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twins_without_serial_or_port_are_ambiguous),
		cmocka_unit_test(a_twin_that_a_narrower_tag_owns_is_no_ambiguity),
		cmocka_unit_test(the_holder_keeps_a_contested_device),
		cmocka_unit_test(a_foreign_live_hostdev_outranks_every_tag),
		SCENE_TEST(a_foreign_hostdev_that_means_the_device_is_adopted),
		SCENE_TEST(a_stale_foreign_hostdev_that_may_be_a_twins_is_left_alone),
		SCENE_TEST(what_a_broken_domain_holds_is_nobody_elses),
		cmocka_unit_test(an_inherited_number_waits_for_the_stale_holder),
		cmocka_unit_test(a_stale_foreign_hostdev_with_the_devices_number_is_in_the_way),
		cmocka_unit_test(an_exact_serial_wins_over_udevs_spelling),
		cmocka_unit_test(a_port_means_its_usb3_companion_too),
		cmocka_unit_test(hubs_are_refused_by_name),
		cmocka_unit_test(what_the_host_uses_is_refused_unless_forced),
		cmocka_unit_test(a_group_takes_what_hangs_below_its_port_up_to_its_limit),
		cmocka_unit_test(disabled_and_invalid_tags_claim_nothing),
		cmocka_unit_test(of_two_that_have_nothing_the_first_by_name_has_it),
		cmocka_unit_test(a_holder_is_found_behind_other_hostdevs),
		cmocka_unit_test(a_foreign_hostdev_is_found_behind_others),
		cmocka_unit_test(what_an_invalid_tag_holds_is_nobody_elses),
		cmocka_unit_test(a_tag_that_has_its_own_adopts_no_second),
		cmocka_unit_test(of_two_to_adopt_none_is_taken),
		cmocka_unit_test(
			a_stale_foreign_hostdev_is_adopted_by_ids_when_its_number_is_anothers),
		cmocka_unit_test(an_adopted_hostdev_is_found_behind_those_of_other_tags),
		cmocka_unit_test(nameless_entries_do_not_stop_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
