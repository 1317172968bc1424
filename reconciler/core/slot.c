/* SPDX-License-Identifier: MIT */
#include "reconciler/core/slot.h"

#include "reconciler/core/claim.h"
#include "reconciler/core/match.h"
#include "reconciler/core/pulse.h"
#include "reconciler/core/remember.h"
#include "state/route.h"

void slot_init(struct slot *slot, const struct snapshot *snapshot, const struct history *history,
	       const struct domain *domain, const struct tag *tag, const char *alias,
	       const struct device *device, enum reason why_none)
{
	*slot = (struct slot){
		.snapshot = snapshot,
		.domain = domain,
		.tag = tag,
		.alias = alias,
		.device = device,
		.why_none = why_none,
		.reason = REASON_ATTACHED,
	};
	slot->live = claim_find_hostdev(snapshot, domain, domain->live, alias, device);
	slot->config = claim_find_hostdev(snapshot, domain, domain->config, alias, device);
	slot->image = domain_find_hostdev(domain->image, alias);
	slot->memory = history_find(history, domain->uuid, alias);
	slot->asked = pulse_is_asked(history, domain, slot->memory, slot->live);
	slot->actions = g_ptr_array_new_with_free_func(action_drop);
}

void slot_clear(struct slot *slot)
{
	g_clear_pointer(&slot->actions, g_ptr_array_unref);
}

bool slot_is_live(const struct slot *slot)
{
	return slot->domain->running && slot->device && slot->live &&
	       hostdev_is(slot->live, slot->device);
}

static bool is_own(const struct slot *slot, const struct hostdev *hostdev)
{
	return hostdev && g_strcmp0(hostdev->alias, slot->alias) == 0;
}

static void note_wake(struct slot *slot, uint64_t when)
{
	if (slot->wake == 0 || when < slot->wake)
		slot->wake = when;
}

void slot_fail(struct slot *slot, enum domain_side side, enum reason reason)
{
	if (!slot->failed) {
		slot->reason = reason;
		slot->failing = side;
	}
	slot->failed = true;
}

static void note_pending(struct slot *slot, enum reason reason)
{
	if (!slot->pending && !slot->failed)
		slot->reason = reason;
	slot->pending = true;
}

static struct action *add(struct slot *slot, enum action_kind kind, enum reason reason)
{
	struct action *action = action_new();

	action->kind = kind;
	action->reason = reason;
	action->domain = slot->domain;
	action->tag = slot->tag;
	action->device = slot->device;
	action->slot = g_strdup(slot->alias);
	action->alias = g_strdup(slot->alias);
	g_ptr_array_add(slot->actions, action);
	note_pending(slot, reason);
	return action;
}

/* What libvirt takes out: the first entry that compares equal, and it compares the host address
 * alone if there is one, else the ids alone (libvirt 9.0.0 to 12.8; detach by alias ends in the
 * same comparison). NULL: nothing. */
static const struct hostdev *first_match(const GPtrArray *side, const struct hostdev *hostdev)
{
	for (guint i = 0; i < side->len; i++) {
		const struct hostdev *other = g_ptr_array_index(side, i);

		if (hostdev->has_address ? hostdev_at(other, hostdev->bus, hostdev->dev)
					 : (hostdev->has_id && other->has_id &&
					    usb_id_equal(other->id, hostdev->id)))
			return other;
	}
	return NULL;
}

/* Is libvirt at it already? */
static bool must_await_release(struct slot *slot)
{
	uint64_t since = slot->memory ? slot->memory->releasing_since : 0;

	if (since == 0 || since + SLOT_RELEASE <= slot->snapshot->now)
		return false;
	note_pending(slot, REASON_WAITING_RELEASE);
	note_wake(slot, since + SLOT_RELEASE);
	return true;
}

static bool detach(struct slot *slot, enum action_kind kind, const struct hostdev *hostdev,
		   enum reason reason)
{
	bool live = kind == ACTION_DETACH_LIVE;
	const struct hostdev *first =
		first_match(live ? slot->domain->live : slot->domain->config, hostdev);
	struct action *action;

