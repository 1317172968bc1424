/* SPDX-License-Identifier: MIT */
#include "reconciler/core/remember.h"

/* The first wait after a failure that passes by itself is 0.2 s, after any other 1 s; each further
 * failure doubles it, up to a minute. */
#define FIRST_QUICK  (G_USEC_PER_SEC / 5)
#define FIRST_SLOW   (1 * G_USEC_PER_SEC)
#define LONGEST_WAIT (60 * G_USEC_PER_SEC)

/* How often a guest that is on its way to another host is asked about: when it stays after all,
 * nothing says so. */
#define MIGRATION_LOOK (5 * G_USEC_PER_SEC)

/* libvirt's numbers (virterror.h), as the core does not know libvirt. */
enum {
	CODE_XML_ERROR = 27,    /* "Duplicate USB address" */
	CODE_SYSTEM_ERROR = 38, /* a sysfs directory or /dev node vanished or is not there yet */
	CODE_OPERATION_INVALID =
		55, /* "in use": libvirt frees an address a moment after the event */
};

/* Done so often within so long, with the same device for the same wish, something is done in vain
 * though it works each time: from then on it waits as after a failure, until it has kept still for
 * twice the longest wait. */
#define TOO_OFTEN_WITHIN (60 * G_USEC_PER_SEC)
#define STILL_AGAIN      (2 * LONGEST_WAIT)

static bool is_live_guess(const struct member *member)
{
	return member->kind == VERDICT_PENDING && member->reason == REASON_MAYBE_DEAD;
}

/* The past does not matter any more: what failed is worth another try. */
static void start_anew(struct memory *memory)
{
	g_array_set_size(memory->deeds, 0);
	for (int side = 0; side < SIDES; side++) {
		memory->sides[side].failures = 0;
		memory->sides[side].next_try = 0;
	}
}

static void note_wish(struct memory *memory, uint32_t wish)
{
	if (memory->wish != 0 && memory->wish != wish)
		start_anew(memory);
	memory->wish = wish;
}

static bool is_foreign(const struct hostdev *hostdev, const struct member *member)
{
	return hostdev && g_strcmp0(hostdev->alias, member->alias) != 0;
}

static bool is_adopted(const struct hostdev *hostdev, const struct member *member)
{
	return member->device && is_foreign(hostdev, member) && hostdev_is(hostdev, member->device);
}

static bool is_left(const struct hostdev *hostdev, const struct member *member,
		    const struct memory *memory)
{
	return is_foreign(hostdev, member) &&
	       hostdev_at(hostdev, memory->adopted_bus, memory->adopted_dev);
}

/* An adopted hostdev carries no alias that says whose it is when its device has left the address.
 */
static void note_adopted(struct memory *memory, const struct member *member)
{
	if (is_adopted(member->live, member) || is_adopted(member->config, member)) {
		memory->adopted_bus = member->device->bus;
		memory->adopted_dev = member->device->dev;
	} else if (!is_left(member->live, member, memory) &&
		   !is_left(member->config, member, memory)) {
		memory->adopted_bus = 0;
		memory->adopted_dev = 0;
	}
}

static void note_member(struct history *history, const struct verdict *verdict,
			const struct member *member, uint64_t now)
{
	struct memory *memory;
	bool live = verdict->domain->running && member->device && member->live &&
		    hostdev_is(member->live, member->device);
	bool pending = member->kind == VERDICT_PENDING;

	if (!live && !pending && !member->memory && !is_adopted(member->config, member))
		return;
	memory = history_get(history, verdict->domain->uuid, member->alias);
	note_wish(memory, tag_hash(verdict->tag));
	note_adopted(memory, member);
	if (!member->device)
		memory->config_owed = false;
	if (!member->live)
		memory->releasing_since = 0;
	if (!pending)
		memory->pending_since = 0;
	else if (memory->pending_since == 0)
		memory->pending_since = now;
	if (!live) {
		memory->suspect_since = 0;
		/* A hostdev that stays behind when its device goes still holds that one alone, even
		 * if another comes back under its number. */
		if (!member->live)
			memory->attached = 0;
		memory->replug = false;
		return;
	}
	g_free(memory->guest_port);
	memory->guest_port = g_strdup(member->live->guest_port);
	memory->guest_reset = member->live->guest_reset;
	/* What libvirt refused once more is known only from the last that had it. */
	if (member->live->rest || !memory->sides[SIDE_LIVE].no_rest) {
		g_free(memory->rest);
		memory->rest = g_strdup(member->live->rest);
	}
	if (!member->device->driver)
		memory->suspect_since = 0;
	else if (memory->suspect_since == 0)
		memory->suspect_since = now;
	if (memory->attached == 0 && !is_live_guess(member))
		memory->attached = member->device->incarnation;
}

