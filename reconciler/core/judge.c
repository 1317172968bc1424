/* SPDX-License-Identifier: MIT */
#include "reconciler/core/judge.h"

#include "reconciler/core/explain.h"

/* Does a guest have it by a hostdev, anybody's? Then the program that holds it is that guest's
 * QEMU.
 */
static bool has_hostdev(const struct snapshot *snapshot, const struct device *device)
{
	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);

		for (guint k = 0; k < domain->live->len; k++) {
			if (hostdev_is(g_ptr_array_index(domain->live, k), device))
				return true;
		}
	}
	return false;
}

enum reason judge_refusal(const struct snapshot *snapshot, const struct tag *tag,
			  const struct device *device, bool live)
{
	if (!device->authorized)
		return REASON_UNAUTHORIZED;
	if (device->guest_uses->len > 0)
		return REASON_IN_USE_BY_GUEST;
	if (tag->force)
		return REASON_NONE;
	if (device->in_use ||
	    (device->claimed && !live && !(snapshot && has_hostdev(snapshot, device))))
		return REASON_IN_USE_BY_HOST;
	return REASON_NONE;
}

/* The first that applies, in the order of enum verdict_kind. */
static enum reason reason_of(const struct slot *slot, const struct claim *claim,
			     enum reason refusal)
{
	if (!claim_asks(claim))
		return claim->reason;
	if (!slot->domain->running && !slot->failed)
		return slot->pending ? slot->reason : REASON_DOMAIN_OFF;
	if (claim->owned->len == 0)
		return claim->reason;
	if (refusal != REASON_NONE)
		return refusal;
	return slot->reason;
}

static enum severity severity_of(const struct member *member, const struct slot *slot)
{
	uint64_t since;

	switch (member->kind) {
	case VERDICT_DISABLED:
	case VERDICT_INACTIVE:
	case VERDICT_ATTACHED:
		return SEVERITY_OK;
	case VERDICT_MISSING:
		if (slot->tag->required)
			return SEVERITY_CRITICAL;
		return slot->tag->group ? SEVERITY_OK : SEVERITY_WARNING;
	case VERDICT_CONTESTED:
		return member->owner_tag ? SEVERITY_OK : SEVERITY_WARNING;
	case VERDICT_PENDING:
		/* It takes as long as it takes, and whoever moves the guest knows. */
		if (member->reason == REASON_MIGRATING)
			return SEVERITY_WARNING;
		since = slot->memory ? slot->memory->pending_since : 0;
		return since && slot->snapshot->now - since >= JUDGE_PATIENCE ? SEVERITY_CRITICAL
									      : SEVERITY_WARNING;
	case VERDICT_INVALID:
	case VERDICT_AMBIGUOUS:
	case VERDICT_REFUSED:
	case VERDICT_FAILED:
		return SEVERITY_CRITICAL;
	}
	g_assert_not_reached();
}

/* Of the sides only one is reported: the one that fails now, else the first that has failed before.
 */
static void note_setback(struct member *member, const struct slot *slot)
{
	const struct setback *setback = slot->memory->sides;

	if (slot->failed)
		setback += slot->failing;
	for (int side = 0; side < SIDES && setback->failures == 0 && !slot->failed; side++)
		setback = &slot->memory->sides[side];
	member->failures = setback->failures;
	member->next_try = setback->next_try;
	member->error_code = setback->error_code;
	member->error = setback->error;
	if (member->reason == REASON_RESTLESS) {
		member->failures = slot->deed->trips;
		member->next_try = slot->next_try;
	}
}

struct member *judge_member(const struct slot *slot, const struct claim *claim,
			    const struct device *device, enum reason refusal)
{
	struct member *member = g_new0(struct member, 1);

	member->reason = reason_of(slot, claim, refusal);
	member->kind = reason_verdict(member->reason);
	member->alias = g_strdup(slot->alias);
	member->device = device;
	member->live = slot->live;
	member->config = slot->config;
	member->memory = slot->memory;
	if (slot->memory)
		note_setback(member, slot);
	if (member->kind == VERDICT_CONTESTED) {
		member->disputed = claim->disputed;
		member->owner_domain = claim->owner_domain;
		member->owner_tag = claim->owner_tag;
		member->owner_hostdev = claim->owner_hostdev;
	} else if (member->reason == REASON_FOREIGN_HOSTDEV ||
		   member->reason == REASON_WAITING_RELEASE) {
		member->owner_domain = slot->blocker_domain;
		member->owner_hostdev = slot->blocker;
	}
	member->severity = severity_of(member, slot);
	member->sentence = explain_member(slot, claim, device, member->reason);
	return member;
}

/* The member whose state speaks for the whole group. */
static const struct member *worst_of(const GPtrArray *members)
{
	const struct member *worst = g_ptr_array_index(members, 0);

	for (guint i = 1; i < members->len; i++) {
		const struct member *member = g_ptr_array_index(members, i);

		if (member->severity > worst->severity ||
		    (member->severity == worst->severity && member->kind < worst->kind))
			worst = member;
	}
	return worst;
}

/* A full group says whom it has not. */
static char *describe_group(const struct claim *claim, guint members)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *divider = "; its limit is reached, and not in it: ";

	g_string_printf(text, "%u device%s", members, members == 1 ? "" : "s");
	for (guint i = 0; claim->owned->len == claim->tag->limit && i < claim->candidates->len;
	     i++) {
		const struct device *device = g_ptr_array_index(claim->candidates, i);

		if (g_ptr_array_find(claim->owned, device, NULL))
			continue;
		g_string_append_printf(text, "%s%s", divider, device->sysname);
		divider = ", ";
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

struct verdict *judge_tag(const struct claim *claim, GPtrArray *members)
{
	struct verdict *verdict = g_new0(struct verdict, 1);
	const struct member *worst = worst_of(members);

	verdict->domain = claim->domain;
	verdict->tag = claim->tag;
	verdict->kind = worst->kind;
	verdict->reason = worst->reason;
	verdict->severity = worst->severity;
	verdict->sentence = g_strdup(worst->sentence);
	if (claim->tag->group && worst->kind == VERDICT_ATTACHED) {
		g_free(verdict->sentence);
		verdict->sentence = describe_group(claim, members->len);
	}
	verdict->members = members;
	verdict->candidates = g_ptr_array_copy(claim->candidates, NULL, NULL);
	return verdict;
}
