/* SPDX-License-Identifier: MIT */
/* Which tags are made of the hostdevs of others, and that no guest loses a device by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/adopt.h"
#include "reconciler/core/explain.h"
#include "reconciler/core/planner.h"
#include "world.h"

struct proposals {
	GPtrArray *adoptions;
	struct plan *plan;
};

static struct proposals propose(const struct snapshot *world, const struct domain *domain)
{
	OWN(history) history = history_new();
	struct proposals proposals;

	proposals.plan = planner_plan(world, history);
	proposals.adoptions = adopt_propose(world, proposals.plan, domain);
	return proposals;
}

static void proposals_clear(struct proposals *proposals)
{
	g_ptr_array_unref(proposals->adoptions);
	plan_free(proposals->plan);
}

/* "NAME: WISH[ persist]" or "not: WHY", a line each. */
static void expect(const struct snapshot *world, const struct domain *domain, const char *expected)
{
	__attribute__((cleanup(proposals_clear))) struct proposals proposals =
		propose(world, domain);
	g_autoptr(GString) got = g_string_new(NULL);

	for (guint i = 0; i < proposals.adoptions->len; i++) {
		const struct adoption *adoption = g_ptr_array_index(proposals.adoptions, i);
		g_autofree char *wish = NULL;

		assert_true((adoption->identity == NULL) == (adoption->why_not != NULL));
		if (!adoption->identity) {
			g_string_append_printf(got, "not: %s\n", adoption->why_not);
			continue;
		}
		assert_true(tag_name_ok(adoption->identity->tag->name));
		wish = explain_wish(adoption->identity->tag);
		g_string_append_printf(
			got, "%s: %s%s\n", adoption->identity->tag->name, wish,
			adoption->identity->tag->persist == TAG_PERSIST_YES ? " persist" : "");
	}
	assert_string_equal(got->str, expected);
}

/* As `adopt` would: all proposed tags are in the domain; then no plan may take anything out. */
static void expect_kept(struct snapshot *world, struct domain *domain)
{
	OWN(history) history = history_new();
	struct proposals proposals = propose(world, domain);
	OWN(plan) plan = NULL;

	for (guint i = 0; i < proposals.adoptions->len; i++) {
		struct adoption *adoption = g_ptr_array_index(proposals.adoptions, i);

		if (!adoption->identity)
			continue;
		g_ptr_array_add(domain->tags, adoption->identity->tag);
		adoption->identity->tag = tag_new();
	}
	plan = planner_plan(world, history);
	for (guint i = 0; i < plan->actions->len; i++)
		assert_int_not_equal(((struct action *)g_ptr_array_index(plan->actions, i))->kind,
				     ACTION_DETACH_LIVE);
	for (guint i = 0; i < plan->verdicts->len; i++)
		assert_int_equal(((struct verdict *)g_ptr_array_index(plan->verdicts, i))->reason,
				 domain->running ? REASON_ADOPTED : REASON_DOMAIN_OFF);
	proposals_clear(&proposals);
}

static struct hostdev *id_only(GPtrArray *side, unsigned int vendor, unsigned int product)
{
	struct hostdev *hostdev = hostdev_new();

	hostdev->has_id = true;
	hostdev->id = (struct usb_id){(uint16_t)vendor, (uint16_t)product};
	g_ptr_array_add(side, hostdev);
	return hostdev;
}

static struct device *named(struct device *device, const char *product)
{
	device->untrusted_product = g_strdup(product);
	return device;
}

/* virt-manager: persistent by ids alone; libvirt has put the address into the live one. */
static void a_hostdev_of_virt_manager_is_adopted(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct device *device =
		named(world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA"), "FT232R USB UART");

	(void)state;
	world_hostdev(domain->live, "hostdev0", device);
	id_only(domain->config, 0x0403, 0x6001);
	expect(world, domain, "ft232r-usb-uart: 0403:6001 with serial AAA persist\n");
	expect_kept(world, domain);
}

/* The shell tool: live only, with ids and address. */
static void a_live_hostdev_of_a_script_is_adopted(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, NULL);

	(void)state;
	world_hostdev(domain->live, "hostdev0", device);
	expect(world, domain, "usb-0403-6001: 0403:6001 at port pci-0000:00:14.0-usb-0:1\n");
	expect_kept(world, domain);
}

static void what_the_hostdev_says_of_resets_the_tag_says(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, NULL);

	(void)state;
	world_hostdev(domain->live, "hostdev0", device)->guest_reset = GUEST_RESET_OFF;
	__attribute__((cleanup(proposals_clear))) struct proposals proposals =
		propose(world, domain);
	const struct adoption *adoption = g_ptr_array_index(proposals.adoptions, 0);

	assert_int_equal(adoption->identity->tag->guest_reset, GUEST_RESET_OFF);
}

static void an_address_alone_is_enough(void **state)
{
	struct scene *scene = *state;

	scene->domain->running = false;
	scene_untag(scene);
	world_hostdev(scene->domain->config, NULL, scene->device)->has_id = false;
	expect(scene->world, scene->domain, "usb-0403-6001: 0403:6001 with serial AAA persist\n");
	expect_kept(scene->world, scene->domain);
}