/* One that is invalid may have no name, or another tag's. */
static char *own_alias(const struct verdict *verdict)
{
	return verdict->kind == VERDICT_INVALID ? NULL : tag_alias(verdict->tag, NULL);
}

int64_t remember_since(const struct history *history, const struct verdict *verdict)
{
	g_autofree char *alias = own_alias(verdict);
	const struct memory *memory =
		alias ? history_find(history, verdict->domain->uuid, alias) : NULL;

	return memory && memory->verdict == verdict->kind ? memory->verdict_since : 0;
}

static void note_since(struct history *history, const struct verdict *verdict, int64_t time)
{
	g_autofree char *alias = own_alias(verdict);
	struct memory *memory;

	if (!alias)
		return;
	memory = history_get(history, verdict->domain->uuid, alias);
	if (memory->verdict_since == 0 || memory->verdict != verdict->kind)
		memory->verdict_since = time;
	memory->verdict = verdict->kind;
}

/* Also by an invalid entry: what is remembered of a tag must survive a typing mistake that is
 * corrected a minute later. */
static bool has_tag(const struct domain *domain, const char *alias)
{
	for (guint i = 0; i < domain->tags->len; i++) {
		if (tag_owns_alias(g_ptr_array_index(domain->tags, i), alias))
			return true;
	}
	return false;
}

static uint64_t last_time(const struct deed *deed)
{
	return deed->times[G_N_ELEMENTS(deed->times) - 1];
}

/* Has it done nothing for so long that what it did does not matter any more? */
static bool is_still(const struct memory *memory, uint64_t now)
{
	for (guint i = 0; i < memory->deeds->len; i++) {
		if (last_time(&g_array_index(memory->deeds, struct deed, i)) + STILL_AGAIN > now)
			return false;
	}
	return true;
}

struct forgetting {
	const struct domain *domain;
	uint64_t now;
};

static gboolean is_forgotten(gpointer alias, gpointer memory, gpointer data)
{
	const struct forgetting *forgetting = data;
	const struct domain *domain = forgetting->domain;

	return !has_tag(domain, alias) && !domain_find_hostdev(domain->live, alias) &&
	       !domain_find_hostdev(domain->config, alias) &&
	       !domain_find_hostdev(domain->image, alias) && is_still(memory, forgetting->now);
}

static void forget(struct history *history, const struct domain *domain, uint64_t now)
{
	GHashTable *memories = history_of(history, domain->uuid);
	struct forgetting forgetting = {domain, now};

	if (memories && !domain->unreadable)
		g_hash_table_foreach_remove(memories, is_forgotten, &forgetting);
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
		note_since(history, verdict, snapshot->time);
	}
	for (guint i = 0; i < snapshot->domains->len; i++)
		forget(history, g_ptr_array_index(snapshot->domains, i), snapshot->now);
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
	struct setback *setback = &memory->sides[action_side(action->kind)];
	uint64_t incarnation = action->device ? action->device->incarnation : 0;

	if (setback->failed != incarnation)
		setback->failures = 0;
	setback->failed = incarnation;
	setback->failures++;
	setback->error_code = outcome->code;
	g_free(setback->error);
	setback->error = g_strdup(outcome->message);
	setback->next_try = now + wait_after(outcome->code, setback->failures, alias);
	if (outcome->releasing)
		memory->releasing_since = now;
	if (outcome->code == CODE_XML_ERROR && action->inherited_port) {
		setback->no_inherited_port = true;
		setback->next_try = now;
	}
	/* "boot order 1 is used for more than one device", "The bootindex 1 has already been used":
	 * another device has got it meanwhile (libvirt 9.0.0 to 12.8, QEMU). */
	if (action->rest && outcome->message && strstr(outcome->message, "boot")) {
		setback->no_rest = true;
		setback->next_try = now;
	}
}

/* The deed of that kind with that device: the one that is known, else a new one, for which the
 * oldest may have to go. */
static struct deed *find_deed(GArray *deeds, enum action_kind kind, uint64_t incarnation)
{
	struct deed deed = {.kind = kind, .incarnation = incarnation};
	guint oldest = 0;