	if (live && must_await_release(slot))
		return false;
	if (first != hostdev) {
		slot_fail(slot, action_side(kind), REASON_FOREIGN_HOSTDEV);
		slot->blocker_domain = first ? slot->domain : NULL;
		slot->blocker = first;
		return false;
	}
	action = add(slot, kind, reason);
	action->hostdev = hostdev;
	g_free(action->alias);
	action->alias = g_strdup(hostdev->alias);
	return true;
}

/*
 * What a person had set on the hostdev that is replaced, and the tag does not say, stays: the
 * side's own hostdev knows, else the other side's, else what is remembered of the last one.
 */
static void inherit(const struct slot *slot, struct action *action)
{
	enum domain_side side = action_side(action->kind);
	const struct hostdev *own = side == SIDE_LIVE ? slot->live : slot->config;
	const struct hostdev *other = side == SIDE_LIVE ? slot->config : slot->live;
	const struct hostdev *from = own ? own : other;
	const struct memory *memory = slot->memory;
	bool refused = memory && memory->sides[side].no_rest &&
		       memory->sides[side].failed == slot->device->incarnation;

	action->guest_reset = slot->tag->guest_reset;
	if (action->guest_reset == GUEST_RESET_DEFAULT && (from || memory))
		action->guest_reset = from ? from->guest_reset : memory->guest_reset;
	if (!refused && (from || memory))
		action->rest = g_strdup(from ? from->rest : memory->rest);
}

static void attach(struct slot *slot, enum action_kind kind, enum reason reason,
		   const char *guest_port)
{
	struct action *action = add(slot, kind, reason);

	action->guest_port = g_strdup(guest_port);
	action->inherited_port = guest_port && !slot->tag->guest_port;
	inherit(slot, action);
}

static const char *port_of(const struct hostdev *hostdev)
{
	return hostdev ? hostdev->guest_port : NULL;
}

/* The guest port that was not asked for but should be kept, unless libvirt has refused it to this
 * very device. */
static const char *inherited_port(const struct slot *slot, enum domain_side side,
				  const struct hostdev *first, const struct hostdev *second)
{
	const struct memory *memory = slot->memory;

	if (memory && memory->sides[side].no_inherited_port &&
	    memory->sides[side].failed == slot->device->incarnation)
		return NULL;
	if (port_of(first))
		return port_of(first);
	if (port_of(second))
		return port_of(second);
	return memory ? memory->guest_port : NULL;
}

static bool must_settle(struct slot *slot)
{
	uint64_t still = match_still_at(slot->tag, slot->snapshot->changes);

	if (still <= slot->snapshot->now)
		return false;
	note_pending(slot, REASON_SETTLING);
	note_wake(slot, still);
	return true;
}

/* The guest has lost it, and somebody else has it now. */
static void let_go(struct slot *slot, enum reason reason)
{
	struct action *last;

	slot->let_go = true;
	if (!detach(slot, ACTION_DETACH_LIVE, slot->live, reason))
		return;
	/* No attach follows: it makes room for nothing. */
	last = g_ptr_array_index(slot->actions, slot->actions->len - 1);
	last->device = NULL;
}

static void replug(struct slot *slot, enum reason reason)
{
	const char *port = slot->tag->guest_port;

	if (slot->in_use) {
		let_go(slot, reason);
		return;
	}
	if (!port)
		port = inherited_port(slot, SIDE_LIVE, slot->live, slot->config);
	if (detach(slot, ACTION_DETACH_LIVE, slot->live, reason))
		attach(slot, ACTION_ATTACH_LIVE, reason, port);
}

static void check_pulse(struct slot *slot)
{
	uint64_t when = 0;

	if (slot->asked) {
		replug(slot, REASON_REQUESTED);
		return;
	}
	switch (pulse_take(slot->device, slot->memory, slot->snapshot->now, &when)) {
	case PULSE_ALIVE:
		if (!is_own(slot, slot->live))
			slot->reason = REASON_ADOPTED;
		return;
	case PULSE_LOOK_AGAIN:
		note_wake(slot, when);
		note_pending(slot, REASON_MAYBE_DEAD);
		return;
	case PULSE_DEAD:
		replug(slot, REASON_DEAD);
		return;
	case PULSE_BEYOND_HELP:
		if (slot->in_use)
			let_go(slot, REASON_DEAD);
		else
			slot_fail(slot, SIDE_LIVE, REASON_NOT_ALIVE);
		return;
	}
}

