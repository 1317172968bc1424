/* SPDX-License-Identifier: MIT */
#include "reconciler/core/planner.h"

#include "reconciler/core/aliases.h"
#include "reconciler/core/blocked.h"
#include "reconciler/core/warnings.h"
#include "reconciler/core/claim.h"
#include "reconciler/core/judge.h"
#include "reconciler/core/lost.h"
#include "reconciler/core/plan_index.h"
#include "reconciler/core/remember.h"
#include "reconciler/core/room.h"
#include "reconciler/core/slot.h"

/* A slot and what is said about it. `claim` is NULL for a hostdev whose tag is gone. */
struct job {
	struct slot slot;
	char *alias;
	const struct claim *claim;
	const struct device *device;
	enum reason refusal;
	bool counted; /* does it make a member of the verdict? */
};

struct planning {
	const struct snapshot *snapshot;
	const struct history *history;
	GPtrArray *jobs;      /* struct job *, by domain; a claim's stand together */
	GHashTable *by_alias; /* the same, a set of those of one domain and alias */
	GHashTable *adopted;  /* const struct hostdev *: those that a job has for its own */
	struct plan_index *index;
	struct plan *plan;
};

static void job_free(gpointer data)
{
	struct job *job = data;

	slot_clear(&job->slot);
	g_free(job->alias);
	g_free(job);
}

static guint hash_job(gconstpointer data)
{
	const struct job *job = data;

	return g_direct_hash(job->slot.domain) ^ g_str_hash(job->alias);
}

static gboolean same_job(gconstpointer a, gconstpointer b)
{
	const struct job *one = a, *other = b;

	return one->slot.domain == other->slot.domain && strcmp(one->alias, other->alias) == 0;
}

static void adopt(struct planning *planning, const struct hostdev *hostdev)
{
	if (hostdev)
		g_hash_table_add(planning->adopted, (gpointer)(uintptr_t)hostdev);
}

static void refuse(const struct planning *planning, struct job *job, bool live)
{
	job->refusal = judge_refusal(planning->snapshot, job->claim->tag, job->device, live);
	if (job->refusal == REASON_NONE)
		return;
	if (job->refusal != REASON_UNAUTHORIZED)
		job->slot.in_use = job->device;
	if (live && job->slot.in_use)
		return;
	job->slot.device = NULL;
	job->slot.why_none = REASON_NOT_OWNED;
}

/* A device that the guest has already, and that need not be attached again, is not refused to it.
 */
static enum reason refusal_of(const struct job *job)
{
	return job->slot.device && !job->slot.let_go ? REASON_NONE : job->refusal;
}

/* Takes the slot over. */
static struct job *add_job(struct planning *planning, const struct slot *slot,
			   const struct claim *claim, const struct device *device)
{
	struct job *job = g_new0(struct job, 1);

	job->slot = *slot;
	job->alias = g_strdup(slot->alias);
	job->slot.alias = job->alias;
	job->claim = claim;
	job->device = device;
	job->refusal = REASON_NONE;
	job->counted = claim != NULL;
	if (device) {
		refuse(planning, job, slot_is_live(slot));
	}
	g_ptr_array_add(planning->jobs, job);
	g_hash_table_add(planning->by_alias, job);
	adopt(planning, slot->live);
	adopt(planning, slot->config);
	adopt(planning, slot->image);
	return job;
}

static struct job *add_claim_job(struct planning *planning, const struct claim *claim,
				 const char *alias, const struct device *device,
				 enum reason why_none)
{
	struct slot slot;

	slot_init(&slot, planning->snapshot, planning->history, claim->domain, claim->tag, alias,
		  device, why_none);
	return add_job(planning, &slot, claim, device);
}

static enum reason why_without_device(enum reason reason)
{
	if (reason == REASON_NOT_PLUGGED_IN || reason == REASON_EMPTY_GROUP)
		return REASON_DEVICE_GONE;
	return reason == REASON_DISABLED ? REASON_DISABLED : REASON_NOT_OWNED;
}

static bool has_job(const struct planning *planning, const struct domain *domain, char *alias)
{
	struct job wanted = {.slot = {.domain = domain}, .alias = alias};

	return g_hash_table_contains(planning->by_alias, &wanted);
}

