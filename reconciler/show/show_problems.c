/* SPDX-License-Identifier: MIT */
#include "reconciler/show/show.h"

#include "reconciler/show/words.h"
#include "state/problem.h"

/* The message itself names entry and line. */
static void append_problem(GString *text, const struct problem *problem)
{
	bool has_tag = problem->domain && problem->tag;
	g_autofree char *line = words_line("%s: %s%s%s%s%s", severity_name(problem->severity),
					   problem->domain ? problem->domain : "",
					   has_tag ? "/" : "", has_tag ? problem->tag : "",
					   problem->domain ? ": " : "", problem->message);
	g_autofree char *hint = NULL;

	g_string_append(text, line);
	if (!problem->hint)
		return;
	hint = words_line("  %s", problem->hint);
	g_string_append(text, hint);
}

char *show_problems(const GPtrArray *problems, const struct domain *only)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(problems, i);

		if (!only || g_strcmp0(problem->domain, only->name) == 0)
			append_problem(text, problem);
	}
	return g_string_free(text, FALSE);
}

static bool is_of_entry(const struct problem *problem, const struct problem *other)
{
	return problem->code == other->code && problem->entry == other->entry &&
	       g_strcmp0(problem->domain, other->domain) == 0;
}

static bool is_told(const GPtrArray *problems, guint index)
{
	const struct problem *problem = g_ptr_array_index(problems, index);

	if (problem->code != PROBLEM_METADATA_INVALID || problem->entry == 0)
		return false;
	for (guint i = 0; i < index; i++) {
		if (is_of_entry(g_ptr_array_index(problems, i), problem))
			return false;
	}
	return true;
}

GPtrArray *show_untold(const struct snapshot *snapshot, const struct plan *plan)
{
	GPtrArray *untold = g_ptr_array_new();

	for (guint i = 0; i < snapshot->problems->len; i++) {
		if (!is_told(snapshot->problems, i))
			g_ptr_array_add(untold, g_ptr_array_index(snapshot->problems, i));
	}
	g_ptr_array_extend(untold, plan->problems, NULL, NULL);
	return untold;
}
