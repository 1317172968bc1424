/* SPDX-License-Identifier: MIT */

/*
 * Who should have what, written down from the rules as plainly as possible and sharing nothing with
 * the planner. It sees the world itself, not what the program has read of it.
 *
 * A device has one owner. Running guests come first, then the narrower tag: serial and port,
 * serial, port, ids; groups last. Among equals each tag wants the device it holds, else the only
 * one left; if there are more, none. Two that want one: the holder, then the guest's name, then the
 * tag's. A live hostdev that no tag names outranks all.
 */

#include "oracle.h"

#include <string.h>

bool wish_matches(const struct wish *wish, const struct gadget *gadget)
{
	return !gadget->hub && wish_would_match(wish, gadget);
}

/* Hubs, too: a tag that matches nothing else is told so. */
bool wish_would_match(const struct wish *wish, const struct gadget *gadget)
{
	const struct socket *socket;

	if (!gadget->incarnation || !gadget->known)
		return false;
	if ((wish->vendor || wish->product) &&
	    (wish->vendor != gadget->vendor || wish->product != gadget->product))
		return false;
	if (wish->serial && g_strcmp0(wish->serial, gadget->serial) != 0)
		return false;
	if (wish->socket < 0)
		return true;
	socket = &host_sockets[gadget->socket];
	if (wish->third && gadget->bus == socket->bus)
		return false;
	if (gadget->socket == wish->socket ||
	    (socket->bus == host_sockets[wish->socket].bus &&
	     strcmp(socket->chain, host_sockets[wish->socket].chain) == 0))
		return true;
	return wish->group && socket->hub >= 0 && host_gadgets[socket->hub].socket == wish->socket;
}

static int width(const struct wish *wish)
{
	if (wish->group)
		return 4;
	if (wish->serial)
		return wish->socket >= 0 ? 0 : 1;
	return wish->socket >= 0 ? 2 : 3;
}

bool claim_takes_part(const struct claim *claim)
{
	return !claim->wish->invalid && !claim->wish->disabled && !claim->guest->broken;
}

static const GPtrArray *side_of(const struct guest *guest)
{
	return guest->id >= 0 ? guest->live : guest->config;
}

const struct wish *wish_of_alias(const struct guest *guest, const char *alias)
{
	for (unsigned int i = 0; alias && i < guest->wishes.count; i++) {
		const struct wish *wish = &guest->wishes.list[i];
		g_autofree char *own =
			g_strdup_printf("ua-usbr-%s%s", wish->name, wish->group ? "--" : "");

		if (wish->invalid)
			continue;
		if (wish->group ? g_str_has_prefix(alias, own) : strcmp(alias, own) == 0)
			return wish;
	}
	return NULL;
}

bool has_invalid_wish(const struct guest *guest)
{
	for (unsigned int i = 0; i < guest->wishes.count; i++) {
		if (guest->wishes.list[i].invalid)
			return true;
	}
	return false;
}

/* One with our alias that no tag has (any more) counts as made by hand, unless a tag that cannot be
 * understood may be its own. */
static bool is_by_hand(const struct guest *guest, const struct entry *entry)
{
	bool ours = entry->alias && g_str_has_prefix(entry->alias, "ua-usbr-");

	return !wish_of_alias(guest, entry->alias) && !(ours && has_invalid_wish(guest));
}

static bool denotes(const struct entry *entry, const struct gadget *gadget)
{
	return !entry->missing && entry->dev && dev_means(entry, gadget);
}

/* Does the claim have the device today, by its alias, or by a hostdev that somebody made by hand
 * and that it may call its own? */
