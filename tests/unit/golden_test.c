/* SPDX-License-Identifier: MIT */

/*
 * tests/cases/NAME.json is what `status --json` printed in some world; NAME.plan is what
 * `run --dry-run` prints for it. REGENERATE=1 writes the .plan files anew, for review.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "reconciler/core/planner.h"
#include "reconciler/show/show.h"
#include "state/json.h"

#define CASES TEST_DATA "/cases/"

static char *read_file(const char *path)
{
	g_autoptr(GError) error = NULL;
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, &error))
		fail_msg("%s", error->message);
	return text;
}

static char *plan_text(const char *json)
{
	OWN(snapshot) snapshot = NULL;
	OWN(history) history = NULL;
	OWN(plan) plan = NULL;
	g_autofree char *err = NULL;

	if (json_read_status(json, &snapshot, &history, &err) < 0)
		fail_msg("%s", err);
	plan = planner_plan(snapshot, history);
	return show_plan(snapshot, plan, NULL);
}

/* What the program writes of a recorded world is the same world again. */
static void check_round_trip(const char *json, const char *text)
{
	OWN(snapshot) snapshot = NULL;
	OWN(history) history = NULL;
	OWN(plan) plan = NULL;
	g_autofree char *err = NULL;
	g_autofree char *again = NULL;
	g_autofree char *text_again = NULL;

	assert_int_equal(json_read_status(json, &snapshot, &history, &err), 0);
	plan = planner_plan(snapshot, history);
	again = json_write_status(snapshot, plan, history);
	text_again = plan_text(again);
	assert_string_equal(text_again, text);
}

static void the_plan_is_as_recorded(void **state)
{
	const char *name = *state;
	g_autofree char *json_path = g_strdup_printf(CASES "%s.json", name);
	g_autofree char *plan_path = g_strdup_printf(CASES "%s.plan", name);
	g_autofree char *json = read_file(json_path);
	g_autofree char *text = plan_text(json);
	g_autofree char *expected = NULL;

	check_round_trip(json, text);
	if (g_getenv("REGENERATE"))
		assert_true(g_file_set_contents(plan_path, text, -1, NULL));
	expected = read_file(plan_path);
	assert_string_equal(text, expected);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *list_cases(void)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) directory = g_dir_open(CASES, 0, NULL);
	const char *file;

	g_assert(directory);
	while ((file = g_dir_read_name(directory))) {
		if (g_str_has_suffix(file, ".json"))
			g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(".json")));
	}
	g_ptr_array_sort(names, compare_names);
	return names;
}

int main(void)
{
	g_autoptr(GPtrArray) names = list_cases();
	g_autofree struct CMUnitTest *tests = g_new0(struct CMUnitTest, names->len);

	g_assert(names->len > 0);
	for (guint i = 0; i < names->len; i++) {
		tests[i].name = g_ptr_array_index(names, i);
		tests[i].test_func = the_plan_is_as_recorded;
		tests[i].initial_state = g_ptr_array_index(names, i);
	}
	return _cmocka_run_group_tests("golden", tests, names->len, NULL, NULL);
}
