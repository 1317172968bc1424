/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/show/show.h"
#include "reconciler/show/lines.h"
#include "reconciler/show/table.h"
#include "reconciler/show/words.h"
#include "show_world.h"

static const struct show_style piped = {0};
static const struct show_style narrow = {.width = 80};
static const struct show_style colourful = {.width = 80, .colour = true};

static char *status_of(const struct show_style *style, const struct snapshot *world)
{
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);

	return show_status(style, world, plan, NULL);
}

static void assert_no_line_longer_than(const char *text, glong width)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (g_utf8_strlen(*line, -1) > width)
			fail_msg("longer than %ld: %s", width, *line);
	}
}

static void assert_no_space_at_an_end(const char *text)
{
	assert_lacks(text, " \n");
}

static void status_shows_each_tag_and_counts(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	g_autofree char *text = status_of(&piped, world);

	assert_contains(text, "DOMAIN TAG    DEVICE    HOST    VERDICT  WHY\n");
	assert_contains(text, "hassio ups    051d:0002 -       missing! no USB device");
	assert_contains(text, "hassio zigbee 10c4:ea60 001:007 attached host and libvirt agree\n");
	assert_contains(text, "\n2 tags: 1 attached, 1 missing; 1 critical (!)\n");
	assert_lacks(text, "\x1b");
	assert_no_space_at_an_end(text);
}

static void status_breaks_between_words_on_a_terminal(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	g_autofree char *text = status_of(&narrow, world);

	assert_no_line_longer_than(text, 80);
	assert_contains(text, "no USB device");
	assert_contains(text, "plugged in");
	assert_no_space_at_an_end(text);
}

static void status_loses_nothing_without_a_terminal(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	g_autofree char *text = NULL;
	struct domain *domain = g_ptr_array_index(world->domains, 0);
	struct tag *ups = g_ptr_array_index(domain->tags, 0);

	g_free(ups->serial);
	ups->serial = g_strnfill(300, 'x');
	text = status_of(&piped, world);
	assert_contains(text, ups->serial);
}

static void names_are_whole_while_the_reason_can_wrap(void **state)
{
	(void)state;
	const struct show_style wide = {.width = 110};
	OWN(snapshot) world = show_world_small();
	g_autofree char *text = NULL;
	g_autofree char *tight = NULL;

	world_tag(world_domain(world, "desktop-of-the-right-hand-side", true), "gamepad", "A");
	text = status_of(&wide, world);
	tight = status_of(&narrow, world);
	assert_contains(text, "\ndesktop-of-the-right-hand-side gamepad");
	assert_no_line_longer_than(text, 110);
	assert_contains(tight, "\ndesktop-of-… gamepad");
	assert_no_line_longer_than(tight, 80);
}

static void a_port_breaks_at_a_dash(void **state)
{
	(void)state;
	const char *const columns[] = {"A", "WHY", NULL};
	const struct show_style tiny = {.width = 26};
	struct table *table = table_new(columns);
	g_autofree char *text = NULL;

	table_row(table);
	table_cell(table, "a");
	table_cell(table, "at pci-0000:00:14.0-usb-0:3.1");
	text = table_finish(table, &tiny);
	assert_string_equal(text, "A WHY\na at\n  pci-0000:00:14.0-usb-\n  0:3.1\n");
}

static void colours_come_beside_words_and_change_none(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	g_autofree char *plain = status_of(&narrow, world);
	g_autofree char *coloured = status_of(&colourful, world);
	g_autoptr(GRegex) escapes = g_regex_new("\x1b\\[[0-9;]*m", 0, 0, NULL);
	g_autofree char *stripped = g_regex_replace_literal(escapes, coloured, -1, 0, "", 0, NULL);

	assert_contains(coloured, "\x1b[31mmissing!");
	assert_string_equal(stripped, plain);
}

