/* SPDX-License-Identifier: MIT */
#include "state/plan.h"

struct plan *plan_new(void)
{
	struct plan *plan = g_new0(struct plan, 1);

	plan->actions = action_list_new();
	plan->verdicts = g_ptr_array_new_with_free_func(verdict_drop);
	plan->unmanaged = g_ptr_array_new_with_free_func(g_free);
	plan->problems = problem_list_new();
	plan->wakes = g_array_new(FALSE, FALSE, sizeof(struct wake));
	return plan;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	g_ptr_array_unref(plan->actions);
	g_ptr_array_unref(plan->verdicts);
	g_ptr_array_unref(plan->unmanaged);
	g_ptr_array_unref(plan->problems);
	g_array_unref(plan->wakes);
	g_free(plan);
}

struct action *action_new(void)
{
	struct action *action = g_new0(struct action, 1);

	action->after = g_ptr_array_new();
	return action;
}

GPtrArray *action_list_new(void)
{
	return g_ptr_array_new_with_free_func(action_drop);
}

void action_free(struct action *action)
{
	if (!action)
		return;
	g_free(action->slot);
	g_free(action->alias);
	g_free(action->guest_port);
	g_free(action->rest);
	g_clear_pointer(&action->after, g_ptr_array_unref);
	g_free(action);
}

void verdict_free(struct verdict *verdict)
{
	if (!verdict)
		return;
	g_free(verdict->sentence);
	g_clear_pointer(&verdict->members, g_ptr_array_unref);
	g_clear_pointer(&verdict->candidates, g_ptr_array_unref);
	g_free(verdict);
}

void member_free(struct member *member)
{
	if (!member)
		return;
	g_free(member->sentence);
	g_free(member->alias);
	g_free(member);
}

void outcome_free(struct outcome *outcome)
{
	if (!outcome)
		return;
	g_free(outcome->message);
	g_free(outcome->guest_port);
	g_free(outcome);
}

GPtrArray *outcome_list_new(void)
{
	return g_ptr_array_new_with_free_func(outcome_drop);
}

uint64_t plan_wake(const struct plan *plan)
{
	uint64_t first = 0;

	for (guint i = 0; i < plan->wakes->len; i++) {
		uint64_t when = g_array_index(plan->wakes, struct wake, i).when;

		first = first == 0 || when < first ? when : first;
	}
	return first;
}

const struct verdict *plan_find_verdict(const struct plan *plan, const struct domain *domain,
					const struct tag *tag)
{
	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		if (verdict->domain == domain && verdict->tag == tag)
			return verdict;
	}
	return NULL;
}

enum severity plan_severity(const struct plan *plan, const struct snapshot *snapshot,
			    const struct domain *domain, const struct tag *tag)
{
	enum severity worst = SEVERITY_OK;

	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		if ((!domain || verdict->domain == domain) && (!tag || verdict->tag == tag))
			worst = MAX(worst, verdict->severity);
	}
	for (guint i = 0; !tag && i < snapshot->problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(snapshot->problems, i);

		if (!domain || g_strcmp0(problem->domain, domain->name) == 0)
			worst = MAX(worst, problem->severity);
	}
	return worst;
}

const char *verdict_kind_name(enum verdict_kind kind)
{
	static const char *const names[] = {
		[VERDICT_INVALID] = "invalid",     [VERDICT_DISABLED] = "disabled",
		[VERDICT_INACTIVE] = "inactive",   [VERDICT_MISSING] = "missing",
		[VERDICT_AMBIGUOUS] = "ambiguous", [VERDICT_REFUSED] = "refused",
		[VERDICT_CONTESTED] = "contested", [VERDICT_FAILED] = "failed",
		[VERDICT_PENDING] = "pending",     [VERDICT_ATTACHED] = "attached",
	};

	return names[kind];
}

