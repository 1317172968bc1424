/* SPDX-License-Identifier: MIT */
#include "reconciler/core/room.h"

#include <string.h>

#include "state/guest_port.h"

/* The slots of one domain. */
struct room {
	const GPtrArray *slots;
	GHashTable *going; /* a set of const struct hostdev *: those that some slot takes out */
};

static bool is_going(const struct room *room, const struct hostdev *hostdev)
{
	return g_hash_table_contains(room->going, hostdev);
}

static void note_going(struct room *room)
{
	g_hash_table_remove_all(room->going);
	for (guint i = 0; i < room->slots->len; i++) {
		const struct slot *slot = g_ptr_array_index(room->slots, i);

		for (guint k = 0; k < slot->actions->len; k++) {
			const struct action *action = g_ptr_array_index(slot->actions, k);

			if (action->hostdev && action->kind != ACTION_EDIT_IMAGE)
				g_hash_table_add(room->going, (gpointer)(uintptr_t)action->hostdev);
		}
	}
}

/* Has anything of the guest the port that ACTION asks for, and keeps it? */
static bool has_port(const struct room *room, const struct domain *domain,
		     const struct action *action)
{
	bool live = action->kind == ACTION_ATTACH_LIVE;
	const GPtrArray *hostdevs = live ? domain->live : domain->config;

	if (guest_port_user(live ? domain->live_ports : domain->config_ports, action->guest_port))
		return true;
	for (guint i = 0; i < hostdevs->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(hostdevs, i);

		if (g_strcmp0(hostdev->guest_port, action->guest_port) == 0 &&
		    !is_going(room, hostdev))
			return true;
	}
	return false;
}

/* Of two that want one port, the lower rank gets it: first whose tag asks for it, then who has it,
 * then who would inherit it. */
static int rank(const struct slot *slot, const struct action *action)
{
	const struct hostdev *old =
		action_side(action->kind) == SIDE_LIVE ? slot->live : slot->config;

	if (!action->inherited_port)
		return 0;
	return old && g_strcmp0(old->guest_port, action->guest_port) == 0 ? 1 : 2;
}

/* Is OTHER, of the same side of the same domain, given the port that ACTION asks for? */
static bool is_given(const struct slot *other_slot, const struct action *other,
		     const struct slot *slot, const struct action *action)
{
	int order;

	if (other == action || other->kind != action->kind ||
	    g_strcmp0(other->guest_port, action->guest_port) != 0)
		return false;
	order = rank(other_slot, other) - rank(slot, action);
	return order < 0 || (order == 0 && strcmp(other->alias, action->alias) < 0);
}

static bool is_given_away(const struct room *room, const struct slot *slot,
			  const struct action *action)
{
	for (guint i = 0; i < room->slots->len; i++) {
		const struct slot *other = g_ptr_array_index(room->slots, i);

		for (guint k = 0; k < other->actions->len; k++) {
			if (is_given(other, g_ptr_array_index(other->actions, k), slot, action))
				return true;
		}
	}
	return false;
}

/* A port that a tag asks for and cannot have: nothing is attached, and a hostdev that works is not
 * taken out for it. */
static void refuse_port(struct slot *slot, guint index)
{
	const struct action *attach = g_ptr_array_index(slot->actions, index);
	const struct action *before =
		index > 0 ? g_ptr_array_index(slot->actions, index - 1) : NULL;
	enum domain_side side = action_side(attach->kind);
	bool works = before && action_side(before->kind) == side &&
		     hostdev_is(before->hostdev, slot->device);

	g_ptr_array_remove_index(slot->actions, index);
	if (works)
		g_ptr_array_remove_index(slot->actions, index - 1);
	slot->failed = true;
	slot->failing = side;
	slot->reason = REASON_GUEST_PORT_TAKEN;
}

/* False: an action was dropped. Its hostdev now stays where it was to go, and may have a port that
 * was given to another: it has to be looked at again from the beginning. */
static bool find_ports(struct room *room)
{
	for (guint i = 0; i < room->slots->len; i++) {
		struct slot *slot = g_ptr_array_index(room->slots, i);

		for (guint k = 0; k < slot->actions->len; k++) {
			struct action *action = g_ptr_array_index(slot->actions, k);

			if (action_change(action->kind) != CHANGE_ATTACH || !action->guest_port ||
			    (!has_port(room, slot->domain, action) &&
			     !is_given_away(room, slot, action)))
				continue;
			if (!action->inherited_port) {
				refuse_port(slot, k);
				return false;
			}
			g_clear_pointer(&action->guest_port, g_free);
			action->inherited_port = false;
		}
	}
	return true;
}

static void make_for_domain(const GPtrArray *slots)
{
	struct room room = {.slots = slots, .going = g_hash_table_new(NULL, NULL)};

	do
		note_going(&room);
	while (!find_ports(&room));
	g_hash_table_unref(room.going);
}

void room_make(const GPtrArray *slots)
{
	g_autoptr(GHashTable) by_domain =
		g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
	GHashTableIter iter;
	gpointer list;

	for (guint i = 0; i < slots->len; i++) {
		struct slot *slot = g_ptr_array_index(slots, i);
		GPtrArray *own = g_hash_table_lookup(by_domain, slot->domain);

		if (!own) {
			own = g_ptr_array_new();
			g_hash_table_insert(by_domain, (gpointer)(uintptr_t)slot->domain, own);
		}
		g_ptr_array_add(own, slot);
	}
	g_hash_table_iter_init(&iter, by_domain);
	while (g_hash_table_iter_next(&iter, NULL, &list))
		make_for_domain(list);
}
