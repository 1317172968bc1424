/* SPDX-License-Identifier: MIT */
#include "reconciler/core/rival.h"

#include "reconciler/core/match.h"

/* DEVICES: those that TAG matches. */
static bool competes(const struct snapshot *snapshot, const struct tag *tag, GPtrArray *devices,
		     const struct tag *other)
{
	g_autoptr(GPtrArray) others = NULL;

	if (other->complaint || !other->enabled || (other->group && !tag->group))
		return false;
	others = match_devices(other, snapshot, false);
	for (guint i = 0; i < others->len; i++) {
		if (g_ptr_array_find(devices, g_ptr_array_index(others, i), NULL))
			return true;
	}
	return tag_same_identity(tag, other);
}

GPtrArray *rivals_find(const struct snapshot *snapshot, const struct domain *domain,
		       const struct tag *tag)
{
	GPtrArray *rivals = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) devices = match_devices(tag, snapshot, false);

	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *other = g_ptr_array_index(snapshot->domains, i);

		for (guint k = 0; k < other->tags->len; k++) {
			const struct tag *wish = g_ptr_array_index(other->tags, k);
			struct rival *rival;

			if ((other == domain && g_strcmp0(wish->name, tag->name) == 0) ||
			    !competes(snapshot, tag, devices, wish))
				continue;
			rival = g_new0(struct rival, 1);
			rival->domain = other;
			rival->tag = wish;
			g_ptr_array_add(rivals, rival);
		}
	}
	return rivals;
}
