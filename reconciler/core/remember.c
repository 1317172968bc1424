/* SPDX-License-Identifier: MIT */
#include "reconciler/core/remember.h"

/* What passes by itself is tried again quickly: 0.2 s doubling; the rest from 1 s. */
#define FIRST_QUICK  (G_USEC_PER_SEC / 5)
#define FIRST_SLOW   (1 * G_USEC_PER_SEC)
#define LONGEST_WAIT (60 * G_USEC_PER_SEC)

/* libvirt's numbers (virterror.h), as the core does not know libvirt. */
enum {
	CODE_XML_ERROR = 27,    /* "Duplicate USB address" */
	CODE_SYSTEM_ERROR = 38, /* a sysfs directory or /dev node vanished or is not there yet */
	CODE_OPERATION_INVALID =
		55, /* "in use": libvirt frees an address a moment after the event */
};

static bool is_live_guess(const struct member *member)
{
	return member->kind == VERDICT_PENDING && member->reason == REASON_MAYBE_DEAD;
}

static void note_member(struct history *history, const struct verdict *verdict,
			const struct member *member, uint64_t now)
{
	struct memory *memory;
	bool live = verdict->domain->running && member->device && member->live &&
		    hostdev_is(member->live, member->device);
	bool pending = member->kind == VERDICT_PENDING;

	if (!live && !pending && !member->memory)
		return;
	memory = history_get(history, verdict->domain->uuid, member->alias);
	if (!member->live)
		memory->releasing_since = 0;
	if (!pending)
		memory->pending_since = 0;
	else if (memory->pending_since == 0)
		memory->pending_since = now;
	if (!live) {
		memory->suspect_since = 0;
		memory->attached = 0;
		memory->replug = false;
		return;
	}
	g_free(memory->guest_port);
	memory->guest_port = g_strdup(member->live->guest_port);
	if (!member->device->driver)
		memory->suspect_since = 0;
	else if (memory->suspect_since == 0)
		memory->suspect_since = now;
	if (memory->attached == 0 && !is_live_guess(member))
		memory->attached = member->device->incarnation;
}

/* Also an invalid one: a slip of the pen must not cost what is known. */
static bool has_tag(const struct domain *domain, const char *alias)
{
	for (guint i = 0; i < domain->tags->len; i++) {
		if (tag_owns_alias(g_ptr_array_index(domain->tags, i), alias))
			return true;
	}
	return false;
}

static gboolean is_forgotten(gpointer alias, gpointer memory G_GNUC_UNUSED, gpointer data)
{
	const struct domain *domain = data;

	return !has_tag(domain, alias) && !domain_find_hostdev(domain->live, alias) &&
	       !domain_find_hostdev(domain->config, alias) &&
	       !domain_find_hostdev(domain->image, alias);
}

static void forget(struct history *history, const struct domain *domain)
{
	GHashTable *memories = history_of(history, domain->uuid);

	if (memories && !domain->unreadable)
		g_hash_table_foreach_remove(memories, is_forgotten, (gpointer)(uintptr_t)domain);
}

static gboolean is_gone(gpointer uuid, gpointer memories G_GNUC_UNUSED, gpointer uuids)
{
	return !g_hash_table_contains(uuids, uuid);
}

void remember_domains(struct history *history, const struct snapshot *snapshot)
{
	g_autoptr(GHashTable) uuids = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);

		g_hash_table_add(uuids, domain->uuid);
	}
	g_hash_table_foreach_remove(history->domains, is_gone, uuids);
}

void remember_plan(struct history *history, const struct plan *plan,
		   const struct snapshot *snapshot)
{
	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		for (guint k = 0; k < verdict->members->len; k++)
			note_member(history, verdict, g_ptr_array_index(verdict->members, k),
				    snapshot->now);
	}
	for (guint i = 0; i < snapshot->domains->len; i++)
		forget(history, g_ptr_array_index(snapshot->domains, i));
}

/* Between three quarters and all of WAIT, the same for the same alias and attempt: many tags that
 * failed together do not all come back together. */
