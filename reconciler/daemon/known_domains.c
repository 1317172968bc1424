/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/known_domains.h"

#include "reconciler/daemon/deadline.h"

static void known_domain_free(gpointer data)
{
	struct known_domain *known = data;

	g_free(known->uuid);
	domain_unref(known->domain);
	g_ptr_array_unref(known->problems);
	g_clear_pointer(&known->heard, g_hash_table_unref);
	g_hash_table_unref(known->critical);
	g_free(known);
}

struct known_domains *known_domains_new(void)
{
	struct known_domains *known_domains = g_new0(struct known_domains, 1);

	known_domains->by_uuid =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, known_domain_free);
	known_domains->interests = interests_new();
	known_domains->news = domain_list_new();
	known_domains->gone = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return known_domains;
}

void known_domains_free(struct known_domains *known_domains)
{
	interests_free(known_domains->interests);
	g_ptr_array_unref(known_domains->news);
	g_hash_table_unref(known_domains->gone);
	g_hash_table_unref(known_domains->by_uuid);
	g_free(known_domains);
}

struct known_domain *known_domains_find(const struct known_domains *known_domains, const char *uuid)
{
	return g_hash_table_lookup(known_domains->by_uuid, uuid);
}

struct known_domain *known_domains_named(const struct known_domains *known_domains,
					 const char *word)
{
	struct known_domain *found = NULL;
	unsigned int best = 0;
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, known_domains->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		struct known_domain *known = data;
		unsigned int fit = known->domain ? domain_fits(known->domain, word) : 0;

		if (fit > best) {
			found = known;
			best = fit;
		}
	}
	return found;
}

struct known_domain *known_domains_get(struct known_domains *known_domains, const char *uuid)
{
	struct known_domain *known = known_domains_find(known_domains, uuid);

	if (known)
		return known;
	known = g_new0(struct known_domain, 1);
	known->uuid = g_strdup(uuid);
	known->problems = problem_list_new();
	known->dirty = VIRT_ALL;
	known->critical = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_insert(known_domains->by_uuid, known->uuid, known);
	return known;
}

/* Of a restore libvirt says two things, a moment apart; both ask for the same replug. */
#define REVIVAL_ECHO (3 * G_USEC_PER_SEC)

static bool has_hostdev(const struct known_domain *known, const char *alias)
{
	return known->domain && domain_find_hostdev(known->domain->live, alias);
}

/* What goes may be a disk on a USB device, or have a guest port, for which somebody waits. */
static bool may_free(const struct known_domain *known, const char *alias)
{
	const struct domain *domain = known->domain;

	if (has_hostdev(known, alias))
		return true;
	return domain && !tag_alias_is_ours(alias) &&
	       (domain->uses->len > 0 || domain->live_ports->len > 0);
}

static void hear_of_device(struct known_domain *known, const struct virt_event *event)
{
	bool ours = tag_alias_is_ours(event->alias);

	if (ours && known->heard)
		g_hash_table_replace(known->heard, g_strdup(event->alias),
				     GINT_TO_POINTER(event->kind));
	else if (event->kind == VIRT_EVENT_DEVICE_ADDED ? !ours || !has_hostdev(known, event->alias)
							: may_free(known, event->alias))
		known->dirty |= VIRT_LIVE;
}

bool known_domain_hear(struct known_domain *known, const struct virt_event *event, uint64_t now)
{
	switch (event->kind) {
	case VIRT_EVENT_REVIVED:
		known->revived = known->restarted = true;
		known->revived_at = now;
		known->dirty = VIRT_ALL;
		break;
	case VIRT_EVENT_REVERTED:
		if (known->revived_at != 0 && now - known->revived_at <= REVIVAL_ECHO)
			break;
		known->revived = known->restarted = true;
		known->dirty = VIRT_ALL;
		break;
	case VIRT_EVENT_ARRIVING:
		known->arriving = known->restarted = true;
		known->dirty = VIRT_ALL;
		break;
	case VIRT_EVENT_ARRIVED:
		if (!known->arriving)
			break;
		known->arriving = false;
		known->arrived = known->revived = known->restarted = true;
		known->dirty = VIRT_ALL;
		break;
	case VIRT_EVENT_STARTED:
		known->arriving = false;
		known->restarted = true;
		known->dirty = VIRT_ALL;
		break;
	case VIRT_EVENT_STOPPED:
	case VIRT_EVENT_UNDEFINED:
		known->arriving = false;
		known->dirty = VIRT_ALL;
		break;
	case VIRT_EVENT_DEFINED:
		known->dirty |= known->domain ? VIRT_CONFIG : VIRT_ALL;
		break;
	case VIRT_EVENT_DEVICE_ADDED:
	case VIRT_EVENT_DEVICE_REMOVED:
		hear_of_device(known, event);
		break;
	case VIRT_EVENT_CLOSED:
		break;
	}
	return known->dirty != 0;
}

