/* SPDX-License-Identifier: MIT */
#include "reconciler/show/show.h"

#include "reconciler/core/remedy.h"
#include "reconciler/result.h"
#include "reconciler/show/show_plan.h"

struct run_tally {
	struct tally done;
	guint failed;
	guint retried;
	guint skipped;
	GHashTable *told; /* lines of tries that no longer matter: each once */
};

static char *describe_trouble(const struct outcome *outcome, const char *what)
{
	const char *message = outcome->message ? outcome->message : "no reason given";
	const char *verb = change_kind_name(action_change(outcome->action->kind));

	if (outcome->code == 0)
		return g_strdup_printf("%s %s: %s", verb, what, message);
	return g_strdup_printf("%s %s: %s (code %d)", verb, what, message, outcome->code);
}

/* The same, and what to do about it. */
static char *describe_failure(const struct outcome *outcome)
{
	const struct action *action = outcome->action;
	g_autofree char *trouble = describe_trouble(outcome, "failed");
	g_autofree char *remedy = remedy_for(outcome->message, action->domain, action->alias);

	return g_strconcat(trouble, remedy ? "; " : NULL, remedy, NULL);
}

static char *describe(const struct outcome *outcome)
{
	switch (outcome->kind) {
	case OUTCOME_FAILED:
		return describe_failure(outcome);
	case OUTCOME_SKIPPED:
		return describe_trouble(outcome, "skipped");
	case OUTCOME_DONE:
	case OUTCOME_PRINTED:
		return g_strdup_printf("%s %s",
				       change_kind_name(action_change(outcome->action->kind)),
				       outcome_kind_name(outcome->kind));
	}
	g_assert_not_reached();
}

char *show_outcome(const struct outcome *outcome)
{
	const struct action *action = outcome->action;
	g_autofree char *at = show_plan_address(action);
	g_autofree char *what = describe(outcome);

	return g_strdup_printf("%s/%s %s %s: %s", action->domain->name, show_plan_owner(action),
			       side_name(action_side(action->kind)), at, what);
}

/* TEXT is taken over. */
static void add_trouble(struct lines *lines, const struct outcome *outcome, const char *sign,
			char *text)
{
	const struct action *action = outcome->action;
	g_autofree char *at = show_plan_address(action);

	lines_add(lines, sign, action->domain->name, show_plan_owner(action),
		  side_name(action_side(action->kind)), at, text, NULL);
	g_free(text);
}

/* TEXT is taken over. */
static void add_try(struct lines *lines, const struct outcome *outcome, char *text,
		    struct run_tally *tally, guint *count)
{
	const struct action *action = outcome->action;
	char *key = g_strdup_printf("%s %s %s %s", action->domain->uuid, show_plan_owner(action),
				    side_name(action_side(action->kind)), text);

	if (g_hash_table_add(tally->told, key)) {
		add_trouble(lines, outcome, "=", text);
		(*count)++;
	} else {
		g_free(text);
	}
}

static void add_outcome(struct lines *lines, const struct pass *gathered,
			const struct outcome *outcome, struct run_tally *tally)
{
	switch (outcome->kind) {
	case OUTCOME_DONE:
	case OUTCOME_PRINTED:
		show_plan_add(lines, outcome->action, &tally->done);
		break;
	case OUTCOME_FAILED:
		if (result_was_retried(gathered, outcome)) {
			add_try(lines, outcome,
				describe_trouble(outcome, "failed, and was tried again"), tally,
				&tally->retried);
		} else {
			add_trouble(lines, outcome, "!", describe_failure(outcome));
			tally->failed++;
		}
		break;
	case OUTCOME_SKIPPED:
		add_try(lines, outcome, describe_trouble(outcome, "skipped"), tally,
			&tally->skipped);
		break;
	}
}

static char *count_outcomes(const struct run_tally *tally)
{
	g_autofree char *done = show_plan_count(&tally->done);
	GString *text = g_string_new(done);

	if (tally->failed + tally->retried + tally->skipped == 0)
		return g_string_free(text, FALSE);
	if (tally->done.sum == 0)
		g_string_assign(text, "nothing done");
	if (tally->failed)
		g_string_append_printf(text, ", %u failed", tally->failed);
	if (tally->retried)
		g_string_append_printf(text, ", %u tried again", tally->retried);
	if (tally->skipped)
		g_string_append_printf(text, ", %u skipped", tally->skipped);
	return g_string_free(text, FALSE);
}

char *show_run(const struct pass *gathered, const GPtrArray *only)
{
	struct lines *lines = lines_new();
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct run_tally tally = {.told = told};
	g_autofree char *text = NULL;
	g_autofree char *count = NULL;

	for (guint i = 0; i < gathered->outcomes->len; i++)
		add_outcome(lines, gathered, g_ptr_array_index(gathered->outcomes, i), &tally);
	show_plan_add_rest(lines, gathered->snapshot, gathered->plan, only, gathered);
	count = count_outcomes(&tally);
	text = lines_finish(lines);
	return g_strconcat(text, count, "\n", NULL);
}