static uint64_t with_jitter(uint64_t wait, const char *alias, unsigned int attempt)
{
	uint64_t hash = g_str_hash(alias) * 2654435761u + attempt * 40503u;

	return wait - (wait / 4) * (hash % 1024) / 1024;
}

static uint64_t wait_after(int code, unsigned int failures, const char *alias)
{
	bool quick = code == CODE_SYSTEM_ERROR || code == CODE_OPERATION_INVALID ||
		     code == CODE_XML_ERROR;
	uint64_t wait = quick ? FIRST_QUICK : FIRST_SLOW;

	for (unsigned int i = 1; i < failures && wait < LONGEST_WAIT; i++)
		wait *= 2;
	return with_jitter(MIN(wait, (uint64_t)LONGEST_WAIT), alias, failures);
}

static void note_failure(struct memory *memory, const struct outcome *outcome, const char *alias,
			 uint64_t now)
{
	const struct action *action = outcome->action;
	uint64_t incarnation = action->device ? action->device->incarnation : 0;

	if (memory->failed != incarnation)
		memory->failures = 0;
	memory->failed = incarnation;
	memory->failures++;
	memory->error_code = outcome->code;
	g_free(memory->error);
	memory->error = g_strdup(outcome->message);
	memory->next_try = now + wait_after(outcome->code, memory->failures, alias);
	if (outcome->releasing)
		memory->releasing_since = now;
	if (outcome->code == CODE_XML_ERROR && action->inherited_port) {
		memory->no_inherited_port = true;
		memory->next_try = now;
	}
}

static void note_success(struct memory *memory, const struct outcome *outcome)
{
	const struct action *action = outcome->action;

	memory->failures = 0;
	memory->next_try = 0;
	memory->error_code = 0;
	g_clear_pointer(&memory->error, g_free);
	if (action->kind == ACTION_DETACH_LIVE)
		memory->releasing_since = 0;
	if (action->kind != ACTION_ATTACH_LIVE)
		return;
	memory->attached = outcome->incarnation;
	memory->suspect_since = 0;
	memory->replug = false;
	if (action->reason == REASON_DEAD)
		memory->replugged = outcome->incarnation;
	if (outcome->guest_port) {
		g_free(memory->guest_port);
		memory->guest_port = g_strdup(outcome->guest_port);
	}
}

/* Which slot an action belongs to: a detach may carry the alias of the hostdev it adopted. */
static char *alias_of(const struct action *action)
{
	if (action->tag && action->device)
		return tag_alias(action->tag, action->device);
	return g_strdup(action->alias);
}

void remember_outcome(struct history *history, const struct outcome *outcome, uint64_t now)
{
	const struct action *action = outcome->action;
	g_autofree char *alias = alias_of(action);
	struct memory *memory = history_get(history, action->domain->uuid, alias);

	switch (outcome->kind) {
	case OUTCOME_DONE:
		note_success(memory, outcome);
		return;
	case OUTCOME_FAILED:
		note_failure(memory, outcome, alias, now);
		return;
	case OUTCOME_SKIPPED:
	case OUTCOME_PRINTED:
		return;
	}
}

void remember_replug(struct history *history, const struct domain *domain, const char *alias)
{
	history_get(history, domain->uuid, alias)->replug = true;
}

void remember_start(struct history *history, const struct domain *domain)
{
	GHashTable *memories = history_of(history, domain->uuid);
	GHashTableIter iter;
	gpointer data;

	if (!memories)
		return;
	g_hash_table_iter_init(&iter, memories);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		struct memory *memory = data;

		memory->attached = 0;
		memory->replugged = 0;
		memory->suspect_since = 0;
		memory->releasing_since = 0;
		memory->replug = false;
		memory->failures = 0;
		memory->next_try = 0;
	}
}

void remember_replug_of(struct history *history, const struct verdict *verdict)
{
	for (guint i = 0; i < verdict->members->len; i++) {
		const struct member *member = g_ptr_array_index(verdict->members, i);

		if (member->live && member->live->alias)
			remember_replug(history, verdict->domain, member->alias);
	}
}