/* Hostdevs of one list that carry an alias of the claim's group but stand for no member it has now.
 */
static void add_leftovers(struct planning *planning, const struct claim *claim,
			  const GPtrArray *side)
{
	for (guint i = 0; i < side->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(side, i);
		struct job *job;

		if (!tag_owns_alias(claim->tag, hostdev->alias) ||
		    has_job(planning, claim->domain, hostdev->alias))
			continue;
		job = add_claim_job(planning, claim, hostdev->alias, NULL,
				    why_without_device(claim->reason));
		job->counted = false;
	}
}

/* Members that left a hostdev behind which a group had adopted: only memory knows them. */
static void add_remembered(struct planning *planning, const struct claim *claim)
{
	const struct domain *domain = claim->domain;
	GHashTable *memories = history_of(planning->history, domain->uuid);
	g_autoptr(GList) aliases = memories ? g_hash_table_get_keys(memories) : NULL;

	aliases = g_list_sort(aliases, (GCompareFunc)strcmp);
	for (const GList *at = aliases; at; at = at->next) {
		const struct memory *memory = g_hash_table_lookup(memories, at->data);
		struct job *job;

		if (!tag_owns_alias(claim->tag, at->data) || has_job(planning, domain, at->data) ||
		    (!lost_find_remembered(planning->snapshot, domain, domain->live, memory) &&
		     !lost_find_remembered(planning->snapshot, domain, domain->config, memory)))
			continue;
		job = add_claim_job(planning, claim, at->data, NULL,
				    why_without_device(claim->reason));
		job->counted = false;
	}
}

static void add_claim(struct planning *planning, const struct claim *claim)
{
	const struct domain *domain = claim->domain;
	g_autoptr(GPtrArray) aliases = aliases_choose(claim);
	g_autofree char *alias = NULL;

	for (guint i = 0; i < claim->owned->len; i++)
		add_claim_job(planning, claim, g_ptr_array_index(aliases, i),
			      g_ptr_array_index(claim->owned, i), REASON_NOT_OWNED);
	if (claim->owned->len == 0) {
		/* A tag without a usable name has no alias. No hostdev has an empty one, so the
		 * slot finds none. */
		alias = tag_alias(claim->tag, NULL);
		add_claim_job(planning, claim, alias ? alias : "", NULL,
			      why_without_device(claim->reason));
	}
	if (claim->tag->group) {
		add_leftovers(planning, claim, domain->live);
		add_leftovers(planning, claim, domain->config);
		add_leftovers(planning, claim, domain->image);
		add_remembered(planning, claim);
	}
}

/* Has some tag of the domain taken this hostdev for its own? */
static bool is_adopted(const struct planning *planning, const struct hostdev *hostdev)
{
	return g_hash_table_contains(planning->adopted, hostdev);
}

static void leave_if_adopted(const struct planning *planning, const struct hostdev **hostdev)
{
	if (*hostdev && is_adopted(planning, *hostdev))
		*hostdev = NULL;
}

/* Of the jobs so far, which are those of claims. */
static void find_lost(struct planning *planning)
{
	g_autoptr(GPtrArray) slots = g_ptr_array_new();

	for (guint i = 0; i < planning->jobs->len; i++) {
		struct job *job = g_ptr_array_index(planning->jobs, i);

		/* An empty group has no alias by which anything could be remembered. */
		if (!job->slot.domain->unreadable && !job->slot.tag->complaint && job->alias[0])
			g_ptr_array_add(slots, &job->slot);
	}
	lost_find(slots, planning->adopted);
}

/* Hostdevs with our alias whose tag is gone, of one list. Those that a renamed tag has taken over
 * stay, on whichever side it has. */
static void add_gone(struct planning *planning, const struct domain *domain, const GPtrArray *side)
{
	for (guint i = 0; i < side->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(side, i);
		struct slot slot;

		if (!claim_is_gone(domain, hostdev) || is_adopted(planning, hostdev))
			continue;
		slot_init(&slot, planning->snapshot, planning->history, domain, NULL,
			  hostdev->alias, NULL, REASON_TAG_GONE);
		leave_if_adopted(planning, &slot.live);
		leave_if_adopted(planning, &slot.config);
		leave_if_adopted(planning, &slot.image);
		add_job(planning, &slot, NULL, NULL);
	}
}