static void plan_live(struct slot *slot)
{
	const struct hostdev *live = slot->live;
	const char *port;
	enum reason reason = REASON_NOT_ATTACHED;

	if (slot_is_live(slot)) {
		check_pulse(slot);
		return;
	}
	if (live) {
		reason = !slot->device   ? slot->why_none
			 : live->missing ? REASON_PLACEHOLDER
					 : REASON_MOVED;
		if (!detach(slot, ACTION_DETACH_LIVE, live, reason))
			return;
	}
	if (!slot->device || must_settle(slot))
		return;
	port = slot->tag->guest_port;
	if (!port)
		port = inherited_port(slot, SIDE_LIVE, live, slot->config);
	attach(slot, ACTION_ATTACH_LIVE, reason, port);
}

static const struct action *planned_live_attach(const struct slot *slot)
{
	for (guint i = 0; i < slot->actions->len; i++) {
		const struct action *action = g_ptr_array_index(slot->actions, i);

		if (action->kind == ACTION_ATTACH_LIVE)
			return action;
	}
	return NULL;
}

/*
 * The guest port the persistent hostdev should have: the tag's, else the live one's, so that both
 * sides agree. False when the live side is about to be given one by libvirt: then the next pass
 * knows.
 */
static bool config_port(const struct slot *slot, const char **ret_port)
{
	const struct action *planned = planned_live_attach(slot);

	*ret_port = slot->tag->guest_port;
	if (*ret_port)
		return true;
	if (planned) {
		*ret_port = planned->guest_port;
		return *ret_port != NULL;
	}
	*ret_port = inherited_port(slot, SIDE_CONFIG, slot_is_live(slot) ? slot->live : NULL,
				   slot->config);
	return true;
}

/* That the live side has another port than the config is no reason to write: only what the tag asks
 * for is. */
static bool config_is_right(const struct slot *slot)
{
	const char *asked = slot->tag->guest_port;
	const struct hostdev *config = slot->config;

	if (!hostdev_is(config, slot->device))
		/* Adopted by its ids alone: right as long as it has no address to be wrong. */
		return !config->has_address && !tag_alias_is_ours(config->alias);
	if (!is_own(slot, config))
		return !tag_alias_is_ours(config->alias);
	/* libvirt takes no vendor 0: such a device's hostdev has an address alone. */
	return config->has_id == (slot->device->id.vendor != 0) &&
	       g_strcmp0(config->startup_policy, "optional") == 0 &&
	       (slot->tag->guest_reset == GUEST_RESET_DEFAULT ||
		config->guest_reset == slot->tag->guest_reset) &&
	       (!asked || g_strcmp0(config->guest_port, asked) == 0);
}

static void want_config(struct slot *slot)
{
	const char *port;
	enum reason reason = slot->config ? REASON_CONFIG_STALE : REASON_CONFIG_ABSENT;

	if (slot->config && config_is_right(slot))
		return;
	if (!config_port(slot, &port)) {
		note_pending(slot, reason);
		return;
	}
	if (must_settle(slot))
		return;
	if (slot->config && !detach(slot, ACTION_DETACH_CONFIG, slot->config, reason))
		return;
	attach(slot, ACTION_ATTACH_CONFIG, reason, port);
}

static void plan_config(struct slot *slot)
{
	enum tag_persist persist = slot->tag ? slot->tag->persist : TAG_PERSIST_NO;
	bool had = slot->config || (slot->memory && slot->memory->config_owed);
	bool wanted = persist == TAG_PERSIST_YES || (persist == TAG_PERSIST_KEEP && had);

	/* The use ends some day, and with persist absent nobody would put back then what was taken
	 * out. */
	if (slot->in_use && slot->config && persist == TAG_PERSIST_KEEP &&
	    hostdev_is(slot->config, slot->in_use))
		return;
	if (slot->device && wanted)
		want_config(slot);
	else if (slot->config)
		detach(slot, ACTION_DETACH_CONFIG, slot->config,
		       slot->device ? REASON_CONFIG_UNWANTED : slot->why_none);
}

/* With a device: its address. Without: libvirt refuses to take the hostdev out, and starts nothing
 * with the address of a device that another guest has, 'optional' or not. */