static void hostile_strings_stay_in_their_cell(void **state)
{
	(void)state;
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-3", 8, 0x0403, 0x6001, "A\x1b[2J\nB\xff");
	struct domain *domain = world_domain(world, "vm\x1b[31m\n", true);
	OWN(history) history = history_new();
	OWN(plan) plan = NULL;
	g_autofree char *devices = NULL;
	g_autofree char *status = NULL;
	g_autofree char *page = NULL;

	device->untrusted_product = g_strdup("x\r\x07\xe2\x80\xae y");
	world_tag(domain, "t", "A\x1b[2J\nB\xff")->required = true;
	plan = planner_plan(world, history);
	devices = show_devices(&piped, world, plan, false);
	status = show_status(&piped, world, plan, NULL);
	page = show_tag(world, plan, g_ptr_array_index(plan->verdicts, 0));
	assert_contains(devices, "A\\x1b[2J\\x0aB\\xff x\\x0d\\x07\\xe2\\x80\\xae y");
	assert_contains(status, "vm\\x1b[31m\\x0a t");
	assert_contains(page, "serial A\\x1b[2J\\x0aB\\xff");
	assert_lacks(devices, "\x1b");
	assert_lacks(status, "\x1b");
	assert_lacks(page, "\x1b");
	assert_lacks(page, "\xff");
}

static void a_domain_without_tags_is_told_how_that_happens(void **state)
{
	(void)state;
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "empty", true);
	OWN(history) history = history_new();
	OWN(plan) plan = NULL;
	g_autofree char *text = NULL;

	domain->metadata = METADATA_ABSENT;
	plan = planner_plan(world, history);
	text = show_status(&piped, world, plan, domain);
	assert_contains(text, "empty has no tags.\n");
	assert_contains(text, "only those with a namespace");
	assert_contains(text, "`usbreconcile adopt` tags what it has\nalready");
}

static void devices_shorten_what_a_terminal_cannot_hold(void **state)
{
	(void)state;
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-3", 8, 0x0403, 0x6001,
					   "0123456789012345678901234567890123456789");
	g_autofree char *text = NULL;
	g_autofree char *whole = NULL;
	g_autofree char *port = world_port("1-3");

	device->untrusted_product = g_strdup("A product with a long name that does not matter");
	text = show_devices(&narrow, world, NULL, false);
	whole = show_devices(&piped, world, NULL, false);
	assert_contains(text, "…");
	assert_contains(text, port);
	assert_lacks(whole, "…");
	assert_contains(whole, device->untrusted_serial);
}

static void devices_stay_within_a_terminal_whoever_has_them(void **state)
{
	(void)state;
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-3.2.1", 8, 0x0403, 0x6001, "0123456789abcdef");
	struct domain *domain = world_domain(world, "a-desktop-with-a-long-name", true);
	OWN(history) history = history_new();
	OWN(plan) plan = NULL;
	g_autofree char *text = NULL;
	g_autofree char *whole = NULL;

	device->untrusted_product = g_strdup("A product with a long name that does not matter");
	world_tag(domain, "controller", device->untrusted_serial);
	plan = planner_plan(world, history);
	text = show_devices(&narrow, world, plan, false);
	whole = show_devices(&piped, world, plan, false);
	assert_no_line_longer_than(text, 80);
	assert_contains(text, device->port);
	assert_lacks(text, "SPEED");
	assert_contains(whole, "SPEED");
}

static void a_locale_without_unicode_gets_ascii(void **state)
{
	(void)state;
	OWN(snapshot) world = world_new();
	struct device *device = world_plug(world, "1-3", 8, 0x0403, 0x6001, "S");
	g_autofree char *text = NULL;

	device->untrusted_product =
		g_strdup("Gerät mit sehr langem Namen, und es geht noch weiter");
	setlocale(LC_CTYPE, "C");
	text = show_devices(&narrow, world, NULL, false);
	setlocale(LC_CTYPE, "C.UTF-8");
	assert_true(g_str_is_ascii(text));
	assert_contains(text, "Ger\\xc3\\xa4");
	assert_contains(text, "~");
}