static void note_unmanaged(struct planning *planning, const struct domain *domain, bool live)
{
	const GPtrArray *side = live ? domain->live : domain->config;

	for (guint i = 0; i < side->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(side, i);
		struct unmanaged *unmanaged;
		const struct device *device =
			snapshot_device_at(planning->snapshot, hostdev->bus, hostdev->dev);

		if (tag_alias_is_ours(hostdev->alias) || is_adopted(planning, hostdev))
			continue;
		unmanaged = g_new0(struct unmanaged, 1);
		unmanaged->domain = domain;
		unmanaged->hostdev = hostdev;
		unmanaged->live = live;
		unmanaged->device = device && hostdev_is(hostdev, device) ? device : NULL;
		/* libvirt finds one by its ids when the domain starts. */
		if (!hostdev->has_address)
			unmanaged->device = claim_device_of(planning->snapshot, hostdev);
		g_ptr_array_add(planning->plan->unmanaged, unmanaged);
	}
}

static void note_config_dependency(const struct plan *plan, struct action *attach)
{
	guint count = plan->actions->len;
	struct action *before = count > 0 ? g_ptr_array_index(plan->actions, count - 1) : NULL;

	if (before && before->kind == ACTION_DETACH_CONFIG && before->domain == attach->domain &&
	    before->tag == attach->tag)
		g_ptr_array_add(attach->after, before);
}

/*
 * The order of doing: what libvirt put a placeholder for goes first (QEMU gives it another device
 * as long as it stands), then everything else that goes, what comes, and the files. What has a port
 * in the guest comes before what libvirt finds one for: it might find that.
 */
enum phase {
	PHASE_PLACEHOLDERS,
	PHASE_DETACH,
	PHASE_ATTACH_AT_PORT,
	PHASE_ATTACH,
	PHASE_CONFIG_AT_PORT,
	PHASE_CONFIG,
	PHASE_IMAGE,
	PHASES
};

/* Will libvirt have to find a port in the config's guest? */
static bool leaves_config_port(const struct slot *slot)
{
	for (guint i = 0; i < slot->actions->len; i++) {
		const struct action *action = g_ptr_array_index(slot->actions, i);

		if (action && action->kind == ACTION_ATTACH_CONFIG)
			return !action->guest_port;
	}
	return false;
}

static enum phase phase_of(const struct slot *slot, const struct action *action)
{
	switch (action->kind) {
	case ACTION_DETACH_LIVE:
		return action->hostdev->missing ? PHASE_PLACEHOLDERS : PHASE_DETACH;
	case ACTION_ATTACH_LIVE:
		return action->guest_port ? PHASE_ATTACH_AT_PORT : PHASE_ATTACH;
	case ACTION_DETACH_CONFIG:
	case ACTION_ATTACH_CONFIG:
		return leaves_config_port(slot) ? PHASE_CONFIG : PHASE_CONFIG_AT_PORT;
	case ACTION_EDIT_IMAGE:
		return PHASE_IMAGE;
	}
	g_assert_not_reached();
}

static void collect_phase(struct planning *planning, struct slot *slot, enum phase phase)
{
	for (guint i = 0; i < slot->actions->len; i++) {
		struct action *action = g_ptr_array_index(slot->actions, i);

		if (!action || phase_of(slot, action) != phase)
			continue;
		if (action->kind == ACTION_ATTACH_LIVE)
			plan_index_add_dependencies(planning->index, action);
		else if (action->kind == ACTION_ATTACH_CONFIG)
			note_config_dependency(planning->plan, action);
		g_ptr_array_index(slot->actions, i) = NULL;
		g_ptr_array_add(planning->plan->actions, action);
		plan_index_note_planned(planning->index, action);
	}
}

static void collect(struct planning *planning)
{
	for (int phase = 0; phase < PHASES; phase++) {
		for (guint i = 0; i < planning->jobs->len; i++) {
			struct job *job = g_ptr_array_index(planning->jobs, i);

			collect_phase(planning, &job->slot, (enum phase)phase);
		}
	}
}

