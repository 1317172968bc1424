/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/show/show.h"
#include "show_world.h"

static void a_tag_page_says_what_nearly_matches(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	struct domain *domain = g_ptr_array_index(world->domains, 0);
	OWN(history) history = history_new();
	OWN(plan) plan = NULL;
	g_autofree char *text = NULL;

	world_plug(world, "1-4", 9, 0x051d, 2, "UPS-2");
	plan = planner_plan(world, history);
	text = show_tag(world, plan,
			plan_find_verdict(plan, domain, g_ptr_array_index(domain->tags, 0)));
	assert_contains(text, "hassio/ups: missing!\n");
	assert_contains(text, "  asks for    id 051d:0002\n");
	assert_contains(text, "              serial UPS-1\n");
	assert_contains(text, "  options     required\n");
	assert_contains(text,
			"  no match    001:009 (1-4) 051d:0002 serial UPS-2: another serial\n");
	assert_contains(text, "  next        attached by the first pass after it is plugged in\n");
}

/* The page of one tag, in a world that is as its tag says. */
static char *page_of(const struct snapshot *world, const char *domain, const char *tag)
{
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);
	const struct domain *whose = snapshot_find_domain(world, domain);

	return show_tag(world, plan, plan_find_verdict(plan, whose, domain_find_tag(whose, tag)));
}

static void a_tag_page_names_the_hostdev_that_has_its_device(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	struct domain *other = world_domain(world, "other", true);
	struct device *device = world_plug(world, "1-4", 9, 0x051d, 2, "UPS-1");
	struct hostdev *hostdev = world_hostdev(other->live, "ua-mine", device);
	g_autofree char *contested = page_of(world, "hassio", "ups");
	g_autofree char *blocked = NULL;

	assert_contains(contested, "hassio/ups: contested\n");
	assert_contains(contested,
			"serial UPS-1: it would be this one, in use by other (no tag)\n");
	assert_contains(contested,
			"  held by     other, by the hostdev at 001:009, alias ua-mine\n");
	assert_contains(contested, "  next        nothing, until that domain stops, or ");
	/* Its number, but another device: libvirt keeps the number for it. */
	hostdev->id.product = 3;
	blocked = page_of(world, "hassio", "ups");
	assert_contains(blocked, "hassio/ups: failed!\n");
	assert_contains(blocked, "  in the way  other, by the hostdev at 001:009, alias ua-mine\n");
}

static void a_tag_page_names_the_tag_that_has_its_device(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	g_autofree char *page = NULL;

	world_tag(world_domain(world, "nas", true), "stick", "2eba");
	page = page_of(world, "nas", "stick");
	assert_contains(page, "serial 2eba: it would be this one, in use by hassio/zigbee\n");
	assert_contains(page, "  held by     hassio/zigbee\n");
	assert_contains(page, "  next        nothing, until that tag lets go of it: ");
}

static void a_tag_page_says_what_ends_a_refusal(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	struct device *device = world_plug(world, "1-4", 9, 0x051d, 2, "UPS-1");
	g_autofree char *used = NULL;
	g_autofree char *unauthorized = NULL;

	device->in_use = g_strdup("/dev/sda1 is mounted on /mnt");
	used = page_of(world, "hassio", "ups");
	assert_contains(used, "the host is using it: /dev/sda1 is mounted on /mnt (force='yes'");
	assert_contains(used, "  next        nothing, until the host lets go of it");
	device->authorized = false;
	unauthorized = page_of(world, "hassio", "ups");
	assert_contains(unauthorized, "(authorized=0; USBGuard?)\n");
	assert_contains(unauthorized, "  next        nothing, until it is authorized (");
}

static void a_tag_page_shows_what_is_behind_a_hub(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_forest();
	g_autofree char *page = NULL;

	world_tag(g_ptr_array_index(world->domains, 0), "hub", NULL)->port = world_port("1-3");
	page = page_of(world, "hassio", "hub");
	assert_contains(page, "hassio/hub: refused!\n");
	assert_contains(page, "  no match    001:004 (1-3) 0424:2514 port ");
	assert_contains(page, "-usb-0:3: a hub\n");
	assert_contains(page, "001:006 (1-3.10) 0403:6001 serial BBB: in that hub, at port ");
	assert_lacks(page, "2-4");
}

static void a_tag_page_has_what_is_told_of_its_tag(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	g_autofree char *page = NULL;
	g_autofree char *other = NULL;

	world_plug(world, "1-4", 9, 0x10c4, 0xea60, "2eba");
	page = page_of(world, "hassio", "zigbee");
	other = page_of(world, "hassio", "ups");
	assert_contains(page, "  warning     2 devices match, and all have the serial 2eba");
	assert_contains(page, "              add the port to the tag\n");
	assert_lacks(other, "warning");
}

static void a_tag_page_says_that_others_have_all_of_a_group(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	struct tag *group = world_tag(world_domain(world, "nas", true), "all", NULL);
	g_autofree char *page = NULL;

	world_tag_id(group, 0x10c4, 0xea60);
	group->group = true;
	page = page_of(world, "nas", "all");
	assert_contains(page, "  why         1 device matches 10c4:ea60, and others have it\n");
	assert_contains(page, "  wants all   id 10c4:ea60\n");
}

static void a_tag_page_says_what_is_planned(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	struct domain *domain = g_ptr_array_index(world->domains, 0);
	struct hostdev *live = g_ptr_array_index(domain->live, 0);
	OWN(history) history = history_new();
	OWN(plan) plan = NULL;
	g_autofree char *text = NULL;

	live->dev = 5;
	plan = planner_plan(world, history);
	text = show_tag(world, plan,
			plan_find_verdict(plan, domain, g_ptr_array_index(domain->tags, 1)));
	assert_contains(text, "  live        001:005, guest port 0:3, alias ua-usbr-zigbee\n");
	assert_contains(text, "- hassio zigbee  live  001:005  moved\n");
	assert_contains(text, "+ hassio zigbee  live  001:007  10c4:ea60 serial 2eba");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_page_says_what_nearly_matches),
		cmocka_unit_test(a_tag_page_names_the_hostdev_that_has_its_device),
		cmocka_unit_test(a_tag_page_names_the_tag_that_has_its_device),
		cmocka_unit_test(a_tag_page_says_what_ends_a_refusal),
		cmocka_unit_test(a_tag_page_shows_what_is_behind_a_hub),
		cmocka_unit_test(a_tag_page_has_what_is_told_of_its_tag),
		cmocka_unit_test(a_tag_page_says_that_others_have_all_of_a_group),
		cmocka_unit_test(a_tag_page_says_what_is_planned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
