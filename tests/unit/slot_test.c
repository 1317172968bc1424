/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/slot.h"
#include "world.h"

/* What a plan's action waits for, "0 2". */
static void expect_after(const struct plan *plan, guint index, const char *expected)
{
	const struct action *action = g_ptr_array_index(plan->actions, index);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < action->after->len; i++) {
		guint number = G_MAXUINT;

		g_ptr_array_find(plan->actions, g_ptr_array_index(action->after, i), &number);
		g_string_append_printf(text, "%s%u", i ? " " : "", number);
	}
	assert_string_equal(text->str, expected);
}

static void each_attach_waits_for_its_own_detach(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	OWN(plan) plan = NULL;
	struct domain *first = world_domain(world, "g1", true);
	struct domain *second = world_domain(world, "g2", true);
	struct device *devices[] = {world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA"),
				    world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB"),
				    world_plug(world, "1-3", 7, 0x0403, 0x6001, "CCC")};

	(void)state;
	world_tag(first, "a", "AAA");
	world_tag(first, "b", "BBB");
	world_tag(second, "a", "CCC");
	world_hostdev(first->live, "ua-usbr-a", devices[0]);
	world_hostdev(first->live, "ua-usbr-b", devices[1]);
	world_hostdev(second->live, "ua-usbr-a", devices[2]);
	for (unsigned int i = 0; i < 3; i++)
		world_move(devices[i], 15 + i);
	plan = planner_plan(world, history);
	assert_int_equal(plan->actions->len, 6);
	expect_after(plan, 3, "0");
	expect_after(plan, 4, "1");
	expect_after(plan, 5, "2");
}

static void a_config_attach_waits_for_its_own_detach_only(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	OWN(plan) plan = NULL;
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *first = world_domain(world, "g1", false);
	struct domain *second = world_domain(world, "g2", false);

	(void)state;
	world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	world_plug(world, "1-3", 7, 0x0403, 0x6001, "CCC");
	world_tag(first, "a", "AAA");
	world_hostdev(first->config, "ua-usbr-a", device);
	world_move(device, 15);
	world_tag(first, "gone", "XXX");
	world_hostdev(first->config, "ua-usbr-gone", device)->dev = 99;
	world_tag(first, "b", "BBB")->persist = TAG_PERSIST_YES;
	world_tag(second, "c", "CCC")->persist = TAG_PERSIST_YES;
	world_expect(world, history,
		     "-config g1 ua-usbr-gone 1:99 (device_gone)\n"
		     "-config g1 ua-usbr-a 1:5 (config_stale)\n"
		     "+config g1 ua-usbr-a 1:15 (config_stale)\n"
		     "+config g1 ua-usbr-b 1:6 (config_absent)\n"
		     "+config g2 ua-usbr-c 1:7 (config_absent)\n",
		     "g1/a pending config_stale 1-1\ng1/gone pending device_gone\n"
		     "g1/b pending config_absent 1-2\ng2/c pending config_absent 1-3\n");
	plan = planner_plan(world, history);
	expect_after(plan, 0, "");
	expect_after(plan, 1, "");
	expect_after(plan, 2, "1");
	expect_after(plan, 3, "");
	expect_after(plan, 4, "");
}

static void a_config_attach_of_another_domain_does_not_wait(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	OWN(plan) plan = NULL;
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *first = world_domain(world, "g1", false);

	(void)state;
	world_hostdev(first->config, "ua-usbr-old", device)->dev = 99;
	world_tag(world_domain(world, "g2", false), "a", "AAA")->persist = TAG_PERSIST_YES;
	plan = planner_plan(world, history);
	assert_int_equal(plan->actions->len, 2);
	expect_after(plan, 0, "");
	expect_after(plan, 1, "");
}

/* The config of a domain that is off, right for its tag. */
static struct hostdev *right_config(struct snapshot *world, struct tag **ret_tag)
{
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", false);

	*ret_tag = world_tag(domain, "a", "AAA");
	return world_hostdev(domain->config, "ua-usbr-a", device);
}

#define REWRITTEN                                                                                  \
	"-config g1 ua-usbr-a 1:5 (config_stale)\n+config g1 ua-usbr-a 1:5 (config_stale)\n"

static void a_config_hostdev_is_right_in_everything_or_rewritten(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct tag *tag;
	struct hostdev *config = right_config(world, &tag);

	(void)state;
	world_expect(world, history, "", "g1/a inactive domain_off 1-1\n");
	config->has_id = false;
	world_expect(world, history, REWRITTEN, "g1/a pending config_stale 1-1\n");
	config->has_id = true;
	tag->guest_reset = GUEST_RESET_OFF;
	world_expect(world, history, REWRITTEN, "g1/a pending config_stale 1-1\n");
	config->guest_reset = GUEST_RESET_OFF;
	world_expect(world, history, "", "g1/a inactive domain_off 1-1\n");
	g_clear_pointer(&config->startup_policy, g_free);
	world_expect(world, history, REWRITTEN, "g1/a pending config_stale 1-1\n");
}