void known_domain_begin_act(struct known_domain *known)
{
	known->busy = true;
	known->heard = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void known_domain_end_act(struct known_domain *known)
{
	GHashTableIter iter;
	gpointer alias, kind;

	g_hash_table_iter_init(&iter, known->heard);
	while (g_hash_table_iter_next(&iter, &alias, &kind)) {
		bool there = GPOINTER_TO_INT(kind) == VIRT_EVENT_DEVICE_ADDED;

		if (has_hostdev(known, alias) != there)
			known->dirty |= VIRT_LIVE;
	}
	g_clear_pointer(&known->heard, g_hash_table_unref);
	known->busy = false;
}

bool known_domain_is_known(const struct known_domain *known)
{
	return known->domain && !known->dirty && !known->busy;
}

bool known_domain_is_held(const struct known_domain *known)
{
	bool busy = false;

	if (!known->domain || !known->domain->unreadable || known->domain->migrating)
		return false;
	for (guint i = 0; i < known->problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(known->problems, i);

		busy = busy || problem->code == PROBLEM_DOMAIN_BUSY;
	}
	return busy;
}

bool known_domains_were_read(const GPtrArray *domains)
{
	for (guint i = 0; i < domains->len; i++) {
		if (((const struct domain *)g_ptr_array_index(domains, i))->unreadable)
			return false;
	}
	return true;
}

static void unref_domain(gpointer domain)
{
	domain_unref(domain);
}

/* Every fifth is left out, other ones each time; so is what could not be read, or has to be. */
GHashTable *known_domains_spared(const struct known_domains *known_domains, uint64_t turn)
{
	GHashTable *spared = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, unref_domain);
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, known_domains->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		const struct known_domain *known = data;

		if (known_domain_is_known(known) && !known->domain->unreadable &&
		    (g_str_hash(known->uuid) + turn) % KNOWN_DOMAINS_TURNS != 0)
			g_hash_table_insert(spared, known->domain->uuid, domain_ref(known->domain));
	}
	return spared;
}

uint64_t known_domains_begin(struct known_domains *known_domains)
{
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, known_domains->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		struct known_domain *known = data;

		/* A busy one is not learned from the listing, and has to be read after it. */
		if (!known->busy)
			known->dirty = 0;
	}
	g_hash_table_remove_all(known_domains->gone);
	return known_domains->readings;
}

/* NEW: NULL when the domain is gone. */
static void compare_uses(struct known_domains *known_domains, const struct domain *old,
			 const struct domain *new)
{
	bool same = old && new ? domain_same_uses(old, new)
			       : (!old || old->uses->len == 0) && (!new || new->uses->len == 0);

	known_domains->uses_changed = known_domains->uses_changed || !same;
}

/* Other domains may wait for what this one had: the domain as it was is kept in `news`, so that the
 * next plan is made for them too. */
static void forget_domain(struct known_domains *known_domains, struct known_domain *known)
{
	if (!known->domain)
		return;
	interests_remove(known_domains->interests, known->domain);
	g_ptr_array_add(known_domains->news, g_steal_pointer(&known->domain));
}

void known_domains_learn(struct known_domains *known_domains, struct known_domain *known,
			 struct domain *domain, GPtrArray *problems)
{
	known->learned = ++known_domains->readings;
	compare_uses(known_domains, known->domain, domain);
	forget_domain(known_domains, known);
	known->domain = domain;
	interests_add(known_domains->interests, domain);
	g_ptr_array_add(known_domains->news, domain_ref(domain));
	g_ptr_array_unref(known->problems);
	known->problems = problems;
}

static GPtrArray *problems_of(const GPtrArray *problems, const char *name)
{
	GPtrArray *own = problem_list_new();

	for (guint i = 0; i < problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(problems, i);

		if (g_strcmp0(problem->domain, name) == 0)
			g_ptr_array_add(own, problem_copy(problem));
	}
	return own;
}

/* Has nothing been learned or heard of it since the listing began, which is newer then? */
static bool is_older(const struct known_domain *known, uint64_t begun)
{
	return !known->busy && known->learned <= begun;
}

static void forget_unlisted(struct known_domains *known_domains, uint64_t begun)
{
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, known_domains->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		struct known_domain *known = data;

		if (!known->listed && !known->dirty && is_older(known, begun)) {
			compare_uses(known_domains, known->domain, NULL);
			forget_domain(known_domains, known);
			g_hash_table_iter_remove(&iter);
		} else {
			known->listed = false;
		}
	}
}