	for (guint i = 0; i < deeds->len; i++) {
		struct deed *old = &g_array_index(deeds, struct deed, i);

		if (old->kind == kind && old->incarnation == incarnation)
			return old;
		if (last_time(old) < last_time(&g_array_index(deeds, struct deed, oldest)))
			oldest = i;
	}
	if (deeds->len == MEMORY_DEEDS_MAX)
		g_array_remove_index(deeds, oldest);
	g_array_append_val(deeds, deed);
	return &g_array_index(deeds, struct deed, deeds->len - 1);
}

/* What a person asked for does not count. */
static void note_deed(struct memory *memory, const struct action *action, uint64_t now)
{
	const size_t count = G_N_ELEMENTS(((struct deed *)NULL)->times);
	uint64_t incarnation = action->device ? action->device->incarnation : 0;
	struct deed *deed;

	if (action->reason == REASON_REQUESTED)
		return;
	deed = find_deed(memory->deeds, action->kind, incarnation);
	if (last_time(deed) + STILL_AGAIN <= now)
		deed->trips = 0;
	for (size_t i = 1; i < count; i++)
		deed->times[i - 1] = deed->times[i];
	deed->times[count - 1] = now;
	if (deed->trips > 0 || (deed->times[0] && now - deed->times[0] <= TOO_OFTEN_WITHIN))
		deed->trips++;
}

const struct deed *remember_restless(const struct memory *memory, const struct action *action,
				     uint64_t *ret_until)
{
	uint64_t incarnation = action->device ? action->device->incarnation : 0;

	for (guint i = 0; i < memory->deeds->len; i++) {
		const struct deed *deed = &g_array_index(memory->deeds, struct deed, i);

		if (deed->kind != action->kind || deed->incarnation != incarnation ||
		    deed->trips == 0)
			continue;
		*ret_until = last_time(deed) + wait_after(0, deed->trips, action->slot);
		return deed;
	}
	return NULL;
}

/* The detach of a replug is only half of it: what failed is forgotten when the attach has worked,
 * too. */
static void note_success(struct memory *memory, const struct outcome *outcome)
{
	const struct action *action = outcome->action;
	struct setback *setback = &memory->sides[action_side(action->kind)];
	bool only_half = action->device && (action->kind == ACTION_DETACH_LIVE ||
					    action->kind == ACTION_DETACH_CONFIG);

	if (!only_half) {
		setback->failures = 0;
		setback->next_try = 0;
		setback->error_code = 0;
		g_clear_pointer(&setback->error, g_free);
	}
	if (action_side(action->kind) == SIDE_CONFIG)
		memory->config_owed = only_half && action->reason == REASON_CONFIG_STALE;
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

void remember_outcome(struct history *history, const struct outcome *outcome, uint64_t now)
{
	const struct action *action = outcome->action;
	struct memory *memory = history_get(history, action->domain->uuid, action->slot);

	switch (outcome->kind) {
	case OUTCOME_DONE:
		memory->migrating_until = 0;
		note_success(memory, outcome);
		note_deed(memory, action, now);
		return;
	case OUTCOME_FAILED:
		memory->migrating_until = 0;
		note_failure(memory, outcome, action->slot, now);
		return;
	case OUTCOME_SKIPPED:
		if (outcome->migrating)
			memory->migrating_until = now + MIGRATION_LOOK;
		return;
	case OUTCOME_PRINTED:
		return;
	}
}

void remember_replug(struct history *history, const struct domain *domain, const char *alias)
{
	history_get(history, domain->uuid, alias)->replug = true;
}

/* By the alias that each hostdev has now: which tag has adopted it shows only when it is planned.
 */
void remember_revival(struct history *history, const struct domain *domain)
{
	for (guint i = 0; i < domain->live->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(domain->live, i);

		if (hostdev->alias)
			remember_replug(history, domain, hostdev->alias);
	}
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
		memory->migrating_until = 0;
		memory->replug = false;
		memory->unasked = false;
		start_anew(memory);
	}
}

static void mark_members(struct history *history, const struct verdict *verdict)
{
	for (guint i = 0; i < verdict->members->len; i++) {
		const struct member *member = g_ptr_array_index(verdict->members, i);

		if (member->live && member->live->alias)
			remember_replug(history, verdict->domain, member->alias);
	}
}

void remember_replugs(struct history *history, const struct plan *plan, const struct domain *domain,
		      char *const *names)
{
	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		if (verdict->domain == domain && (!*names || tag_is_among(verdict->tag, names)))
			mark_members(history, verdict);
	}
}
