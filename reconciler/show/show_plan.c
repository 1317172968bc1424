/* SPDX-License-Identifier: MIT */
#include "reconciler/show/show_plan.h"

#include <string.h>

#include "reconciler/result.h"
#include "reconciler/show/show.h"
#include "reconciler/show/words.h"

char *show_plan_address(const struct action *action)
{
	if (action->hostdev)
		return words_at(action->hostdev);
	return words_address(action->device->bus, action->device->dev);
}

const char *show_plan_owner(const struct action *action)
{
	if (action->tag && action->tag->name)
		return action->tag->name;
	return action->alias ? action->alias : "-";
}

/* "config_stale" as "config stale": the reason codes are words. */
static char *reason_words(enum reason reason)
{
	return g_strdelimit(g_strdup(reason_name(reason)), "_", ' ');
}

static char *describe_attach(const struct action *action)
{
	g_autofree char *device = words_device(action->device);
	GString *text = g_string_new(device);

	if (action->guest_port)
		g_string_append_printf(text, "  guest port %s", action->guest_port);
	if (action->guest_reset != GUEST_RESET_DEFAULT)
		g_string_append_printf(text, "  guest reset %s",
				       guest_reset_name(action->guest_reset));
	return g_string_free(text, FALSE);
}

static char *describe(const struct action *action, enum change_kind change)
{
	g_autofree char *reason = reason_words(action->reason);
	g_autofree char *address = NULL;

	if (change == CHANGE_ATTACH)
		return describe_attach(action);
	if (change == CHANGE_DETACH)
		return g_steal_pointer(&reason);
	if (!action->device)
		return g_strdup_printf("becomes optional: %s", reason);
	address = words_address(action->device->bus, action->device->dev);
	return g_strdup_printf("becomes %s: %s", address, reason);
}

void show_plan_add(struct lines *lines, const struct action *action, struct tally *tally)
{
	static const char *const signs[CHANGES] = {
		[CHANGE_ATTACH] = "+",
		[CHANGE_DETACH] = "-",
		[CHANGE_EDIT] = "~",
	};
	enum change_kind change = action_change(action->kind);
	g_autofree char *at = show_plan_address(action);
	g_autofree char *rest = describe(action, change);

	lines_add(lines, signs[change], action->domain->name, show_plan_owner(action),
		  side_name(action_side(action->kind)), at, rest, NULL);
	tally->changes[change]++;
	tally->sum++;
}

static bool needs_attention(enum verdict_kind kind, enum severity severity)
{
	switch (kind) {
	case VERDICT_INVALID:
	case VERDICT_AMBIGUOUS:
	case VERDICT_REFUSED:
	case VERDICT_CONTESTED:
	case VERDICT_FAILED:
		return true;
	case VERDICT_MISSING:
		return severity == SEVERITY_CRITICAL;
	case VERDICT_DISABLED:
	case VERDICT_INACTIVE:
	case VERDICT_PENDING:
	case VERDICT_ATTACHED:
		return false;
	}
	g_assert_not_reached();
}

/* DEVICE: which member it is about, NULL where there is but one. */
static void add_attention(struct lines *lines, const struct verdict *verdict,
			  enum verdict_kind kind, const struct device *device, const char *sentence)
{
	g_autofree char *name = words_tag(verdict->tag);
	g_autofree char *which = device ? words_device(device) : NULL;
	g_autofree char *text = g_strdup_printf("%s: %s%s%s", verdict_kind_name(kind),
						which ? which : "", which ? ": " : "", sentence);

	lines_add(lines, "!", verdict->domain->name, name, text, NULL);
}

static void add_attention_of(struct lines *lines, const struct verdict *verdict)
{
	for (guint i = 0; i < verdict->members->len; i++) {
		const struct member *member = g_ptr_array_index(verdict->members, i);

		if (needs_attention(member->kind, member->severity))
			add_attention(lines, verdict, member->kind,
				      verdict->tag->group ? member->device : NULL,
				      member->sentence);
	}
}

/* A plan shows every critical problem, and of the warnings only those that planning itself found:
 * the others are `status`'s to show. */
static void add_problem(struct lines *lines, const struct problem *problem)
{
	if (problem->severity == SEVERITY_CRITICAL || problem_is_planned(problem))
		lines_add(lines, "!", problem->domain ? problem->domain : "-",
			  problem->tag ? problem->tag : "-", problem->message, NULL);
}

char *show_plan_count(const struct tally *tally)
{
	g_autofree char *actions = words_count(tally->sum, "action");
	g_autoptr(GString) kinds = g_string_new(NULL);

	if (tally->sum == 0)
		return g_strdup("nothing to do");
	for (int kind = 0; kind < CHANGES; kind++) {
		if (tally->changes[kind] > 0)
			g_string_append_printf(kinds, ", %u %s", tally->changes[kind],
					       change_kind_name((enum change_kind)kind));
	}
	return g_strdup_printf("%s: %s", actions, kinds->str + strlen(", "));
}

static bool problem_is_among(const struct snapshot *snapshot, const GPtrArray *only,
			     const struct problem *problem)
{
	const struct domain *domain =
		problem->domain ? snapshot_find_domain(snapshot, problem->domain) : NULL;

	return !domain || domain_is_among(domain, only);
}

void show_plan_add_rest(struct lines *lines, const struct snapshot *snapshot,
			const struct plan *plan, const GPtrArray *only, const struct pass *gathered)
{
	g_autoptr(GPtrArray) untold = show_untold(snapshot, plan);

	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		if (domain_is_among(verdict->domain, only) &&
		    !(gathered && result_tag_failed(gathered, verdict)))
			add_attention_of(lines, verdict);
	}
	for (guint i = 0; i < untold->len; i++) {
		const struct problem *problem = g_ptr_array_index(untold, i);

		if (problem_is_among(snapshot, only, problem))
			add_problem(lines, problem);
	}
}

char *show_plan(const struct snapshot *snapshot, const struct plan *plan, const GPtrArray *only)
{
	struct lines *lines = lines_new();
	struct tally tally = {0};
	g_autofree char *text = NULL;
	g_autofree char *count = NULL;

	for (guint i = 0; i < plan->actions->len; i++) {
		const struct action *action = g_ptr_array_index(plan->actions, i);

		if (domain_is_among(action->domain, only))
			show_plan_add(lines, action, &tally);
	}
	show_plan_add_rest(lines, snapshot, plan, only, NULL);
	count = show_plan_count(&tally);
	text = lines_finish(lines);
	return g_strconcat(text, count, "\n", NULL);
}