static void a_config_hostdev_by_ids_alone_is_adopted_as_it_is(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct tag *tag;
	struct hostdev *config = right_config(world, &tag);

	(void)state;
	tag->persist = TAG_PERSIST_YES;
	config->has_address = false;
	config->bus = config->dev = 0;
	g_clear_pointer(&config->alias, g_free);
	world_expect(world, history, "", "g1/a inactive domain_off 1-1\n");
	/* With our alias it is ours, and ours has an address. */
	config->alias = g_strdup("ua-usbr-a");
	world_expect(world, history,
		     "-config g1 ua-usbr-a 0:0 (config_stale)\n"
		     "+config g1 ua-usbr-a 1:5 (config_stale)\n",
		     "g1/a pending config_stale 1-1\n");
	/* Of two with these ids, nobody knows which one it means. */
	g_clear_pointer(&config->alias, g_free);
	world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	world_expect(world, history, "+config g1 ua-usbr-a 1:5 (config_absent)\n",
		     "g1/a pending config_absent 1-1\n");
}

static void a_config_hostdev_of_others_with_a_stale_address_is_replaced(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct tag *tag;
	struct hostdev *config = right_config(world, &tag);

	(void)state;
	config->dev = 99;
	g_free(config->alias);
	config->alias = g_strdup("ua-mine");
	world_expect(world, history,
		     "-config g1 ua-mine 1:99 (config_stale)\n"
		     "+config g1 ua-usbr-a 1:5 (config_stale)\n",
		     "g1/a pending config_stale 1-1\n");
}

static void what_libvirt_would_take_out_first_must_be_ours(void **state)
{
	struct scene *scene = *state;
	struct hostdev *other = world_hostdev(scene->domain->config, "ua-mine", scene->device);
	struct hostdev *ours = world_hostdev(scene->domain->config, "ua-usbr-a", scene->device);

	scene->domain->running = false;
	scene->tag->persist = TAG_PERSIST_NO;
	other->dev = 99;
	/* By its ids alone: the other one has the same. */
	ours->has_address = false;
	scene_expect(scene, "", "g1/a failed foreign_hostdev 1-1\n");
	/* Both halves of an id count, and there must be one. */
	other->id.product = 1;
	scene_expect(scene, "-config g1 ua-usbr-a 1:5 (config_unwanted)\n",
		     "g1/a pending config_unwanted 1-1\n");
	other->id = (struct usb_id){1, 0x6001};
	scene_expect(scene, "-config g1 ua-usbr-a 1:5 (config_unwanted)\n",
		     "g1/a pending config_unwanted 1-1\n");
	other->id = ours->id;
	other->has_id = false;
	scene_expect(scene, "-config g1 ua-usbr-a 1:5 (config_unwanted)\n",
		     "g1/a pending config_unwanted 1-1\n");
	/* What says nothing cannot be told from others. */
	ours->has_id = false;
	scene_expect(scene, "", "g1/a failed foreign_hostdev 1-1\n");
}

static void a_port_that_was_asked_for_is_not_an_inherited_one(void **state)
{
	struct scene *scene = *state;
	OWN(plan) without = NULL;
	OWN(plan) with = NULL;

	without = planner_plan(scene->world, scene->history);
	assert_false(((struct action *)g_ptr_array_index(without->actions, 0))->inherited_port);
	scene->tag->guest_port = g_strdup("0:3");
	scene->tag->persist = TAG_PERSIST_YES;
	/* The config need not wait for libvirt's choice. */
	scene_expect(scene,
		     "+live g1 ua-usbr-a 1:5 @0:3 (not_attached)\n"
		     "+config g1 ua-usbr-a 1:5 @0:3 (config_absent)\n",
		     "g1/a pending not_attached 1-1\n");
	with = planner_plan(scene->world, scene->history);
	assert_false(((struct action *)g_ptr_array_index(with->actions, 0))->inherited_port);
}

static void an_alias_of_another_name_is_in_nobodys_way(void **state)
{
	struct scene *scene = *state;

	g_ptr_array_add(scene->domain->other_aliases, g_strdup("ua-usbr-b"));
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
}

