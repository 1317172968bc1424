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

static void assert_wrapped(unsigned int width, const char *text, const char *wanted)
{
	g_autofree char *wrapped = show_wrap(width, text);

	assert_string_equal(wrapped, wanted);
}

static void lines_wrap_between_words_below_their_last_column(void **state)
{
	(void)state;
	assert_wrapped(40, "! hassio ups    missing: no USB device with serial A is here\n",
		       "! hassio ups    missing: no USB device\n"
		       "                with serial A is here\n");
	/* What begins in the right half is no column to wrap below: too little would fit there. */
	assert_wrapped(40, "+ hassio zigbee  live  001:007  10c4:ea60 serial 2eba\n",
		       "+ hassio zigbee  live  001:007\n"
		       "                 10c4:ea60 serial 2eba\n");
	assert_wrapped(20, "warning: one two three four five\nnext\n",
		       "warning: one two\n  three four five\nnext\n");
	assert_wrapped(20, "  a hint of some words more\n", "  a hint of some\n  words more\n");
}

static void what_fits_or_cannot_break_is_not_wrapped(void **state)
{
	(void)state;
	const char *line = "1234 6789\n\n  no newline";

	assert_wrapped(12, line, line);
	assert_wrapped(9, "1234 6789\n", "1234 6789\n");
	assert_wrapped(8, "1234 6789\n", "1234\n  6789\n");
	/* A serial number is copied as a whole. */
	assert_wrapped(10, "a 0123456789abcdef b\n", "a\n  0123456789abcdef\n  b\n");
	assert_wrapped(10, "0123456789abcdef\n", "0123456789abcdef\n");
	/* Two columns each. */
	assert_wrapped(6, "日本 語\n", "日本\n  語\n");
	assert_wrapped(0, "no terminal, as long as it takes\n",
		       "no terminal, as long as it takes\n");
}

static void a_page_wraps_as_a_whole(void **state)
{
	(void)state;
	OWN(snapshot) world = show_world_small();
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);
	g_autofree char *planned = show_plan(world, plan, NULL);
	g_autofree char *page = show_tag(world, plan, g_ptr_array_index(plan->verdicts, 0));
	g_autofree char *wrapped_plan = show_wrap(60, planned);
	g_autofree char *wrapped_page = show_wrap(60, page);

	assert_contains(wrapped_page, "  why         no USB device 051d:0002 with serial UPS-1 is\n"
				      "              plugged in\n");
	assert_contains(wrapped_plan, "! hassio ups  missing: no USB device 051d:0002 with serial\n"
				      "              UPS-1 is plugged in\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_wrap_between_words_below_their_last_column),
		cmocka_unit_test(what_fits_or_cannot_break_is_not_wrapped),
		cmocka_unit_test(a_page_wraps_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
