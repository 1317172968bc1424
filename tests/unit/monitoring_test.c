/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "reconciler/show/show.h"
#include "state/text.h"
#include "world.h"

static void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void a_label_is_escaped_and_stays_unique(void **state)
{
	(void)state;
	g_autofree char *quote = text_label("a\"b\\c\nd");
	g_autofree char *spelt = text_label("a\\x0a");
	g_autofree char *byte = text_label("a\n");

	assert_string_equal(quote, "a\\\"b\\\\x5cc\\\\x0ad");
	assert_string_not_equal(spelt, byte);
}

static void a_plugin_line_has_no_bar(void **state)
{
	(void)state;
	g_autofree char *text = text_plugin("a|b\nc");

	assert_string_equal(text, "a\\x7cb\\x0ac");
}

#define SINCE "\nusbreconcile_tag_since_timestamp_seconds{domain=\"vm\",tag=\"x\"} "

/* A domain that is called anything, and two entries of one name, which are both invalid. */
static struct snapshot *hostile_world(void)
{
	struct snapshot *world = world_new();
	struct domain *domain = world_domain(world, "a|\"\n# HELP", true);

	world_tag(domain, "x", "S-1")->complaint = g_strdup("twice");
	world_tag(domain, "x", "S-2")->complaint = g_strdup("twice");
	for (guint i = 0; i < domain->tags->len; i++)
		((struct tag *)g_ptr_array_index(domain->tags, i))->entry = i + 1;
	return world;
}

static void metrics_have_no_series_twice(void **state)
{
	(void)state;
	OWN(snapshot) world = hostile_world();
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);
	g_autofree char *text = show_metrics(world, plan);

	assert_contains(text, "usbreconcile_tag_severity{domain=\"a|\\\"\\\\x0a# HELP\","
			      "tag=\"x#1\"} 2\n");
	assert_contains(text, "tag=\"x#2\"} 2\n");
}

static void a_plugin_names_the_worst_and_counts_the_rest(void **state)
{
	(void)state;
	OWN(snapshot) world = hostile_world();
	struct domain *other = world_domain(world, "b", true);
	OWN(history) history = history_new();
	OWN(plan) plan = NULL;
	g_autofree char *text = NULL;
	g_autofree char *of_one = NULL;

	for (unsigned int i = 0; i < 4; i++) {
		g_autofree char *name = g_strdup_printf("t%u", i);

		world_tag(other, name, name)->required = true;
	}
	world_tag(other, "optional", "S-9");
	plan = planner_plan(world, history);
	text = show_plugin(world, plan, NULL, NULL);
	of_one = show_plugin(world, plan, other, g_ptr_array_index(other->tags, 4));
	assert_contains(text, "USBRECONCILE CRITICAL - a\\x7c\"\\x0a# HELP/x invalid");
	assert_contains(text, " and 2 more | warning=1;;;0 critical=6;;;0 ");
	assert_int_equal(strchr(text, '\n') - text, strlen(text) - 1);
	assert_contains(of_one, "USBRECONCILE WARNING - b/optional missing (not_plugged_in) |");
}

static void a_daemon_shows_in_the_metrics(void **state)
{
	(void)state;
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);
	g_autofree char *text = NULL;

	world->daemon = report_new();
	world->daemon->since = 1700000000;
	world->daemon->passes[TRIGGER_UDEV] = 7;
	text = show_metrics(world, plan);
	assert_contains(text, "\nusbreconcile_daemon_up 1\n");
	assert_contains(text, "\nusbreconcile_daemon_start_time_seconds 1700000000\n");
	assert_contains(text, "\nusbreconcile_daemon_passes_total{trigger=\"udev\"} 7\n");
}

/* Seconds since the epoch, at which a plan is remembered: what the metrics say of the tag then. */
static char *since_after(struct snapshot *world, struct history *history, int64_t time)
{
	OWN(plan) before = NULL;
	OWN(plan) plan = NULL;

	world->time = time;
	before = planner_plan(world, history);
	remember_plan(history, before, world);
	plan = planner_plan(world, history);
	return show_metrics(world, plan);
}

static void it_is_known_since_when_a_tag_is_so(void **state)
{
	(void)state;
	OWN(snapshot) world = world_new();
	struct domain *domain = world_domain(world, "vm", true);
	struct tag *tag = world_tag(domain, "x", "S-1");
	OWN(history) history = history_new();
	OWN(plan) unseen = planner_plan(world, history);
	g_autofree char *unknown = show_metrics(world, unseen);
	g_autofree char *first = since_after(world, history, 1700000000);
	g_autofree char *later = since_after(world, history, 1700000005);
	g_autofree char *disabled = NULL;
	g_autofree char *invalid = NULL;

	assert_null(strstr(unknown, "tag_since_timestamp_seconds{"));
	assert_contains(first, SINCE "1700000000\n");
	assert_contains(later, SINCE "1700000000\n");
	tag->enabled = false;
	disabled = since_after(world, history, 1700000007);
	assert_contains(disabled, SINCE "1700000007\n");
	tag->complaint = g_strdup("twice");
	invalid = since_after(world, history, 1700000009);
	assert_null(strstr(invalid, "tag_since_timestamp_seconds{"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_label_is_escaped_and_stays_unique),
		cmocka_unit_test(a_plugin_line_has_no_bar),
		cmocka_unit_test(metrics_have_no_series_twice),
		cmocka_unit_test(a_plugin_names_the_worst_and_counts_the_rest),
		cmocka_unit_test(a_daemon_shows_in_the_metrics),
		cmocka_unit_test(it_is_known_since_when_a_tag_is_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
