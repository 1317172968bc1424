/* SPDX-License-Identifier: MIT */
#include "reconciler/core/lost.h"

#include "reconciler/core/claim.h"
#include "reconciler/core/match.h"
#include "state/route.h"

bool lost_is(const struct snapshot *snapshot, const struct domain *domain,
	     const struct hostdev *hostdev)
{
	const struct device *device = snapshot_device_at(snapshot, hostdev->bus, hostdev->dev);

	return hostdev->has_address && claim_is_adoptable(domain, hostdev) &&
	       !route_is_off(hostdev) && !(device && hostdev_is(hostdev, device));
}

static const struct hostdev *find_at(const struct snapshot *snapshot, const struct domain *domain,
				     const GPtrArray *side, unsigned int bus, unsigned int dev)
{
	for (guint i = 0; i < side->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(side, i);

		if (hostdev_at(hostdev, bus, dev) && lost_is(snapshot, domain, hostdev))
			return hostdev;
	}
	return NULL;
}

const struct hostdev *lost_find_remembered(const struct snapshot *snapshot,
					   const struct domain *domain, const GPtrArray *side,
					   const struct memory *memory)
{
	if (!memory || !memory->adopted_dev)
		return NULL;
	return find_at(snapshot, domain, side, memory->adopted_bus, memory->adopted_dev);
}

/* One side of one domain. */
struct search {
	const GPtrArray *slots;
	GHashTable *used;
	enum domain_side side;
};

static const GPtrArray *hostdevs_of(const struct search *search)
{
	const struct slot *slot = g_ptr_array_index(search->slots, 0);

	return search->side == SIDE_LIVE ? slot->domain->live : slot->domain->config;
}

static const struct hostdev **place_in(const struct search *search, struct slot *slot)
{
	return search->side == SIDE_LIVE ? &slot->live : &slot->config;
}

static void give(const struct search *search, struct slot *slot, const struct hostdev *hostdev)
{
	*place_in(search, slot) = hostdev;
	g_hash_table_add(search->used, (gpointer)(uintptr_t)hostdev);
}

static bool is_used(const struct search *search, const struct hostdev *hostdev)
{
	return g_hash_table_contains(search->used, hostdev);
}

static const struct hostdev *other_side(const struct search *search, const struct slot *slot)
{
	return search->side == SIDE_LIVE ? slot->config : slot->live;
}

static bool has_own(const struct slot *slot, const struct hostdev *hostdev)
{
	return hostdev && g_strcmp0(hostdev->alias, slot->alias) == 0;
}

/* Where what is adopted on the other side is now comes before where something was: the memory of
 * this plan will say the same, and the plan must not need the memory of itself. */
static const struct hostdev *find_known(const struct search *search, const struct slot *slot)
{
	const struct hostdev *other = other_side(search, slot);
	const struct device *device = slot->device;

	if (other && device && !has_own(slot, other) && hostdev_is(other, device))
		return find_at(slot->snapshot, slot->domain, hostdevs_of(search), device->bus,
			       device->dev);
	return lost_find_remembered(slot->snapshot, slot->domain, hostdevs_of(search),
				    slot->memory);
}

static void find_remembered(const struct search *search)
{
	for (guint i = 0; i < search->slots->len; i++) {
		struct slot *slot = g_ptr_array_index(search->slots, i);
		const struct hostdev *hostdev = find_known(search, slot);

		if (hostdev && !*place_in(search, slot) && !is_used(search, hostdev))
			give(search, slot, hostdev);
	}
}

/* Whoever has a hostdev of ours on the other side has not lost one here: it may be somebody's for a
 * twin. */
static bool may_mean(const struct search *search, struct slot *slot, const struct hostdev *hostdev)
{
	return !has_own(slot, other_side(search, slot)) && !*place_in(search, slot) &&
	       !is_used(search, hostdev) && slot->tag->ids->len > 0 && hostdev->has_id &&
	       match_id(slot->tag, hostdev->id) && lost_is(slot->snapshot, slot->domain, hostdev);
}

/* The only slot that may have lost HOSTDEV, or NULL. */
static struct slot *only_slot(const struct search *search, const struct hostdev *hostdev)
{
	struct slot *only = NULL;

	for (guint i = 0; i < search->slots->len; i++) {
		struct slot *slot = g_ptr_array_index(search->slots, i);

		if (!may_mean(search, slot, hostdev))
			continue;
		if (only)
			return NULL;
		only = slot;
	}
	return only;
}

static bool is_only_one(const struct search *search, struct slot *slot)
{
	const GPtrArray *side = hostdevs_of(search);
	unsigned int count = 0;

	for (guint i = 0; i < side->len; i++)
		count += may_mean(search, slot, g_ptr_array_index(side, i));
	return count == 1;
}

static void find_by_ids(const struct search *search)
{
	const GPtrArray *side = hostdevs_of(search);

	for (guint i = 0; i < side->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(side, i);
		struct slot *slot = only_slot(search, hostdev);

		if (slot && is_only_one(search, slot))
			give(search, slot, hostdev);
	}
}

static void find_for_domain(const GPtrArray *slots, GHashTable *used)
{
	static const enum domain_side sides[] = {SIDE_LIVE, SIDE_CONFIG};

	for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
		struct search search = {slots, used, sides[i]};

		find_remembered(&search);
		find_by_ids(&search);
	}
}

static int by_alias(gconstpointer a, gconstpointer b)
{
	const struct slot *const *one = a, *const *other = b;

	return strcmp((*one)->alias, (*other)->alias);
}

void lost_find(const GPtrArray *slots, GHashTable *used)
{
	guint i = 0;

	while (i < slots->len) {
		const struct slot *first = g_ptr_array_index(slots, i);
		g_autoptr(GPtrArray) own = g_ptr_array_new();

		for (; i < slots->len; i++) {
			struct slot *slot = g_ptr_array_index(slots, i);

			if (slot->domain != first->domain)
				break;
			g_ptr_array_add(own, slot);
		}
		/* Two may remember the same; the order in which tags were read says nothing. */
		g_ptr_array_sort(own, by_alias);
		find_for_domain(own, used);
	}
}