static void hubs_are_shown_on_request(void **state)
{
	(void)state;
	OWN(snapshot) world = world_new();
	g_autofree char *without = NULL;
	g_autofree char *with = NULL;

	world_plug(world, "1-1", 2, 0x0424, 0x2514, NULL)->hub = true;
	without = show_devices(&piped, world, NULL, false);
	with = show_devices(&piped, world, NULL, true);
	assert_string_equal(without, "0 devices (hubs: --all)\n");
	assert_contains(with, "(hub)");
	assert_contains(with, "1 device\n");
}

static char *tree_of(const struct show_style *style, const struct snapshot *world)
{
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);

	return show_devices_tree(style, world, plan);
}

static void the_tree_shows_what_is_plugged_into_what(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_forest();
	g_autofree char *text = tree_of(&piped, world);

	assert_string_equal(
		text,
		"DEVICE     BUS:DEV ID        SERIAL                   PRODUCT              SPEED "
		"USED BY\n"
		"usb1       001:001 1d6b:0002 0000:00:14.0             xHCI Host Controller 480m  "
		"(hub)\n"
		"└─1-3      001:004 0424:2514 -                        -                    12m   "
		"(hub)\n"
		"  ├─1-3.1  001:005 0403:6001 AAA                      FT232R USB UART      12m   "
		"hassio/a; nas/stick wants it (contested)\n"
		"  ├─1-3.2  001:007 46f4:0001 S\\x1b[2J\\x0a             -                    12m  "
		" "
		"nobody: not authorized\n"
		"  └─1-3.10 001:006 0403:6001 BBB                      -                    12m   "
		"host: ftdi_sio\n"
		"usb2       002:001 1d6b:0002 0000:00:14.0             xHCI Host Controller 5g    "
		"(hub)\n"
		"└─2-4      002:002 0951:1666 60A44C413FAEF2B0B9A5017A DataTraveler 3.0     5g    "
		"host: /dev/sda1 is mounted on /srv/backup\n");
}

static void the_tree_fits_a_terminal(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_forest();
	g_autofree char *text = tree_of(&narrow, world);

	assert_no_line_longer_than(text, 80);
	assert_no_space_at_an_end(text);
	assert_contains(text, "  ├─1-3.1  001:005");
	/* What is too long for the last column goes on beside the tree. */
	assert_contains(text, "\n  │  ");
	assert_contains(text, "(contested)\n");
}

static void the_tree_is_ascii_where_there_is_no_unicode(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_forest();
	struct device *device = (struct device *)(uintptr_t)snapshot_device_at(world, 1, 5);
	g_autofree char *text = NULL;

	g_free(device->untrusted_product);
	device->untrusted_product = g_strdup("Gerät mit langem Namen");
	setlocale(LC_CTYPE, "C");
	text = tree_of(&narrow, world);
	setlocale(LC_CTYPE, "C.UTF-8");
	assert_true(g_str_is_ascii(text));
	assert_contains(text, "  |-1-3.1  001:005");
	assert_contains(text, "  `-1-3.10 001:006");
}

static void what_hangs_on_an_unreadable_hub_is_not_lost(void **state)
{
	(void)state;
	OWN(snapshot) world = world_new();
	g_autofree char *text = NULL;

	world_plug(world, "1-3.1.4", 5, 0x0403, 0x6001, "AAA");
	text = show_devices_tree(&piped, world, NULL);
	assert_contains(text, "\n1-3.1.4 001:005");
}

static guint count(const char *text, const char *part)
{
	g_auto(GStrv) parts = g_strsplit(text, part, -1);

	return g_strv_length(parts) - 1;
}

/* An entry with two complaints, the first of which is its verdict's. */
static struct snapshot *invalid_world(void)
{
	static const char *const complaints[] = {"it has no name", "it asks for nothing"};
	struct snapshot *world = world_new();
	struct domain *domain = world_domain(world, "vm", true);
	struct tag *tag = world_tag(domain, NULL, NULL);

	domain->metadata = METADATA_INVALID;
	tag->entry = 2;
	tag->complaint = g_strdup("it has no name; add one");
	for (guint i = 0; i < G_N_ELEMENTS(complaints); i++) {
		struct problem *problem = problem_new(PROBLEM_METADATA_INVALID, SEVERITY_CRITICAL,
						      "vm", NULL, 7, g_strdup(complaints[i]), NULL);

		problem->entry = 2;
		g_ptr_array_add(world->problems, problem);
	}
	return world;
}

