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

/* The pass's actions and outcomes; ALL: also the actions that were not tried. */
static void take(struct pass *gathered, const struct pass *pass, const GPtrArray *only, bool all)
{
	for (guint i = 0; i < pass->plan->actions->len; i++) {
		struct action *action = g_ptr_array_index(pass->plan->actions, i);

		if (domain_is_among(action->domain, only) && (all || has_outcome(pass, action)))
			g_ptr_array_add(gathered->plan->actions, action);
	}
	for (guint i = 0; i < pass->outcomes->len; i++) {
		struct outcome *outcome = g_ptr_array_index(pass->outcomes, i);

		if (domain_is_among(outcome->action->domain, only))
			g_ptr_array_add(gathered->outcomes, outcome);
	}
}

static struct plan *share_plan(const struct plan *plan)
{
	struct plan *shared = g_memdup2(plan, sizeof(*plan));

	shared->actions = g_ptr_array_new();
	g_ptr_array_ref(shared->verdicts);
	g_ptr_array_ref(shared->unmanaged);
	g_ptr_array_ref(shared->problems);
	g_array_ref(shared->wakes);
	return shared;
}

struct pass *result_gather(const GPtrArray *passes, const GPtrArray *only)
{
	const struct pass *last = g_ptr_array_index(passes, passes->len - 1);
	struct pass *gathered = g_new0(struct pass, 1);

	gathered->snapshot = snapshot_share(last->snapshot);
	gathered->plan = share_plan(last->plan);
	gathered->outcomes = g_ptr_array_new();
	for (guint i = 0; i < passes->len; i++) {
		const struct pass *pass = g_ptr_array_index(passes, i);

		take(gathered, pass, only, pass == last);
	}
	return gathered;
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
		const struct outcome *outcome = g_ptr_array_index(gathered->outcomes, i);

		if (domain_is_among(outcome->action->domain, only) &&
		    failed_for_good(gathered, outcome))
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
