/* SPDX-License-Identifier: MIT */
#include "reconciler/core/aliases.h"

/* What a member may be called, the best first; the last is a stem for numbers. */
static GPtrArray *wishes_of(const struct tag *tag, const struct device *device)
{
	GPtrArray *wishes = g_ptr_array_new_with_free_func(g_free);
	char *best = tag_alias(tag, device);
	g_autofree char *sysname = NULL;

	g_ptr_array_add(wishes, best);
	if (!tag->group)
		return wishes;
	/* Earlier versions called a USB 3 member by its USB 2 port: such a hostdev is known again.
	 */
	if (device->port_v3 && device->port)
		g_ptr_array_add(wishes, tag_alias_at(tag, device->port));
	sysname = tag_name_from(device->sysname);
	g_ptr_array_add(wishes, g_strconcat(best, "-", sysname, NULL));
	return wishes;
}

/* Does a hostdev of that alias mean the device? */
static bool is_carried(const GPtrArray *side, const char *alias, const struct device *device)
{
	const struct hostdev *hostdev = domain_find_hostdev(side, alias);

	return hostdev && hostdev_is(hostdev, device);
}

static char *number(const char *stem, GHashTable *taken)
{
	for (unsigned int i = 2;; i++) {
		g_autofree char *alias = g_strdup_printf("%s-%u", stem, i);

		if (!g_hash_table_contains(taken, alias))
			return g_steal_pointer(&alias);
	}
}

/* The first wish that no other member has. HELD: only one that a hostdev of this device carries
 * already; NULL when there is none. */
static char *find(const struct claim *claim, const struct device *device, GHashTable *taken,
		  bool held)
{
	g_autoptr(GPtrArray) wishes = wishes_of(claim->tag, device);
	const struct domain *domain = claim->domain;

	for (guint i = 0; i < wishes->len; i++) {
		const char *alias = g_ptr_array_index(wishes, i);

		if (g_hash_table_contains(taken, alias))
			continue;
		if (!held || is_carried(domain->live, alias, device) ||
		    is_carried(domain->config, alias, device))
			return g_strdup(alias);
	}
	return held ? NULL : number(g_ptr_array_index(wishes, wishes->len - 1), taken);
}

GPtrArray *aliases_choose(const struct claim *claim)
{
	const GPtrArray *owned = claim->owned;
	GPtrArray *aliases = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);

	g_ptr_array_set_size(aliases, (int)owned->len);
	for (int held = 1; held >= 0; held--) {
		for (guint i = 0; i < owned->len; i++) {
			if (aliases->pdata[i])
				continue;
			aliases->pdata[i] =
				find(claim, g_ptr_array_index(owned, i), taken, held == 1);
			if (aliases->pdata[i])
				g_hash_table_add(taken, aliases->pdata[i]);
		}
	}
	return aliases;
}