static void twins_are_told_apart_by_address_and_not_by_ids(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct device *one = named(world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA"), "Stick");
	struct device *other = named(world_plug(world, "1-2", 6, 0x0403, 0x6001, "AAA"), "Stick");

	(void)state;
	world_hostdev(domain->live, "hostdev0", one);
	world_hostdev(domain->live, "hostdev1", other);
	id_only(domain->config, 0x0403, 0x6001);
	expect(world, domain,
	       "stick: 0403:6001 at port pci-0000:00:14.0-usb-0:1\n"
	       "stick-2: 0403:6001 at port pci-0000:00:14.0-usb-0:2\n"
	       "not: 2 devices on this host are 0403:6001, and which one is meant is not known: "
	       "tag the right one\n");
	expect_kept(world, domain);
}

static void what_is_absent_or_a_hub_is_not_adopted(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct device *hub = world_plug(world, "1-1", 5, 0x05e3, 0x0610, NULL);
	struct device *gone = world_plug(world, "1-2", 6, 0x0403, 0x6001, "AAA");

	(void)state;
	hub->hub = true;
	world_hostdev(domain->live, "hostdev0", hub);
	world_hostdev(domain->live, "hostdev1", gone)->missing = true;
	world_hostdev(domain->config, NULL, gone);
	world_unplug(world, gone);
	expect(world, domain,
	       "not: 1-1 is a hub, and hubs are never passed through: tag what is plugged into it, "
	       "or all of that as a <group> with the hub's port\n"
	       "not: libvirt says that its device is missing\n"
	       "not: the device it names is not plugged in\n");
}

static void a_stale_address_is_read_by_its_ids(void **state)
{
	struct scene *scene = *state;

	scene_untag(scene);
	world_hostdev(scene->domain->live, "hostdev0", scene->device);
	world_move(scene->device, 9);
	expect(scene->world, scene->domain, "usb-0403-6001: 0403:6001 with serial AAA\n");
}

static void what_is_ours_or_has_a_tag_is_left_alone(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);
	struct device *one = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct device *other = world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");

	(void)state;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->live, "hostdev0", one);
	world_hostdev(domain->live, "ua-usbr-gone", other);
	expect(world, domain, "");
}

/* So far the hostdev that no tag names outranks everybody; a tag would not. */
static void a_guest_does_not_lose_its_device_to_a_narrower_tag(void **state)
{
	struct scene *scene = *state;
	struct tag *narrow = world_tag(world_domain(scene->world, "g2", true), "x", "AAA");

	scene_untag(scene);
	narrow->port = world_port("1-1");
	world_hostdev(scene->domain->live, "hostdev0", scene->device);
	expect(scene->world, scene->domain,
	       "not: g2/x asks for this device, and would take it away: disable or untag that "
	       "first\n");
	g_clear_pointer(&narrow->port, g_free);
	expect(scene->world, scene->domain, "usb-0403-6001: 0403:6001 with serial AAA\n");
}

static void a_name_is_valid_and_free(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "g1", true);
	const char *const products[] = {"--\x1b[2J Böse/../ Name  ", "\xff\xfe", "stick",
					"An Enormously Long Name For Such a Small Device",
					"An Enormously Long Name For Such a Small Device"};

	(void)state;
	world_tag(domain, "stick", "none");
	g_ptr_array_add(domain->other_aliases, g_strdup("ua-usbr-stick-2"));
	for (guint i = 0; i < G_N_ELEMENTS(products); i++) {
		g_autofree char *sysname = g_strdup_printf("1-%u", i + 1);
		g_autofree char *serial = g_strdup_printf("S%u", i);

		world_hostdev(domain->live, NULL,
			      named(world_plug(world, sysname, 10 + i, 1, i, serial), products[i]));
	}
	expect(world, domain,
	       "2j-b-se-name: 0001:0000 with serial S0\n"
	       "usb-0001-0001: 0001:0001 with serial S1\n"
	       "stick-3: 0001:0002 with serial S2\n"
	       "an-enormously-long-name-for-such-a-small: 0001:0003 with serial S3\n"
	       "an-enormously-long-name-for-such-a-sma-2: 0001:0004 with serial S4\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hostdev_of_virt_manager_is_adopted),
		cmocka_unit_test(a_live_hostdev_of_a_script_is_adopted),
		cmocka_unit_test(what_the_hostdev_says_of_resets_the_tag_says),
		SCENE_TEST(an_address_alone_is_enough),
		cmocka_unit_test(twins_are_told_apart_by_address_and_not_by_ids),
		cmocka_unit_test(what_is_absent_or_a_hub_is_not_adopted),
		SCENE_TEST(a_stale_address_is_read_by_its_ids),
		cmocka_unit_test(what_is_ours_or_has_a_tag_is_left_alone),
		SCENE_TEST(a_guest_does_not_lose_its_device_to_a_narrower_tag),
		cmocka_unit_test(a_name_is_valid_and_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
