/* SPDX-License-Identifier: MIT */
#include "reconciler/residents.h"

#include <string.h>

#include "reconciler/deadline.h"

static void free_problem(gpointer data)
{
	problem_free(data);
}

static void free_domain(gpointer data)
{
	domain_free(data);
}

static void resident_free(gpointer data)
{
	struct resident *resident = data;

	g_free(resident->uuid);
	domain_free(resident->domain);
	g_ptr_array_unref(resident->problems);
	g_clear_pointer(&resident->heard, g_hash_table_unref);
	g_hash_table_unref(resident->critical);
	g_free(resident);
}

struct residents *residents_new(void)
{
	struct residents *residents = g_new0(struct residents, 1);

	residents->by_uuid = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, resident_free);
	residents->interests = interests_new();
	residents->news = g_ptr_array_new_with_free_func(free_domain);
	return residents;
}

void residents_free(struct residents *residents)
{
	interests_free(residents->interests);
	g_ptr_array_unref(residents->news);
	g_hash_table_unref(residents->by_uuid);
	g_free(residents);
}

struct resident *residents_find(const struct residents *residents, const char *uuid)
{
	return g_hash_table_lookup(residents->by_uuid, uuid);
}

struct resident *residents_get(struct residents *residents, const char *uuid)
{
	struct resident *resident = residents_find(residents, uuid);

	if (resident)
		return resident;
	resident = g_new0(struct resident, 1);
	resident->uuid = g_strdup(uuid);
	resident->problems = g_ptr_array_new_with_free_func(free_problem);
	resident->dirty = VIRT_ALL;
	resident->critical = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_insert(residents->by_uuid, resident->uuid, resident);
	return resident;
}

/* Of a restore libvirt says two things, a moment apart; both ask for the same replug. */
#define REVIVAL_ECHO (3 * G_USEC_PER_SEC)

static bool has_hostdev(const struct resident *resident, const char *alias)
{
	return resident->domain && domain_find_hostdev(resident->domain->live, alias);
}

static void hear_of_device(struct resident *resident, const struct virt_event *event)
{
	bool ours = tag_alias_is_ours(event->alias);

	if (ours && resident->heard)
		g_hash_table_replace(resident->heard, g_strdup(event->alias),
				     GINT_TO_POINTER(event->kind));
	else if (event->kind == VIRT_EVENT_DEVICE_ADDED
			 ? !ours || !has_hostdev(resident, event->alias)
			 : has_hostdev(resident, event->alias))
		resident->dirty |= VIRT_LIVE;
}

bool resident_hear(struct resident *resident, const struct virt_event *event, uint64_t now)
{
	switch (event->kind) {
	case VIRT_EVENT_REVIVED:
		resident->revived = resident->restarted = true;
		resident->revived_at = now;
		resident->dirty = VIRT_ALL;
		break;
	case VIRT_EVENT_REVERTED:
		if (resident->revived_at != 0 && now - resident->revived_at <= REVIVAL_ECHO)
			break;
		resident->revived = resident->restarted = true;
		resident->dirty = VIRT_ALL;
		break;
	case VIRT_EVENT_STARTED:
		resident->restarted = true;
		resident->dirty = VIRT_ALL;
		break;
	case VIRT_EVENT_STOPPED:
	case VIRT_EVENT_UNDEFINED:
		resident->dirty = VIRT_ALL;
		break;
	case VIRT_EVENT_DEFINED:
		resident->dirty |= resident->domain ? VIRT_CONFIG : VIRT_ALL;
		break;
	case VIRT_EVENT_DEVICE_ADDED:
	case VIRT_EVENT_DEVICE_REMOVED:
		hear_of_device(resident, event);
		break;
	case VIRT_EVENT_CLOSED:
		break;
	}
	return resident->dirty != 0;
}

void resident_begin_act(struct resident *resident)
{
	resident->busy = true;
	resident->heard = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void resident_end_act(struct resident *resident)
{
	GHashTableIter iter;
	gpointer alias, kind;

	g_hash_table_iter_init(&iter, resident->heard);
	while (g_hash_table_iter_next(&iter, &alias, &kind)) {
		bool there = GPOINTER_TO_INT(kind) == VIRT_EVENT_DEVICE_ADDED;

		if (has_hostdev(resident, alias) != there)
			resident->dirty |= VIRT_LIVE;
	}
	g_clear_pointer(&resident->heard, g_hash_table_unref);
	resident->busy = false;
}

bool resident_is_known(const struct resident *resident)
{
	return resident->domain && !resident->dirty && !resident->busy;
}

uint64_t residents_begin(struct residents *residents)
{
	GHashTableIter iter;
	gpointer resident;

	g_hash_table_iter_init(&iter, residents->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &resident))
		((struct resident *)resident)->dirty = 0;
	return residents->lessons;
}

/* What it was is news to whoever waits for what it had. */
static void forget_domain(struct residents *residents, struct resident *resident)
{
	if (!resident->domain)
		return;
	interests_remove(residents->interests, resident->domain);
	g_ptr_array_add(residents->news, g_steal_pointer(&resident->domain));
}