static void an_invalid_entry_is_told_once(void **state)
{
	(void)state;
	OWN(snapshot) world = invalid_world();
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);
	g_autofree char *status = show_status(&piped, world, plan, NULL);
	g_autofree char *planned = show_plan(world, plan, NULL);

	assert_int_equal(count(status, "it has no name"), 1);
	assert_int_equal(count(status, "it asks for nothing"), 1);
	assert_contains(status, "vm     entry 2 ");
	assert_int_equal(count(planned, "it has no name"), 1);
	assert_int_equal(count(planned, "it asks for nothing"), 1);
	assert_contains(planned, "! vm entry 2  invalid: it has no name");
}

static void a_stale_hostdev_of_others_is_told_once(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	struct domain *domain = world_domain(world, "other", true);
	OWN(history) history = history_new();
	OWN(plan) plan = NULL;
	g_autofree char *status = NULL;
	g_autofree char *planned = NULL;

	world_hostdev(domain->live, "ua-mine", g_ptr_array_index(world->devices, 0))->dev = 99;
	plan = planner_plan(world, history);
	status = show_status(&piped, world, plan, NULL);
	planned = show_plan(world, plan, NULL);
	assert_int_equal(count(status, "ua-mine"), 1);
	assert_contains(status, "warning: other: the live hostdev ua-mine (10c4:ea60 at 001:099)");
	assert_contains(planned, "! other  -    the live hostdev ua-mine");
}

static void lines_are_encoded_and_aligned(void **state)
{
	(void)state;
	struct lines *lines = lines_new();
	g_autofree char *text = NULL;

	lines_add(lines, "+", "a", "long", "x", NULL);
	lines_add(lines, "-", "grün\n", "b", "y", NULL);
	text = lines_finish(lines);
	assert_string_equal(text, "+ a        long  x\n- grün\\x0a b     y\n");
}

static void a_plan_is_filtered_by_domain(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);
	g_autoptr(GPtrArray) only = g_ptr_array_new();
	g_autofree char *text = NULL;
	g_autofree char *all = show_plan(world, plan, NULL);

	g_ptr_array_add(only, (void *)(uintptr_t) "another");
	text = show_plan(world, plan, only);
	assert_string_equal(text, "nothing to do\n");
	assert_contains(all, "! hassio ups  missing: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_shows_each_tag_and_counts),
		cmocka_unit_test(status_breaks_between_words_on_a_terminal),
		cmocka_unit_test(status_loses_nothing_without_a_terminal),
		cmocka_unit_test(names_are_whole_while_the_reason_can_wrap),
		cmocka_unit_test(a_port_breaks_at_a_dash),
		cmocka_unit_test(colours_come_beside_words_and_change_none),
		cmocka_unit_test(hostile_strings_stay_in_their_cell),
		cmocka_unit_test(a_domain_without_tags_is_told_how_that_happens),
		cmocka_unit_test(devices_shorten_what_a_terminal_cannot_hold),
		cmocka_unit_test(devices_stay_within_a_terminal_whoever_has_them),
		cmocka_unit_test(a_locale_without_unicode_gets_ascii),
		cmocka_unit_test(hubs_are_shown_on_request),
		cmocka_unit_test(the_tree_shows_what_is_plugged_into_what),
		cmocka_unit_test(the_tree_fits_a_terminal),
		cmocka_unit_test(the_tree_is_ascii_where_there_is_no_unicode),
		cmocka_unit_test(what_hangs_on_an_unreadable_hub_is_not_lost),
		cmocka_unit_test(an_invalid_entry_is_told_once),
		cmocka_unit_test(a_stale_hostdev_of_others_is_told_once),
		cmocka_unit_test(lines_are_encoded_and_aligned),
		cmocka_unit_test(a_plan_is_filtered_by_domain),
	};

	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