static bool holds(const struct claim *claim, const struct gadget *gadget)
{
	const GPtrArray *side = side_of(claim->guest);
	unsigned int own = 0, adopted = 0;
	bool has = false, may_adopt = false;

	for (guint i = 0; i < side->len; i++) {
		const struct entry *entry = g_ptr_array_index(side, i);

		for (unsigned int k = 0; k < host_gadget_count; k++) {
			const struct gadget *other = &host_gadgets[k];

			if (!wish_matches(claim->wish, other) || !denotes(entry, other))
				continue;
			if (wish_of_alias(claim->guest, entry->alias) == claim->wish) {
				own++;
				has = has || other == gadget;
			} else if (is_by_hand(claim->guest, entry)) {
				adopted++;
				may_adopt = may_adopt || other == gadget;
			}
		}
	}
	return has || (may_adopt && (claim->wish->group || (own == 0 && adopted == 1)));
}

static int serve_order(gconstpointer left, gconstpointer right)
{
	const struct claim *a = *(struct claim *const *)left;
	const struct claim *b = *(struct claim *const *)right;
	bool a_runs = a->guest->id >= 0, b_runs = b->guest->id >= 0;

	if (a_runs != b_runs)
		return a_runs ? -1 : 1;
	if (width(a->wish) != width(b->wish))
		return width(a->wish) - width(b->wish);
	if (a->guest != b->guest)
		return strcmp(a->guest->name, b->guest->name);
	return strcmp(a->wish->name, b->wish->name);
}

static bool is_one_class(const struct claim *a, const struct claim *b)
{
	return (a->guest->id >= 0) == (b->guest->id >= 0) && width(a->wish) == width(b->wish);
}

static void take(struct oracle *oracle, unsigned int gadget, struct claim *claim)
{
	oracle->owner[gadget] = claim;
	oracle->taken[gadget] = true;
	claim->owned |= 1u << gadget;
}

/* What one device tag wants of what nobody narrower owns, or -1. */
static int wants(const struct oracle *oracle, struct claim *claim)
{
	int only = -1;

	claim->left = 0;
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		if (oracle->taken[i] || !wish_matches(claim->wish, &host_gadgets[i]))
			continue;
		if (holds(claim, &host_gadgets[i])) {
			claim->left = 1;
			return (int)i;
		}
		only = (int)i;
		claim->left++;
	}
	return claim->left == 1 ? only : -1;
}

static void serve_class(struct oracle *oracle, guint from, guint to)
{
	int want[64];

	for (guint i = from; i < to; i++)
		want[i - from] = wants(oracle, g_ptr_array_index(oracle->queue, i));
	for (unsigned int gadget = 0; gadget < host_gadget_count; gadget++) {
		struct claim *winner = NULL;

		for (guint i = from; i < to; i++) {
			struct claim *claim = g_ptr_array_index(oracle->queue, i);

			if (want[i - from] != (int)gadget)
				continue;
			if (!winner || (holds(claim, &host_gadgets[gadget]) &&
					!holds(winner, &host_gadgets[gadget])))
				winner = claim;
		}
		if (winner)
			take(oracle, gadget, winner);
	}
}

/* The order of ports, which is that of the sockets' names. */
static void fill_group(struct oracle *oracle, struct claim *claim, bool held)
{
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		if (!oracle->taken[i] && wish_matches(claim->wish, &host_gadgets[i]) &&
		    (!held || holds(claim, &host_gadgets[i])))
			take(oracle, i, claim);
	}
}

static void lock_by_hand(struct oracle *oracle)
{
	for (guint i = 0; i < guests->len; i++) {
		const struct guest *guest = g_ptr_array_index(guests, i);

		for (guint k = 0; k < guest->live->len; k++) {
			const struct entry *entry = g_ptr_array_index(guest->live, k);
			bool ours = entry->alias && g_str_has_prefix(entry->alias, "ua-usbr-");

			for (unsigned int g = 0; g < host_gadget_count; g++) {
				bool adopted = false;

				if (!host_gadgets[g].known || !denotes(entry, &host_gadgets[g]) ||
				    (!guest->broken && ours &&
				     (wish_of_alias(guest, entry->alias) ||
				      !has_invalid_wish(guest))))
					continue;
				for (guint c = 0; c < oracle->queue->len; c++) {
					const struct claim *claim =
						g_ptr_array_index(oracle->queue, c);

					adopted = adopted || (claim->guest == guest &&
							      holds(claim, &host_gadgets[g]));
				}
				if (!adopted)
					oracle->taken[g] = true;
			}
		}
	}
}