void residents_learn(struct residents *residents, struct resident *resident, struct domain *domain,
		     GPtrArray *problems)
{
	resident->learned = ++residents->lessons;
	forget_domain(residents, resident);
	resident->domain = domain;
	interests_add(residents->interests, domain);
	g_ptr_array_add(residents->news, domain_ref(domain));
	g_ptr_array_unref(resident->problems);
	resident->problems = problems;
}

static GPtrArray *problems_of(const GPtrArray *problems, const char *name)
{
	GPtrArray *own = g_ptr_array_new_with_free_func(free_problem);

	for (guint i = 0; i < problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(problems, i);

		if (g_strcmp0(problem->domain, name) == 0)
			g_ptr_array_add(own, problem_copy(problem));
	}
	return own;
}

static gboolean is_unlisted(gpointer uuid G_GNUC_UNUSED, gpointer data, gpointer residents)
{
	struct resident *resident = data;
	bool listed = resident->listed;

	resident->listed = false;
	if (listed || resident->busy)
		return FALSE;
	forget_domain(residents, resident);
	return TRUE;
}

void residents_learn_all(struct residents *residents, uint64_t begun, const GPtrArray *domains,
			 const GPtrArray *problems)
{
	for (guint i = 0; i < domains->len; i++) {
		struct domain *domain = g_ptr_array_index(domains, i);
		struct resident *resident = residents_find(residents, domain->uuid);

		if (!resident) {
			resident = residents_get(residents, domain->uuid);
			resident->dirty = 0;
		}
		resident->listed = true;
		if (!resident->busy && resident->learned <= begun)
			residents_learn(residents, resident, domain_ref(domain),
					problems_of(problems, domain->name));
		else
			resident->dirty = VIRT_ALL;
	}
	g_hash_table_foreach_remove(residents->by_uuid, is_unlisted, residents);
}

bool residents_are_busy(const struct residents *residents)
{
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, residents->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		const struct resident *resident = data;

		if (resident->busy || resident->dirty)
			return true;
	}
	return false;
}

void residents_forget(struct residents *residents, const char *uuid)
{
	struct resident *resident = residents_find(residents, uuid);

	if (!resident)
		return;
	forget_domain(residents, resident);
	g_hash_table_remove(residents->by_uuid, uuid);
}

static void show(const struct resident *resident, struct snapshot *snapshot)
{
	if (!resident->domain)
		return;
	g_ptr_array_add(snapshot->domains, domain_ref(resident->domain));
	for (guint i = 0; i < resident->problems->len; i++)
		g_ptr_array_add(snapshot->problems,
				problem_copy(g_ptr_array_index(resident->problems, i)));
}

void residents_show(const struct residents *residents, const GPtrArray *only,
		    struct snapshot *snapshot)
{
	GHashTableIter iter;
	gpointer resident;

	g_hash_table_iter_init(&iter, residents->by_uuid);
	while (!only && g_hash_table_iter_next(&iter, NULL, &resident))
		show(resident, snapshot);
	for (guint i = 0; only && i < only->len; i++) {
		const struct domain *domain = g_ptr_array_index(only, i);

		show(residents_find(residents, domain->uuid), snapshot);
	}
	snapshot_sort(snapshot);
}

/* Everybody's first moment; those that have come by NOW are news. */
static void look_at_wakes(struct residents *residents, uint64_t now)
{
	GHashTableIter iter;
	gpointer data;

	residents->wake = 0;
	g_hash_table_iter_init(&iter, residents->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		struct resident *resident = data;

		if (resident->wake > now) {
			deadline_sooner(&residents->wake, resident->wake);
		} else if (resident->wake != 0) {
			resident->wake = 0;
			g_ptr_array_add(residents->news, domain_ref(resident->domain));
		}
	}
}

GPtrArray *residents_concerned(struct residents *residents, const GPtrArray *before,
			       const GPtrArray *devices, uint64_t now)
{
	if (residents->wake != 0 && residents->wake <= now)
		look_at_wakes(residents, now);
	return interests_concerned(residents->interests, before, devices, residents->news);
}

void residents_note_plan(struct residents *residents, const struct snapshot *snapshot,
			 const struct plan *plan)
{
	bool first_is_gone = false;

	g_ptr_array_set_size(residents->news, 0);
	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);
		struct resident *resident = residents_find(residents, domain->uuid);

		first_is_gone =
			first_is_gone || (resident->wake && resident->wake == residents->wake);
		resident->wake = 0;
	}
	for (guint i = 0; i < plan->wakes->len; i++) {
		const struct wake *wake = &g_array_index(plan->wakes, struct wake, i);

		deadline_sooner(&residents_find(residents, wake->domain->uuid)->wake, wake->when);
		deadline_sooner(&residents->wake, wake->when);
	}
	if (first_is_gone)
		look_at_wakes(residents, 0);
}