static void a_gone_tags_alias_that_two_devices_have_is_never_detached(void **state)
{
	struct scene *scene = *state;

	scene_untag(scene);
	world_hostdev(scene->domain->live, "ua-usbr-old", scene->device);
	g_ptr_array_add(scene->domain->other_aliases, g_strdup("ua-usbr-old"));
	scene_expect(scene, "", "");
}

static void a_failed_detach_of_what_is_gone_waits_too(void **state)
{
	struct scene *scene = *state;
	struct memory *memory = history_get(scene->history, scene->domain->uuid, "ua-usbr-a");

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	world_unplug(scene->world, scene->device);
	memory->sides[SIDE_LIVE].failures = 1;
	memory->sides[SIDE_LIVE].next_try = scene->world->now + 1;
	scene_expect(scene, "", "g1/a missing not_plugged_in\n");
	scene->world->now++;
	scene_expect(scene, "-live g1 ua-usbr-a 1:5 (device_gone)\n",
		     "g1/a missing not_plugged_in\n");
}

static void what_libvirt_is_taking_out_is_not_asked_for_again(void **state)
{
	struct scene *scene = *state;
	struct memory *memory = history_get(scene->history, scene->domain->uuid, "ua-usbr-a");
	const uint64_t asked = scene->world->now;
	OWN(plan) plan = NULL;

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	memory->releasing_since = asked;
	/* Not even for another enumeration of the scene->device. */
	world_move(scene->device, 6);
	scene->world->now += SLOT_RELEASE - 1;
	scene_expect(scene, "", "g1/a pending waiting_release 1-1\n");
	plan = planner_plan(scene->world, scene->history);
	assert_int_equal(plan_wake(plan), asked + SLOT_RELEASE);
	scene->world->now++;
	scene_expect(scene, "-live g1 ua-usbr-a 1:5 (moved)\n+live g1 ua-usbr-a 1:6 (moved)\n",
		     "g1/a pending moved 1-1\n");
	/* It has gone meanwhile. */
	scene->world->now = asked;
	g_ptr_array_set_size(scene->domain->live, 0);
	scene_expect(scene, "+live g1 ua-usbr-a 1:6 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
}

static void an_old_failure_is_none_once_nothing_is_to_be_done(void **state)
{
	struct scene *scene = *state;
	struct memory *memory = history_get(scene->history, scene->domain->uuid, "ua-usbr-a");

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	memory->sides[SIDE_LIVE].failures = 1;
	memory->sides[SIDE_LIVE].failed = scene->device->incarnation;
	memory->sides[SIDE_LIVE].next_try = scene->world->now + 1;
	scene_expect(scene, "", "g1/a attached attached 1-1\n");
}

static void what_a_group_no_longer_has_is_no_member_of_it(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct device *other = world_plug(world, "1-2", 6, 1, 2, NULL);
	struct device *gone = world_plug(world, "1-3.2", 7, 1, 3, NULL);
	struct tag *tag = world_tag(domain, "g", NULL);
	OWN(plan) plan = NULL;
	const struct verdict *verdict;

	(void)state;
	tag->group = true;
	tag->port = world_port("1-3");
	world_plug(world, "1-3.1", 5, 1, 2, NULL);
	world_hostdev(domain->live, "ua-mine", other);
	world_hostdev(domain->live, "ua-usbr-g--pci-0000-00-14-0-usb-0-3-2", gone);
	world_unplug(world, gone);
	world_expect(world, history,
		     "-live g1 ua-usbr-g--pci-0000-00-14-0-usb-0-3-2 1:7 (device_gone)\n"
		     "+live g1 ua-usbr-g--pci-0000-00-14-0-usb-0-3-1 1:5 (not_attached)\n",
		     "g1/g pending not_attached 1-3.1\n");
	plan = planner_plan(world, history);
	verdict = g_ptr_array_index(plan->verdicts, 0);
	assert_int_equal(verdict->members->len, 1);
}

/* What they are called depends on what they have, not on who came first. */
static void two_members_never_share_an_alias(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	OWN(history) other = history_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct device *nic = world_plug(world, "2-3.1", 6, 1, 3, NULL);
	struct tag *tag = world_tag(domain, "g", NULL);

	(void)state;
	tag->group = true;
	tag->port = world_port("1-3");
	world_plug(world, "1-3.1", 5, 1, 2, NULL);
	world_expect(world, history,
		     "+live g1 ua-usbr-g--pci-0000-00-14-0-usb-0-3-1 1:5 (not_attached)\n"
		     "+live g1 ua-usbr-g--pci-0000-00-14-0-usbv3-0-3-1 2:6 (not_attached)\n",
		     "g1/g pending not_attached 1-3.1 2-3.1\n");
	assert_int_equal(world_settle(world, history), 1);
	/* Had the NIC the other spelling, it keeps it. */
	g_ptr_array_set_size(domain->live, 0);
	world_hostdev(domain->live, "ua-usbr-g--pci-0000-00-14-0-usb-0-3-1", nic);
	world_expect(world, other,
		     "+live g1 ua-usbr-g--pci-0000-00-14-0-usb-0-3-1-1-3-1 1:5 (not_attached)\n",
		     "g1/g pending not_attached 2-3.1 1-3.1\n");
	assert_int_equal(world_settle(world, other), 1);
	/* And it is called as it is called when the other one has gone. */
	world_unplug(world, nic);
	world_expect(world, other,
		     "-live g1 ua-usbr-g--pci-0000-00-14-0-usb-0-3-1 2:6 (device_gone)\n",
		     "g1/g attached attached 1-3.1\n");
	/* Ports that differ only in what an alias cannot have, and even their names. */
	g_ptr_array_set_size(domain->live, 0);
	world_plug(world, "1-3.1", 7, 1, 4, NULL);
	world_plug(world, "1-3.1", 8, 1, 4, NULL);
	assert_int_equal(world_settle(world, other), 1);
	assert_int_equal(domain->live->len, 3);
}

static void a_gone_hostdev_is_found_behind_others(void **state)
{
	struct scene *scene = *state;

	scene_untag(scene);
	world_hostdev(scene->domain->live, "ua-mine",
		      world_plug(scene->world, "1-2", 6, 1, 2, NULL));
	world_hostdev(scene->domain->live, "ua-usbr-old", scene->device);
	scene_expect(scene, "-live g1 ua-usbr-old 1:5 (tag_gone)\n", "");
}

static void a_domain_that_cannot_be_read_stops_no_other(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *unread = world_domain(world, "g1", true);

	(void)state;
	/* What was known of it before is kept. */
	unread->unreadable = g_strdup("busy");
	world_hostdev(unread->live, "ua-usbr-old", world_plug(world, "1-2", 6, 1, 2, NULL));
	world_hostdev(world_domain(world, "g2", true)->live, "ua-usbr-old", device);
	world_expect(world, history, "-live g2 ua-usbr-old 1:5 (tag_gone)\n", "");
}

static void what_is_adopted_or_ours_is_not_listed_as_others(void **state)
{
	struct scene *scene = *state;
	struct device *theirs = world_plug(scene->world, "1-2", 6, 1, 2, NULL);
	OWN(plan) plan = NULL;
	const struct unmanaged *unmanaged;

	world_hostdev(scene->domain->live, "hostdev0", scene->device);
	world_hostdev(scene->domain->config, "ua-usbr-unknown", theirs);
	scene->domain->metadata = METADATA_INVALID;
	world_hostdev(scene->domain->live, "ua-mine", theirs);
	plan = planner_plan(scene->world, scene->history);
	assert_int_equal(plan->unmanaged->len, 1);
	unmanaged = g_ptr_array_index(plan->unmanaged, 0);
	assert_string_equal(unmanaged->hostdev->alias, "ua-mine");
	assert_ptr_equal(unmanaged->device, theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_attach_waits_for_its_own_detach),
		cmocka_unit_test(a_config_attach_waits_for_its_own_detach_only),
		cmocka_unit_test(a_config_attach_of_another_domain_does_not_wait),
		cmocka_unit_test(a_config_hostdev_is_right_in_everything_or_rewritten),
		cmocka_unit_test(a_config_hostdev_by_ids_alone_is_adopted_as_it_is),
		cmocka_unit_test(a_config_hostdev_of_others_with_a_stale_address_is_replaced),
		SCENE_TEST(what_libvirt_would_take_out_first_must_be_ours),
		SCENE_TEST(a_port_that_was_asked_for_is_not_an_inherited_one),
		SCENE_TEST(an_alias_of_another_name_is_in_nobodys_way),
		SCENE_TEST(a_gone_tags_alias_that_two_devices_have_is_never_detached),
		SCENE_TEST(a_failed_detach_of_what_is_gone_waits_too),
		SCENE_TEST(what_libvirt_is_taking_out_is_not_asked_for_again),
		SCENE_TEST(an_old_failure_is_none_once_nothing_is_to_be_done),
		cmocka_unit_test(what_a_group_no_longer_has_is_no_member_of_it),
		cmocka_unit_test(two_members_never_share_an_alias),
		SCENE_TEST(a_gone_hostdev_is_found_behind_others),
		cmocka_unit_test(a_domain_that_cannot_be_read_stops_no_other),
		SCENE_TEST(what_is_adopted_or_ours_is_not_listed_as_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
