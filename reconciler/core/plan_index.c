/* SPDX-License-Identifier: MIT */
#include "reconciler/core/plan_index.h"

struct holder {
	const struct domain *domain;
	const struct hostdev *hostdev;
};

struct plan_index {
	GHashTable *holders;    /* address -> GArray of struct holder, in the snapshot's order */
	GHashTable *leaving;    /* const struct hostdev *: those that a wanted detach takes out */
	GHashTable *by_address; /* address -> GPtrArray of planned live detaches */
	GHashTable *by_alias;   /* the same, by a struct action * with their domain and alias */
	GHashTable *order;      /* planned live detach -> which it is, from 1 */
};

static gpointer address_key(unsigned int bus, unsigned int dev)
{
	return GUINT_TO_POINTER(bus << 16 ^ dev);
}

static guint hash_alias(gconstpointer data)
{
	const struct action *action = data;

	return g_direct_hash(action->domain) ^ (action->alias ? g_str_hash(action->alias) : 0);
}

static gboolean same_alias(gconstpointer a, gconstpointer b)
{
	const struct action *one = a, *other = b;

	return one->domain == other->domain && g_strcmp0(one->alias, other->alias) == 0;
}

static void note_holder(struct plan_index *index, const struct domain *domain,
			const struct hostdev *hostdev)
{
	gpointer key = address_key(hostdev->bus, hostdev->dev);
	GArray *holders = g_hash_table_lookup(index->holders, key);
	struct holder holder = {domain, hostdev};

	if (!hostdev->has_address)
		return;
	if (!holders) {
		holders = g_array_new(FALSE, FALSE, sizeof(struct holder));
		g_hash_table_insert(index->holders, key, holders);
	}
	g_array_append_val(holders, holder);
}

struct plan_index *plan_index_new(const struct snapshot *snapshot)
{
	struct plan_index *index = g_new0(struct plan_index, 1);

	index->holders = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
	index->leaving = g_hash_table_new(NULL, NULL);
	index->by_address =
		g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
	index->by_alias = g_hash_table_new_full(hash_alias, same_alias, NULL,
						(GDestroyNotify)g_ptr_array_unref);
	index->order = g_hash_table_new(NULL, NULL);
	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);

		for (guint k = 0; k < domain->live->len; k++)
			note_holder(index, domain, g_ptr_array_index(domain->live, k));
	}
	return index;
}

void plan_index_free(struct plan_index *index)
{
	g_hash_table_unref(index->holders);
	g_hash_table_unref(index->leaving);
	g_hash_table_unref(index->by_address);
	g_hash_table_unref(index->by_alias);
	g_hash_table_unref(index->order);
	g_free(index);
}

void plan_index_note_wanted(struct plan_index *index, const struct action *action)
{
	if (action->kind == ACTION_DETACH_LIVE || action->kind == ACTION_DETACH_CONFIG)
		g_hash_table_add(index->leaving, (gpointer)(uintptr_t)action->hostdev);
}

bool plan_index_is_leaving(const struct plan_index *index, const struct hostdev *hostdev)
{
	return g_hash_table_contains(index->leaving, hostdev);
}

const struct hostdev *plan_index_blocker(const struct plan_index *index,
					 const struct device *device,
					 const struct domain **ret_domain)
{
	const GArray *holders =
		g_hash_table_lookup(index->holders, address_key(device->bus, device->dev));

	for (guint i = 0; holders && i < holders->len; i++) {
		const struct holder *holder = &g_array_index(holders, struct holder, i);

		if (!hostdev_at(holder->hostdev, device->bus, device->dev) ||
		    plan_index_is_leaving(index, holder->hostdev))
			continue;
		*ret_domain = holder->domain;
		return holder->hostdev;
	}
	return NULL;
}

static void note(GHashTable *table, gpointer key, struct action *action)
{
	GPtrArray *list = g_hash_table_lookup(table, key);

	if (!list) {
		list = g_ptr_array_new();
		g_hash_table_insert(table, key, list);
	}
	g_ptr_array_add(list, action);
}

void plan_index_note_planned(struct plan_index *index, struct action *action)
{
	const struct hostdev *hostdev = action->hostdev;

	if (action->kind != ACTION_DETACH_LIVE)
		return;
	g_hash_table_insert(index->order, action,
			    GUINT_TO_POINTER(g_hash_table_size(index->order) + 1));
	note(index->by_alias, action, action);
	if (hostdev->has_address)
		note(index->by_address, address_key(hostdev->bus, hostdev->dev), action);
}

static gint compare_order(gconstpointer a, gconstpointer b, gpointer order)
{
	guint left = GPOINTER_TO_UINT(g_hash_table_lookup(order, *(const gconstpointer *)a));
	guint right = GPOINTER_TO_UINT(g_hash_table_lookup(order, *(const gconstpointer *)b));

	return (left > right) - (left < right);
}

void plan_index_add_dependencies(const struct plan_index *index, struct action *attach)
{
	const struct device *device = attach->device;
	const GPtrArray *own = g_hash_table_lookup(index->by_alias, attach);
	const GPtrArray *others =
		g_hash_table_lookup(index->by_address, address_key(device->bus, device->dev));

	for (guint i = 0; own && i < own->len; i++)
		g_ptr_array_add(attach->after, g_ptr_array_index(own, i));
	for (guint i = 0; others && i < others->len; i++) {
		struct action *action = g_ptr_array_index(others, i);

		if (hostdev_at(action->hostdev, device->bus, device->dev) &&
		    !(own && g_ptr_array_find((GPtrArray *)(uintptr_t)own, action, NULL)))
			g_ptr_array_add(attach->after, action);
	}
	g_ptr_array_sort_with_data(attach->after, compare_order, index->order);
}
