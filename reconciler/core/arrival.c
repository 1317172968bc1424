/* SPDX-License-Identifier: MIT */
#include "reconciler/core/arrival.h"

#include "reconciler/core/claim.h"
#include "reconciler/core/match.h"
#include "state/route.h"

/* Does it lead nowhere, or home? The hook leads it to one of these. */
static bool leads_well(const struct domain *domain, const struct hostdev *hostdev,
		       const GPtrArray *devices)
{
	const struct tag *tag = claim_tag_of_alias(domain, hostdev->alias);

	if (!tag || route_is_nowhere(hostdev, domain->uuid, hostdev->alias))
		return true;
	for (guint i = 0; i < devices->len; i++) {
		const struct device *device = g_ptr_array_index(devices, i);

		if (hostdev_is(hostdev, device))
			return match_device(tag, device);
	}
	return false;
}

void arrival_note(struct history *history, const struct domain *domain, const GPtrArray *devices,
		  bool hook_there)
{
	for (guint i = 0; i < domain->live->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(domain->live, i);
		struct memory *memory;

		if (leads_well(domain, hostdev, devices))
			continue;
		memory = history_get(history, domain->uuid, hostdev->alias);
		memory->unasked = true;
		memory->hook_there = hook_there;
	}
}

void arrival_forget_all(struct history *history)
{
	GHashTableIter domains, memories;
	gpointer of_domain, data;

	g_hash_table_iter_init(&domains, history->domains);
	while (g_hash_table_iter_next(&domains, NULL, &of_domain)) {
		g_hash_table_iter_init(&memories, of_domain);
		while (g_hash_table_iter_next(&memories, NULL, &data))
			((struct memory *)data)->unasked = false;
	}
}