static void enter(struct oracle *oracle, const struct guest *guest)
{
	for (unsigned int i = 0; i < guest->wishes.count; i++) {
		struct claim *claim = g_new0(struct claim, 1);

		claim->guest = guest;
		claim->wish = &guest->wishes.list[i];
		for (unsigned int k = 0; k < host_gadget_count; k++)
			claim->matches += wish_matches(claim->wish, &host_gadgets[k]);
		g_ptr_array_add(oracle->claims, claim);
		if (claim_takes_part(claim))
			g_ptr_array_add(oracle->queue, claim);
	}
}

void oracle_ask(struct oracle *oracle)
{
	guint from = 0;

	memset(oracle, 0, sizeof(*oracle));
	oracle->claims = g_ptr_array_new_with_free_func(g_free);
	oracle->queue = g_ptr_array_new();
	for (guint i = 0; i < guests->len; i++) {
		const struct guest *guest = g_ptr_array_index(guests, i);

		if (guest->defined)
			enter(oracle, guest);
	}
	g_ptr_array_sort(oracle->queue, serve_order);
	lock_by_hand(oracle);
	while (from < oracle->queue->len) {
		struct claim *first = g_ptr_array_index(oracle->queue, from);
		guint to = from + 1;

		while (to < oracle->queue->len &&
		       is_one_class(first, g_ptr_array_index(oracle->queue, to)))
			to++;
		if (!first->wish->group) {
			serve_class(oracle, from, to);
		} else {
			for (guint i = from; i < to; i++)
				fill_group(oracle, g_ptr_array_index(oracle->queue, i), true);
			for (guint i = from; i < to; i++)
				fill_group(oracle, g_ptr_array_index(oracle->queue, i), false);
		}
		from = to;
	}
}

void oracle_clear(struct oracle *oracle)
{
	g_ptr_array_unref(oracle->claims);
	g_ptr_array_unref(oracle->queue);
}

static bool would_match_a_hub(const struct wish *wish)
{
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		if (wish_would_match(wish, &host_gadgets[i]))
			return true;
	}
	return false;
}

/* A guest port that the tag itself asks for, and that another hostdev has. */
static bool port_is_taken(const struct claim *claim)
{
	const struct guest *guest = claim->guest;

	for (guint i = 0; claim->wish->guest_port && i < guest->live->len; i++) {
		const struct entry *entry = g_ptr_array_index(guest->live, i);

		if (wish_of_alias(guest, entry->alias) != claim->wish &&
		    g_strcmp0(entry->guest_port, claim->wish->guest_port) == 0)
			return true;
	}
	return false;
}

/* The verdicts that are true of the claim, divided by blanks. */
const char *oracle_verdict(const struct oracle *oracle, const struct claim *claim)
{
	if (claim->wish->invalid)
		return "invalid";
	if (claim->guest->broken)
		return "failed";
	if (claim->wish->disabled)
		return "disabled";
	if (claim->guest->id < 0)
		return "inactive failed";
	if (claim->matches == 0)
		return !claim->wish->group && would_match_a_hub(claim->wish) ? "refused"
									     : "missing";
	if (claim->owned == 0)
		return claim->left > 1 ? "ambiguous" : claim->wish->group ? "missing" : "contested";
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		if (!(claim->owned & (1u << i)))
			continue;
		if (in_use_by(host_gadgets[i].bus, host_gadgets[i].dev) &&
		    in_use_by(host_gadgets[i].bus, host_gadgets[i].dev) != claim->guest)
			return "failed pending";
		if (port_is_taken(claim))
			return "failed attached";
		if (host_gadgets[i].use != USE_NONE && !claim->wish->force)
			return "refused attached";
	}
	(void)oracle;
	return "attached";
}
