/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/result.h"
#include "reconciler/show/show.h"
#include "world.h"

/* A pass over a world in which the device of a/x has the address 1:DEV and its hostdev 1:HELD (0:
 * none), and what became of its actions, in their order. */
static struct pass *new_pass(unsigned int dev, unsigned int held, const char *unreadable)
{
	struct pass *pass = g_new0(struct pass, 1);
	OWN(history) history = history_new();
	struct device *device;
	struct domain *domain;

	pass->snapshot = world_new();
	device = world_plug(pass->snapshot, "1-3", dev, 0x0403, 0x6001, "S");
	domain = world_domain(pass->snapshot, "a", true);
	domain->unreadable = g_strdup(unreadable);
	world_tag(domain, "x", "S");
	if (held)
		world_hostdev(domain->live, "ua-usbr-x", device)->dev = held;
	pass->plan = planner_plan(pass->snapshot, history);
	pass->outcomes = outcome_list_new();
	return pass;
}

static void came_to(struct pass *pass, enum outcome_kind kind, const char *message)
{
	struct outcome *outcome = g_new0(struct outcome, 1);

	assert_true(pass->outcomes->len < pass->plan->actions->len);
	outcome->action = g_ptr_array_index(pass->plan->actions, pass->outcomes->len);
	outcome->kind = kind;
	outcome->message = g_strdup(message);
	outcome->code = kind == OUTCOME_FAILED ? 38 : 0;
	g_ptr_array_add(pass->outcomes, outcome);
}

static GPtrArray *new_passes(struct pass *first, struct pass *second)
{
	GPtrArray *passes = g_ptr_array_new_with_free_func(pass_drop);

	g_ptr_array_add(passes, first);
	if (second)
		g_ptr_array_add(passes, second);
	return passes;
}

static void what_was_done_is_gathered_in_order(void **state)
{
	(void)state;
	struct pass *first = new_pass(7, 5, NULL);
	g_autoptr(GPtrArray) passes = new_passes(first, new_pass(7, 7, NULL));
	OWN(pass) done = NULL;
	const struct action *attach;
	g_autofree char *text = NULL;

	came_to(first, OUTCOME_DONE, NULL);
	came_to(first, OUTCOME_DONE, NULL);
	done = result_gather(passes, NULL);
	assert_int_equal(done->plan->actions->len, 2);
	assert_int_equal(done->outcomes->len, 2);
	attach = g_ptr_array_index(done->plan->actions, 1);
	assert_int_equal(attach->kind, ACTION_ATTACH_LIVE);
	assert_ptr_equal(g_ptr_array_index(attach->after, 0),
			 g_ptr_array_index(done->plan->actions, 0));
	assert_false(result_is_bad(done, NULL));
	text = show_run(done, NULL);
	assert_string_equal(text, "- a x  live  001:005  moved\n"
				  "+ a x  live  001:007  0403:6001 serial S\n"
				  "2 actions: 1 attach, 1 detach\n");
}

static void a_failure_that_was_mended_is_none(void **state)
{
	(void)state;
	struct pass *first = new_pass(7, 0, NULL);
	struct pass *second = new_pass(7, 0, NULL);
	g_autoptr(GPtrArray) passes = new_passes(first, second);
	OWN(pass) done = NULL;
	g_autofree char *text = NULL;

	g_ptr_array_add(passes, new_pass(7, 7, NULL));
	came_to(first, OUTCOME_FAILED, "a directory vanished");
	came_to(second, OUTCOME_DONE, NULL);
	done = result_gather(passes, NULL);
	assert_false(result_is_bad(done, NULL));
	text = show_run(done, NULL);
	assert_string_equal(text, "= a x  live  001:007  attach failed, and was tried again: a "
				  "directory vanished (code 38)\n"
				  "+ a x  live  001:007  0403:6001 serial S\n"
				  "1 action: 1 attach, 1 tried again\n");
}

static void a_failure_has_one_line_and_is_bad(void **state)
{
	(void)state;
	struct pass *only_pass = new_pass(7, 0, NULL);
	g_autoptr(GPtrArray) passes = new_passes(only_pass, NULL);
	OWN(pass) done = NULL;
	g_autofree char *text = NULL;

	came_to(only_pass, OUTCOME_FAILED, "no\x1b");
	done = result_gather(passes, NULL);
	assert_true(result_is_bad(done, NULL));
	text = show_run(done, NULL);
	assert_string_equal(text, "! a x  live  001:007  attach failed: no\\x1b (code 38)\n"
				  "nothing done, 1 failed\n");
}

static void what_befell_another_domain_is_not_told(void **state)
{
	(void)state;
	struct pass *only_pass = new_pass(7, 0, NULL);
	g_autoptr(GPtrArray) passes = new_passes(only_pass, new_pass(7, 7, NULL));
	g_autoptr(GPtrArray) only = g_ptr_array_new();
	OWN(pass) done = NULL;
	OWN(pass) all = NULL;
	g_autofree char *text = NULL;

	came_to(only_pass, OUTCOME_FAILED, "no");
	g_ptr_array_add(only, (gpointer)(guintptr) "b");
	done = result_gather(passes, only);
	assert_int_equal(done->plan->actions->len, 0);
	assert_int_equal(done->outcomes->len, 0);
	assert_false(result_is_bad(done, only));
	text = show_run(done, only);
	assert_string_equal(text, "nothing to do\n");
	/* It is there for who asks about all. */
	all = result_gather(passes, NULL);
	assert_true(result_is_bad(all, NULL));
}

static void a_skip_is_not_bad(void **state)
{
	(void)state;
	struct pass *only_pass = new_pass(7, 0, NULL);
	g_autoptr(GPtrArray) passes = new_passes(only_pass, NULL);
	OWN(pass) done = NULL;

	came_to(only_pass, OUTCOME_SKIPPED, "it is gone");
	done = result_gather(passes, NULL);
	assert_false(result_is_bad(done, NULL));
}

static void an_unreadable_domain_is_bad_where_it_counts(void **state)
{
	(void)state;
	g_autoptr(GPtrArray) passes = new_passes(new_pass(7, 7, "not well-formed"), NULL);
	g_autoptr(GPtrArray) only = g_ptr_array_new_with_free_func(g_free);
	OWN(pass) done = result_gather(passes, NULL);

	assert_true(result_is_bad(done, NULL));
	g_ptr_array_add(only, g_strdup("b"));
	assert_false(result_is_bad(done, only));
	g_ptr_array_add(only, g_strdup("a"));
	assert_true(result_is_bad(done, only));
}

static void nothing_to_do_says_so(void **state)
{
	(void)state;
	g_autoptr(GPtrArray) passes = new_passes(new_pass(7, 7, NULL), NULL);
	OWN(pass) done = result_gather(passes, NULL);
	g_autofree char *text = show_run(done, NULL);

	assert_string_equal(text, "nothing to do\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_done_is_gathered_in_order),
		cmocka_unit_test(a_failure_that_was_mended_is_none),
		cmocka_unit_test(a_failure_has_one_line_and_is_bad),
		cmocka_unit_test(what_befell_another_domain_is_not_told),
		cmocka_unit_test(a_skip_is_not_bad),
		cmocka_unit_test(an_unreadable_domain_is_bad_where_it_counts),
		cmocka_unit_test(nothing_to_do_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