static bool image_is_right(const struct slot *slot)
{
	const struct hostdev *image = slot->image;

	if (slot->device)
		return hostdev_is(image, slot->device);
	return g_strcmp0(image->startup_policy, "optional") == 0 &&
	       route_is_nowhere(image, slot->domain->uuid, slot->alias);
}

static void plan_image(struct slot *slot)
{
	const struct hostdev *image = slot->image;
	struct action *action;

	if (!image || image_is_right(slot))
		return;
	action = add(slot, ACTION_EDIT_IMAGE, REASON_IMAGE_STALE);
	action->hostdev = image;
}

/* A failure waits for its time, unless the device has been enumerated anew. */
static bool must_wait(const struct slot *slot, enum domain_side side, uint64_t *ret_until)
{
	const struct setback *setback = &slot->memory->sides[side];

	*ret_until = setback->next_try;
	return setback->next_try > slot->snapshot->now &&
	       setback->failed == (slot->device ? slot->device->incarnation : 0);
}

/* What a person asks for is done, however often. */
static bool is_restless(struct slot *slot, const struct action *action, uint64_t *ret_until)
{
	const struct deed *deed = remember_restless(slot->memory, action, ret_until);

	if (action->reason == REASON_REQUESTED || !deed || *ret_until <= slot->snapshot->now)
		return false;
	if (!slot->failed)
		slot->deed = deed;
	return true;
}

/* Why nothing may be done now about what the actions from FROM on do to one side; REASON_NONE
 * if it may. */
static enum reason why_not_now(struct slot *slot, enum domain_side side, guint from,
			       uint64_t *ret_until)
{
	if (!slot->memory || from == slot->actions->len)
		return REASON_NONE;
	if (must_wait(slot, side, ret_until))
		return REASON_LIBVIRT_ERROR;
	for (guint i = from; i < slot->actions->len; i++) {
		if (is_restless(slot, g_ptr_array_index(slot->actions, i), ret_until))
			return REASON_RESTLESS;
	}
	return REASON_NONE;
}

static void plan_side(struct slot *slot, enum domain_side side, void (*plan)(struct slot *))
{
	guint from = slot->actions->len;
	uint64_t until = 0;
	enum reason reason;

	plan(slot);
	reason = why_not_now(slot, side, from, &until);
	if (reason == REASON_NONE)
		return;
	g_ptr_array_set_size(slot->actions, (int)from);
	if (!slot->failed)
		slot->next_try = until;
	slot_fail(slot, side, reason);
	note_wake(slot, until);
}

/* At the next boot the address may be another device's, and a guest that starts before us would get
 * that one. */
static void plan_leaving(struct slot *slot)
{
	if (slot->tag && slot->tag->persist == TAG_PERSIST_YES && is_own(slot, slot->config))
		detach(slot, ACTION_DETACH_CONFIG, slot->config, REASON_HOST_STOPPING);
}

/* While a guest starts or is on its way between hosts libvirt would let each call wait for 30 s,
 * and then refuse it (9.0.0 to 12.8). It is on its way until a try, which asks, has found
 * otherwise. */
static void hold(struct slot *slot)
{
	uint64_t until = slot->memory ? slot->memory->migrating_until : 0;

	if (slot->domain->starting)
		until = slot->snapshot->now + PULSE_SECOND_LOOK;
	if (slot->actions->len == 0 || !slot->domain->running || until == 0)
		return;
	if (!slot->domain->starting && !slot->failed)
		slot->reason = REASON_MIGRATING;
	if (until > slot->snapshot->now) {
		g_ptr_array_set_size(slot->actions, 0);
		note_wake(slot, until);
	}
}

void slot_plan(struct slot *slot)
{
	if (domain_has_other_alias(slot->domain, slot->alias) &&
	    (slot->tag || slot->live || slot->config)) {
		slot_fail(slot, SIDE_LIVE, REASON_ALIAS_TAKEN);
		return;
	}
	if (slot->snapshot->leaving) {
		plan_leaving(slot);
		return;
	}
	if (slot->domain->running)
		plan_side(slot, SIDE_LIVE, plan_live);
	if (slot->domain->persistent)
		plan_side(slot, SIDE_CONFIG, plan_config);
	if (slot->domain->saved)
		plan_side(slot, SIDE_IMAGE, plan_image);
	hold(slot);
}
