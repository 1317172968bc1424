/* SPDX-License-Identifier: MIT */
#include "reconciler/core/blocked.h"

#include "reconciler/core/claim.h"

static int find_action(const struct slot *slot, enum action_kind kind)
{
	for (guint i = 0; i < slot->actions->len; i++) {
		const struct action *action = g_ptr_array_index(slot->actions, i);

		if (action->kind == kind)
			return (int)i;
	}
	return -1;
}

static void drop(struct slot *slot, enum action_kind kind)
{
	int at = find_action(slot, kind);

	if (at >= 0)
		g_ptr_array_remove_index(slot->actions, (guint)at);
}

/*
 * libvirt keeps a host address reserved for whichever live hostdev names it, right or stale, of any
 * domain.
 */
static void drop_live(const struct plan_index *index, struct slot *slot)
{
	const struct domain *domain;
	const struct hostdev *blocker;

	if (find_action(slot, ACTION_ATTACH_LIVE) < 0)
		return;
	blocker = plan_index_blocker(index, slot->device, &domain);
	if (!blocker)
		return;
	drop(slot, ACTION_ATTACH_LIVE);
	slot->reason = REASON_FOREIGN_HOSTDEV;
	slot->blocker_domain = domain;
	slot->blocker = blocker;
	if (claim_tag_of_alias(domain, blocker->alias))
		slot->reason = REASON_WAITING_RELEASE;
	else
		slot->failed = true;
}

/* Somebody's hostdev, as one of ours is taken out by its own slot. */
static const struct hostdev *config_blocker(const struct plan_index *index, const struct slot *slot)
{
	const GPtrArray *config = slot->domain->config;

	for (guint i = 0; i < config->len; i++) {
		const struct hostdev *other = g_ptr_array_index(config, i);

		if (hostdev_at(other, slot->device->bus, slot->device->dev) &&
		    !tag_alias_is_ours(other->alias) && !plan_index_is_leaving(index, other))
			return other;
	}
	return NULL;
}

/* libvirt takes no second entry with the host address of another. What the slot has there now is
 * better than nothing, so it stays. */
static void drop_config(const struct plan_index *index, struct slot *slot)
{
	const struct hostdev *blocker;

	if (find_action(slot, ACTION_ATTACH_CONFIG) < 0)
		return;
	blocker = config_blocker(index, slot);
	if (!blocker)
		return;
	drop(slot, ACTION_ATTACH_CONFIG);
	drop(slot, ACTION_DETACH_CONFIG);
	if (!slot->failed) {
		slot->blocker_domain = slot->domain;
		slot->blocker = blocker;
	}
	slot_fail(slot, SIDE_CONFIG, REASON_FOREIGN_HOSTDEV);
}

void blocked_drop(const struct plan_index *index, struct slot *slot)
{
	drop_live(index, slot);
	drop_config(index, slot);
}