static void judge_tags(struct planning *planning)
{
	struct plan *plan = planning->plan;
	guint i = 0;

	while (i < planning->jobs->len) {
		const struct job *job = g_ptr_array_index(planning->jobs, i);
		const struct claim *claim = job->claim;
		struct verdict *verdict;
		GPtrArray *members;

		if (!job->counted) {
			i++;
			continue;
		}
		members = g_ptr_array_new_with_free_func(member_drop);
		for (; i < planning->jobs->len; i++) {
			job = g_ptr_array_index(planning->jobs, i);
			if (job->claim != claim || !job->counted)
				break;
			g_ptr_array_add(members, judge_member(&job->slot, claim, job->device,
							      refusal_of(job)));
		}
		verdict = judge_tag(claim, members);
		verdict->since = remember_since(planning->history, verdict);
		g_ptr_array_add(plan->verdicts, verdict);
	}
}

static void note_wake(struct plan *plan, const struct slot *slot)
{
	struct wake wake = {slot->domain, slot->wake};

	if (slot->wake != 0)
		g_array_append_val(plan->wakes, wake);
}

static void plan_slots(struct planning *planning)
{
	g_autoptr(GPtrArray) slots = g_ptr_array_new();

	for (guint i = 0; i < planning->jobs->len; i++) {
		struct job *job = g_ptr_array_index(planning->jobs, i);

		if ((job->slot.tag && job->slot.tag->complaint) || job->slot.domain->unreadable)
			continue;
		slot_plan(&job->slot);
		note_wake(planning->plan, &job->slot);
		for (guint k = 0; k < job->slot.actions->len; k++)
			plan_index_note_wanted(planning->index,
					       g_ptr_array_index(job->slot.actions, k));
	}
	for (guint i = 0; i < planning->jobs->len; i++) {
		struct job *job = g_ptr_array_index(planning->jobs, i);

		blocked_drop(planning->index, &job->slot);
		g_ptr_array_add(slots, &job->slot);
	}
	room_make(slots);
}

static void add_jobs(struct planning *planning, const struct claims *claims)
{
	const GPtrArray *domains = planning->snapshot->domains;

	for (guint i = 0; i < claims->all->len; i++)
		add_claim(planning, g_ptr_array_index(claims->all, i));
	find_lost(planning);
	for (guint i = 0; i < domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(domains, i);

		if (domain->unreadable)
			continue;
		add_gone(planning, domain, domain->live);
		add_gone(planning, domain, domain->config);
		add_gone(planning, domain, domain->image);
	}
}

/* Of a snapshot with an index. */
static struct plan *plan_indexed(const struct snapshot *snapshot, const struct history *history)
{
	OWN(claims) claims = claims_settle(snapshot);
	OWN(plan_index) index = plan_index_new(snapshot);
	struct planning planning = {
		.snapshot = snapshot,
		.history = history,
		.jobs = g_ptr_array_new_with_free_func(job_free),
		.by_alias = g_hash_table_new(hash_job, same_job),
		.adopted = g_hash_table_new(NULL, NULL),
		.index = index,
		.plan = plan_new(),
	};

	add_jobs(&planning, claims);
	plan_slots(&planning);
	judge_tags(&planning);
	collect(&planning);
	for (guint i = 0; i < snapshot->domains->len; i++) {
		note_unmanaged(&planning, g_ptr_array_index(snapshot->domains, i), true);
		note_unmanaged(&planning, g_ptr_array_index(snapshot->domains, i), false);
	}
	warnings_of_plan(planning.plan, snapshot, claims, history);
	g_hash_table_unref(planning.by_alias);
	g_ptr_array_unref(planning.jobs);
	g_hash_table_unref(planning.adopted);
	return planning.plan;
}

struct plan *planner_plan(const struct snapshot *snapshot, const struct history *history)
{
	OWN(device_index) index = device_index_new(snapshot->devices);
	struct snapshot indexed = *snapshot;

	indexed.index = index;
	return plan_indexed(&indexed, history);
}