void known_domains_learn_all(struct known_domains *known_domains, uint64_t begun,
			     const GPtrArray *domains, const GPtrArray *problems)
{
	for (guint i = 0; i < domains->len; i++) {
		struct domain *domain = g_ptr_array_index(domains, i);
		struct known_domain *known = known_domains_find(known_domains, domain->uuid);

		if (!known && g_hash_table_contains(known_domains->gone, domain->uuid))
			continue;
		if (!known) {
			known = known_domains_get(known_domains, domain->uuid);
			known->dirty = 0;
		}
		known->listed = true;
		if (known->domain == domain)
			continue;
		if (is_older(known, begun))
			known_domains_learn(known_domains, known,
					    domain_keep(known->domain, domain_ref(domain)),
					    problems_of(problems, domain->name));
		else
			known->dirty = VIRT_ALL;
	}
	forget_unlisted(known_domains, begun);
}

bool known_domains_are_busy(const struct known_domains *known_domains)
{
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, known_domains->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		const struct known_domain *known = data;

		if (known->busy || known->dirty)
			return true;
	}
	return false;
}

void known_domains_forget(struct known_domains *known_domains, const char *uuid)
{
	struct known_domain *known = known_domains_find(known_domains, uuid);

	if (!known)
		return;
	compare_uses(known_domains, known->domain, NULL);
	forget_domain(known_domains, known);
	g_hash_table_add(known_domains->gone, g_strdup(uuid));
	g_hash_table_remove(known_domains->by_uuid, uuid);
}

static void show(const struct known_domain *known, struct snapshot *snapshot)
{
	if (!known->domain)
		return;
	g_ptr_array_add(snapshot->domains, domain_ref(known->domain));
	for (guint i = 0; i < known->problems->len; i++)
		g_ptr_array_add(snapshot->problems,
				problem_copy(g_ptr_array_index(known->problems, i)));
}

GPtrArray *known_domains_users(const struct known_domains *known_domains)
{
	GPtrArray *users = g_ptr_array_new();
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, known_domains->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		const struct known_domain *known = data;

		if (known->domain && known->domain->uses->len > 0)
			g_ptr_array_add(users, known->domain);
	}
	return users;
}

void known_domains_show(const struct known_domains *known_domains, const GPtrArray *only,
			struct snapshot *snapshot)
{
	GHashTableIter iter;
	gpointer known;

	g_hash_table_iter_init(&iter, known_domains->by_uuid);
	while (!only && g_hash_table_iter_next(&iter, NULL, &known))
		show(known, snapshot);
	for (guint i = 0; only && i < only->len; i++) {
		const struct domain *domain = g_ptr_array_index(only, i);

		show(known_domains_find(known_domains, domain->uuid), snapshot);
	}
	snapshot_sort(snapshot);
}

/* Finds the earliest time at which some domain must be looked at again; a domain whose time has
 * come by NOW becomes news at once. */
static void look_at_wakes(struct known_domains *known_domains, uint64_t now)
{
	GHashTableIter iter;
	gpointer data;

	known_domains->wake = 0;
	g_hash_table_iter_init(&iter, known_domains->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		struct known_domain *known = data;

		if (known->wake > now) {
			deadline_sooner(&known_domains->wake, known->wake);
		} else if (known->wake != 0) {
			known->wake = 0;
			g_ptr_array_add(known_domains->news, domain_ref(known->domain));
		}
	}
}

GPtrArray *known_domains_concerned(struct known_domains *known_domains, const GPtrArray *before,
				   const GPtrArray *devices, uint64_t now)
{
	if (known_domains->wake != 0 && known_domains->wake <= now)
		look_at_wakes(known_domains, now);
	return interests_concerned(known_domains->interests, before, devices, known_domains->news);
}

void known_domains_note_plan(struct known_domains *known_domains, const struct snapshot *snapshot,
			     const struct plan *plan)
{
	bool first_is_gone = false;

	g_ptr_array_set_size(known_domains->news, 0);
	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);
		struct known_domain *known = known_domains_find(known_domains, domain->uuid);

		first_is_gone =
			first_is_gone || (known->wake && known->wake == known_domains->wake);
		known->wake = 0;
	}
	for (guint i = 0; i < plan->wakes->len; i++) {
		const struct wake *wake = &g_array_index(plan->wakes, struct wake, i);

		deadline_sooner(&known_domains_find(known_domains, wake->domain->uuid)->wake,
				wake->when);
		deadline_sooner(&known_domains->wake, wake->when);
	}
	if (first_is_gone)
		look_at_wakes(known_domains, 0);
}