static const struct {
	const char *name;
	enum verdict_kind verdict;
} reasons[] = {
	[REASON_INVALID_ENTRY] = {"invalid_entry", VERDICT_INVALID},
	[REASON_DISABLED] = {"disabled", VERDICT_DISABLED},
	[REASON_DOMAIN_OFF] = {"domain_off", VERDICT_INACTIVE},
	[REASON_NOT_PLUGGED_IN] = {"not_plugged_in", VERDICT_MISSING},
	[REASON_EMPTY_GROUP] = {"empty_group", VERDICT_MISSING},
	[REASON_SEVERAL_MATCH] = {"several_match", VERDICT_AMBIGUOUS},
	[REASON_HUB] = {"hub", VERDICT_REFUSED},
	[REASON_UNAUTHORIZED] = {"unauthorized", VERDICT_REFUSED},
	[REASON_IGNORED_BY_HOST] = {"ignored_by_host", VERDICT_REFUSED},
	[REASON_IN_USE_BY_HOST] = {"in_use_by_host", VERDICT_REFUSED},
	[REASON_IN_USE_BY_GUEST] = {"in_use_by_guest", VERDICT_REFUSED},
	[REASON_OWNED_BY_TAG] = {"owned_by_tag", VERDICT_CONTESTED},
	[REASON_OWNED_BY_HOSTDEV] = {"owned_by_hostdev", VERDICT_CONTESTED},
	[REASON_LIBVIRT_ERROR] = {"libvirt_error", VERDICT_FAILED},
	[REASON_NOT_ALIVE] = {"not_alive", VERDICT_FAILED},
	[REASON_FOREIGN_HOSTDEV] = {"foreign_hostdev", VERDICT_FAILED},
	[REASON_ALIAS_TAKEN] = {"alias_taken", VERDICT_FAILED},
	[REASON_GUEST_PORT_TAKEN] = {"guest_port_taken", VERDICT_FAILED},
	[REASON_RESTLESS] = {"restless", VERDICT_FAILED},
	[REASON_DOMAIN_UNREADABLE] = {"domain_unreadable", VERDICT_FAILED},
	[REASON_NOT_ATTACHED] = {"not_attached", VERDICT_PENDING},
	[REASON_MOVED] = {"moved", VERDICT_PENDING},
	[REASON_PLACEHOLDER] = {"placeholder", VERDICT_PENDING},
	[REASON_DEAD] = {"dead", VERDICT_PENDING},
	[REASON_MAYBE_DEAD] = {"maybe_dead", VERDICT_PENDING},
	[REASON_SETTLING] = {"settling", VERDICT_PENDING},
	[REASON_MIGRATING] = {"migrating", VERDICT_PENDING},
	[REASON_WAITING_RELEASE] = {"waiting_release", VERDICT_PENDING},
	[REASON_CONFIG_STALE] = {"config_stale", VERDICT_PENDING},
	[REASON_CONFIG_ABSENT] = {"config_absent", VERDICT_PENDING},
	[REASON_CONFIG_UNWANTED] = {"config_unwanted", VERDICT_PENDING},
	[REASON_IMAGE_STALE] = {"image_stale", VERDICT_PENDING},
	[REASON_DEVICE_GONE] = {"device_gone", VERDICT_PENDING},
	[REASON_NOT_OWNED] = {"not_owned", VERDICT_PENDING},
	[REASON_HOST_STOPPING] = {"host_stopping", VERDICT_PENDING},
	[REASON_TAG_GONE] = {"tag_gone", VERDICT_PENDING},
	[REASON_REQUESTED] = {"requested", VERDICT_PENDING},
	[REASON_ATTACHED] = {"attached", VERDICT_ATTACHED},
	[REASON_ADOPTED] = {"adopted", VERDICT_ATTACHED},
};

const char *reason_name(enum reason reason)
{
	return reasons[reason].name;
}

enum verdict_kind reason_verdict(enum reason reason)
{
	return reasons[reason].verdict;
}

const char *action_kind_name(enum action_kind kind)
{
	static const char *const names[] = {
		[ACTION_DETACH_LIVE] = "detach_live",     [ACTION_ATTACH_LIVE] = "attach_live",
		[ACTION_DETACH_CONFIG] = "detach_config", [ACTION_ATTACH_CONFIG] = "attach_config",
		[ACTION_EDIT_IMAGE] = "edit_image",
	};

	return names[kind];
}

enum domain_side action_side(enum action_kind kind)
{
	switch (kind) {
	case ACTION_DETACH_LIVE:
	case ACTION_ATTACH_LIVE:
		return SIDE_LIVE;
	case ACTION_DETACH_CONFIG:
	case ACTION_ATTACH_CONFIG:
		return SIDE_CONFIG;
	case ACTION_EDIT_IMAGE:
		return SIDE_IMAGE;
	}
	g_assert_not_reached();
}

enum change_kind action_change(enum action_kind kind)
{
	switch (kind) {
	case ACTION_ATTACH_LIVE:
	case ACTION_ATTACH_CONFIG:
		return CHANGE_ATTACH;
	case ACTION_DETACH_LIVE:
	case ACTION_DETACH_CONFIG:
		return CHANGE_DETACH;
	case ACTION_EDIT_IMAGE:
		return CHANGE_EDIT;
	}
	g_assert_not_reached();
}

const char *outcome_kind_name(enum outcome_kind kind)
{
	static const char *const names[] = {
		[OUTCOME_DONE] = "done",
		[OUTCOME_FAILED] = "failed",
		[OUTCOME_SKIPPED] = "skipped",
		[OUTCOME_PRINTED] = "printed",
	};

	return names[kind];
}
