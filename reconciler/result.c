/* SPDX-License-Identifier: MIT */
#include "reconciler/result.h"

#include <string.h>

static bool has_outcome(const struct pass *pass, const struct action *action)
{
	for (guint i = 0; i < pass->outcomes->len; i++) {
		const struct outcome *outcome = g_ptr_array_index(pass->outcomes, i);

		if (outcome->action == action)
			return true;
	}
	return false;
}

/* Moves the pass's actions to the end of ACTIONS: all of them, or those that were tried. */
static void take_actions(GPtrArray *actions, struct pass *pass, bool all)
{
	g_autoptr(GPtrArray) own = pass->plan->actions;

	pass->plan->actions = action_list_new();
	g_ptr_array_set_free_func(own, NULL);
	for (guint i = 0; i < own->len; i++) {
		struct action *action = g_ptr_array_index(own, i);
		bool taken = all || has_outcome(pass, action);

		g_ptr_array_add(taken ? actions : pass->plan->actions, action);
	}
}

struct pass *result_gather(GPtrArray *passes)
{
	struct pass *last = g_ptr_array_index(passes, passes->len - 1);
	GPtrArray *actions = action_list_new();
	GPtrArray *outcomes = outcome_list_new();

	for (guint i = 0; i < passes->len; i++) {
		struct pass *pass = g_ptr_array_index(passes, i);

		take_actions(actions, pass, pass == last);
		g_ptr_array_extend_and_steal(outcomes, g_steal_pointer(&pass->outcomes));
	}
	g_ptr_array_unref(last->plan->actions);
	last->plan->actions = actions;
	last->outcomes = outcomes;
	return last;
}

/* Each pass has values of its own: what is the same is told by the names. */
static bool same_attempt(const struct action *a, const struct action *b)
{
	return a->kind == b->kind && strcmp(a->domain->uuid, b->domain->uuid) == 0 &&
	       g_strcmp0(a->alias, b->alias) == 0;
}

bool result_was_retried(const struct pass *gathered, const struct outcome *outcome)
{
	bool later = false;

	for (guint i = 0; i < gathered->outcomes->len; i++) {
		const struct outcome *other = g_ptr_array_index(gathered->outcomes, i);

		if (later && same_attempt(other->action, outcome->action))
			return true;
		later = later || other == outcome;
	}
	return false;
}

static bool failed_for_good(const struct pass *gathered, const struct outcome *outcome)
{
	return outcome->kind == OUTCOME_FAILED && !result_was_retried(gathered, outcome);
}

bool result_tag_failed(const struct pass *gathered, const struct verdict *verdict)
{
	for (guint i = 0; i < gathered->outcomes->len; i++) {
		const struct outcome *outcome = g_ptr_array_index(gathered->outcomes, i);
		const struct action *action = outcome->action;

		if (action->tag && strcmp(action->domain->uuid, verdict->domain->uuid) == 0 &&
		    g_strcmp0(action->tag->name, verdict->tag->name) == 0 &&
		    failed_for_good(gathered, outcome))
			return true;
	}
	return false;
}

bool result_is_bad(const struct pass *gathered, const GPtrArray *only)
{
	for (guint i = 0; i < gathered->outcomes->len; i++) {
		if (failed_for_good(gathered, g_ptr_array_index(gathered->outcomes, i)))
			return true;
	}
	for (guint i = 0; i < gathered->snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(gathered->snapshot->domains, i);

		if (domain->unreadable && domain_is_among(domain, only))
			return true;
	}
	for (guint i = 0; i < gathered->plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(gathered->plan->verdicts, i);

		if (verdict->kind == VERDICT_FAILED && domain_is_among(verdict->domain, only))
			return true;
	}
	return false;
}
