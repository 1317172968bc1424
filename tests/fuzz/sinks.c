/* SPDX-License-Identifier: MIT */
#include "sinks.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/core/planner.h"
#include "reconciler/show/show.h"
#include "state/json.h"

/* Lines of visible text: no control character, and none that reorders what stands beside it. */
static bool is_harmless(gunichar c)
{
	if (c == '\n')
		return true;
	if (g_unichar_iscntrl(c) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return false;
	return c != 0x2028 && c != 0x2029 && c != 0x200e && c != 0x200f && c != 0x061c;
}

/* TEXT is used up. */
static void check_text(const char *what, char *text)
{
	if (!g_utf8_validate(text, -1, NULL)) {
		g_printerr("broken: %s is not UTF-8\n", what);
		abort();
	}
	for (const char *at = text; *at; at = g_utf8_next_char(at)) {
		if (is_harmless(g_utf8_get_char(at)))
			continue;
		g_printerr("broken: %s has U+%04X\n", what, g_utf8_get_char(at));
		abort();
	}
	g_free(text);
}

static void check_line(const char *what, char *text)
{
	const char *end = strchr(text, '\n');

	if (end && end[1] != '\0') {
		g_printerr("broken: %s is more than a line\n", what);
		abort();
	}
	check_text(what, text);
}

static void check_json(const struct snapshot *snapshot, const struct plan *plan,
		       const struct history *history)
{
	char *text = json_write_status(snapshot, plan, history);
	g_autofree char *err = NULL;
	OWN(snapshot) again = NULL;
	OWN(history) history_again = NULL;

	if (json_read_status(text, &again, &history_again, &err) != 0) {
		g_printerr("broken: what is written cannot be read: %s\n", err);
		abort();
	}
	check_text("the document", text);
}

static void check_domain(const struct snapshot *snapshot, const struct plan *plan,
			 const struct domain *domain)
{
	const struct show_style terminal = {.width = 80};

	check_text("the table of a domain", show_status(&terminal, snapshot, plan, domain));
	check_line("the line of a domain", show_plugin(snapshot, plan, domain, NULL));
	check_text("the problems", show_problems(snapshot->problems, domain));
}

void sinks_check(const struct snapshot *snapshot, const struct history *history)
{
	const struct show_style terminal = {.width = 80}, pipe = {0};
	OWN(plan) plan = planner_plan(snapshot, history);

	check_text("the plan", show_plan(snapshot, plan, NULL));
	check_text("the table", show_status(&terminal, snapshot, plan, NULL));
	check_text("the table in a pipe", show_status(&pipe, snapshot, plan, NULL));
	check_text("the devices", show_devices(&terminal, snapshot, plan, true));
	check_text("the tree", show_devices_tree(&terminal, snapshot, plan));
	check_text("the metrics", show_metrics(snapshot, plan));
	check_line("the line for Nagios", show_plugin(snapshot, plan, NULL, NULL));
	for (guint i = 0; i < plan->verdicts->len; i++)
		check_text("the answer to why",
			   show_tag(snapshot, plan, g_ptr_array_index(plan->verdicts, i)));
	for (guint i = 0; i < snapshot->domains->len; i++)
		check_domain(snapshot, plan, g_ptr_array_index(snapshot->domains, i));
	check_json(snapshot, plan, history);
}
