/* SPDX-License-Identifier: MIT */
/* What a tag asks for so that it means one device, and who else wants that one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/explain.h"
#include "reconciler/core/identify.h"
#include "reconciler/core/rival.h"
#include "world.h"

/* What DEVICE is known by, WISH; the warning has the word WARNING, NULL: there is none. */
static void expect(const struct snapshot *world, const struct device *device, unsigned int parts,
		   const char *wish, const char *warning)
{
	g_autofree char *err = NULL;
	OWN(identity) identity = identify(world, device, parts, &err);
	g_autofree char *got = NULL;

	if (!identity)
		fail_msg("%s", err);
	got = explain_wish(identity->tag);
	assert_string_equal(got, wish);
	assert_non_null(identity->why);
	assert_int_equal(identity->warning != NULL, warning != NULL);
	if (warning && !strstr(identity->warning, warning))
		fail_msg("%s", identity->warning);
}

static void a_serial_of_its_own_is_best(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");

	(void)state;
	world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	world_plug(world, "1-3", 7, 0x1234, 0x0001, "AAA"); /* another kind of thing */
	expect(world, device, 0, "0403:6001 with serial AAA", NULL);
}

static void without_a_serial_it_is_the_port(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1.4", 5, 0x0403, 0x6001, NULL);

	(void)state;
	expect(world, device, 0, "0403:6001 at port pci-0000:00:14.0-usb-0:1.4", NULL);
}

static void a_serial_that_a_twin_has_too_is_warned_of(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "0001");

	(void)state;
	world_plug(world, "1-2", 6, 0x0403, 0x6001, "0001");
	expect(world, device, 0, "0403:6001 at port pci-0000:00:14.0-usb-0:1", "1-2 has it too");
	expect(world, device, IDENTITY_SERIAL, "with serial 0001", "1-2 matches as well");
	expect(world, device, IDENTITY_SERIAL | IDENTITY_PORT,
	       "with serial 0001 at port pci-0000:00:14.0-usb-0:1", "1-2 has it too");
}

static void ids_alone_are_warned_of_where_there_are_twins(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");

	(void)state;
	expect(world, device, IDENTITY_IDS, "0403:6001", NULL);
	world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	expect(world, device, IDENTITY_IDS, "0403:6001", "1-2 matches as well");
}

static void what_was_asked_for_is_taken(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "A\\\x01");

	(void)state;
	expect(world, device, IDENTITY_PORT, "at port pci-0000:00:14.0-usb-0:1", NULL);
	expect(world, device, IDENTITY_IDS | IDENTITY_SERIAL | IDENTITY_PORT,
	       "0403:6001 with serial A\\x5c\\x01 at port pci-0000:00:14.0-usb-0:1", NULL);
}

static void a_port_without_id_path_is_warned_of(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, NULL);

	(void)state;
	g_clear_pointer(&device->port, g_free);
	expect(world, device, 0, "0403:6001 at port 1-1", "begins with a bus number");
}

static void refused(const struct snapshot *world, const struct device *device, unsigned int parts,
		    const char *words)
{
	g_autofree char *err = NULL;

	assert_null(identify(world, device, parts, &err));
	if (!strstr(err, words))
		fail_msg("%s", err);
}

static void hubs_and_what_is_not_there_are_refused(void **state)
{
	OWN(snapshot) world = world_new();
	struct device *hub = world_plug(world, "1-1", 5, 0x05e3, 0x0610, NULL);

	(void)state;
	refused(world, hub, IDENTITY_SERIAL, "1-1 has no serial");
	hub->hub = true;
	refused(world, hub, 0, "1-1 is a hub");
	g_free(hub->sysname);
	hub->sysname = g_strdup("usb1");
	refused(world, hub, IDENTITY_PORT, "usb1 is a root hub");
}

/* "g2/a g3/b": who competes with TAG of DOMAIN. */
static void expect_rivals(const struct snapshot *world, const struct domain *domain,
			  const struct tag *tag, const char *expected)
{
	g_autoptr(GPtrArray) rivals = rivals_find(world, domain, tag);
	g_autoptr(GString) got = g_string_new(NULL);

	for (guint i = 0; i < rivals->len; i++) {
		const struct rival *rival = g_ptr_array_index(rivals, i);

		g_string_append_printf(got, "%s%s/%s", got->len ? " " : "", rival->domain->name,
				       rival->tag->name);
	}
	assert_string_equal(got->str, expected);
}

static void who_wants_the_same_device_is_a_rival(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *mine = world_domain(world, "g1", true);
	struct domain *other = world_domain(world, "g2", false);
	struct tag *tag = world_tag(mine, "a", "AAA");
	struct tag *by_port = world_tag(other, "port", NULL);
	struct tag *off = world_tag(other, "off", "AAA");
	struct tag *bad = world_tag(other, "bad", "AAA");
	struct tag *group = world_tag(other, "group", NULL);

	(void)state;
	world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	by_port->port = world_port("1-1");
	group->group = true;
	group->port = world_port("1-1");
	off->enabled = false;
	bad->complaint = g_strdup("no");
	world_tag(other, "twin", "BBB");
	world_tag(mine, "own", "AAA");
	/* Another tag of the same domain is one as well. */
	expect_rivals(world, mine, tag, "g1/own g2/port");
	/* The other way round a group that is to have them all does compete. */
	expect_rivals(world, other, group, "g1/a g1/own g2/port");
}

static void who_asks_for_an_absent_device_in_the_same_words_is_a_rival(void **state)
{
	OWN(snapshot) world = world_new();
	struct domain *mine = world_domain(world, "g1", true);
	struct domain *other = world_domain(world, "g2", true);
	struct tag *tag = world_tag(mine, "a", "AAA");

	(void)state;
	world_tag(other, "same", "AAA");
	world_tag_id(world_tag(other, "narrower", "AAA"), 0x0403, 0x6001);
	world_tag(other, "else", "BBB");
	expect_rivals(world, mine, tag, "g2/same");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_serial_of_its_own_is_best),
		cmocka_unit_test(without_a_serial_it_is_the_port),
		cmocka_unit_test(a_serial_that_a_twin_has_too_is_warned_of),
		cmocka_unit_test(ids_alone_are_warned_of_where_there_are_twins),
		cmocka_unit_test(what_was_asked_for_is_taken),
		cmocka_unit_test(a_port_without_id_path_is_warned_of),
		cmocka_unit_test(hubs_and_what_is_not_there_are_refused),
		cmocka_unit_test(who_wants_the_same_device_is_a_rival),
		cmocka_unit_test(who_asks_for_an_absent_device_in_the_same_words_is_a_rival),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
