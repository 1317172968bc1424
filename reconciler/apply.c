/* SPDX-License-Identifier: MIT */
#include "reconciler/apply.h"

#include "state/route.h"

/* An action on its way. */
struct step {
	const struct action *action;
	struct outcome *outcome; /* NULL: its domain is left alone */
	bool asked;              /* … whether its domain is migrating */
	bool concluded;          /* the outcome says what became of it */
	bool acted;              /* libvirt was asked, and did not say no */
	bool unsure;             /* acted, but with HAND_UNSURE or HAND_SILENT, */
	bool silent;             /* … and it was that */
	struct refusal doubt;    /* then: what to say if it did not happen */
};

struct work {
	const struct hands *hands;
	struct step *steps;
	guint count;
	struct domain **seen; /* SIDES of them, or NULL: nobody asks */
};

static bool is_attach(const struct action *action)
{
	return action_change(action->kind) == CHANGE_ATTACH;
}

static bool same_side(const struct action *a, const struct action *b)
{
	return a->domain == b->domain && action_side(a->kind) == action_side(b->kind);
}

/* MESSAGE is taken over. */
static void conclude(struct step *step, enum outcome_kind kind, int code, char *message)
{
	step->concluded = true;
	step->outcome->kind = kind;
	step->outcome->code = code;
	g_free(step->outcome->message);
	step->outcome->message = message;
}

static void conclude_refused(struct step *step, const struct refusal *refusal)
{
	conclude(step, OUTCOME_FAILED, refusal->code,
		 g_strdup(refusal->message ? refusal->message : "refused without a reason"));
}

static void conclude_gone(struct step *step)
{
	conclude(step, OUTCOME_SKIPPED, 0, g_strdup("the domain has stopped or gone meanwhile"));
}

static bool shows_attached(const GPtrArray *hostdevs, const struct action *action,
			   const struct hostdev **ret_hostdev)
{
	const struct hostdev *hostdev = domain_find_hostdev(hostdevs, action->alias);

	*ret_hostdev = hostdev;
	return hostdev && !hostdev->missing &&
	       hostdev_at(hostdev, action->device->bus, action->device->dev);
}

/* The attach under the same alias that was accepted after STEP's detach, or NULL. */
static const struct action *successor(const struct work *work, const struct step *step)
{
	for (const struct step *later = step + 1; later < work->steps + work->count; later++) {
		if (later->acted && is_attach(later->action) &&
		    same_side(later->action, step->action) &&
		    g_strcmp0(later->action->alias, step->action->alias) == 0)
			return later->action;
	}
	return NULL;
}

/* A hostdev that never had an alias: by all that it says. */
static bool shows_nameless(const GPtrArray *hostdevs, const struct hostdev *wanted)
{
	for (guint i = 0; i < hostdevs->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(hostdevs, i);

		if (!hostdev->alias && hostdev->has_address == wanted->has_address &&
		    hostdev->bus == wanted->bus && hostdev->dev == wanted->dev &&
		    hostdev->has_id == wanted->has_id && usb_id_equal(hostdev->id, wanted->id) &&
		    g_strcmp0(hostdev->guest_port, wanted->guest_port) == 0)
			return true;
	}
	return false;
}

static bool shows_detached(const struct work *work, const struct step *step,
			   const GPtrArray *hostdevs)
{
	const struct action *action = step->action;
	const struct hostdev *hostdev;

	if (!action->alias)
		return !shows_nameless(hostdevs, action->hostdev);
	if (!domain_find_hostdev(hostdevs, action->alias))
		return true;
	/* libvirt takes an alias only once: the one that is there is the successor's. */
	const struct action *next = successor(work, step);
	return next && shows_attached(hostdevs, next, &hostdev);
}

static bool shows_edited(const GPtrArray *hostdevs, const struct action *action)
{
	const struct hostdev *hostdev = domain_find_hostdev(hostdevs, action->alias);

	if (!hostdev)
		return false;
	if (!action->device)
		return g_strcmp0(hostdev->startup_policy, "optional") == 0 &&
		       route_is_nowhere(hostdev, action->domain->uuid, action->alias);
	return hostdev_at(hostdev, action->device->bus, action->device->dev);
}

static void prove_attach(struct step *step, const GPtrArray *hostdevs)
{
	const struct hostdev *hostdev;

	if (!shows_attached(hostdevs, step->action, &hostdev)) {
		conclude(step, OUTCOME_FAILED, 0,
			 g_strdup("libvirt accepted it, but its XML does not show the device"));
		return;
	}
	step->outcome->guest_port = g_strdup(hostdev->guest_port);
	step->outcome->incarnation = step->action->device->incarnation;
	conclude(step, OUTCOME_DONE, 0, NULL);
}

static void prove_detach(const struct work *work, struct step *step, const GPtrArray *hostdevs)
{
	if (shows_detached(work, step, hostdevs)) {
		conclude(step, OUTCOME_DONE, 0, NULL);
	} else if (step->unsure) {
		conclude_refused(step, &step->doubt);
		step->outcome->releasing = step->silent;
	} else {
		conclude(step, OUTCOME_FAILED, 0,
			 g_strdup("libvirt accepted it, but its XML still shows the device"));
	}
}

/* What the re-read of its side shows of a step. */
static void prove_step(const struct work *work, struct step *step, const struct domain *read)
{
	switch (step->action->kind) {
	case ACTION_ATTACH_LIVE:
		prove_attach(step, read->live);
		return;
	case ACTION_ATTACH_CONFIG:
		prove_attach(step, read->config);
		return;
	case ACTION_DETACH_LIVE:
		prove_detach(work, step, read->live);
		return;
	case ACTION_DETACH_CONFIG:
		prove_detach(work, step, read->config);
		return;
	case ACTION_EDIT_IMAGE:
		if (shows_edited(read->image, step->action))
			conclude(step, OUTCOME_DONE, 0, NULL);
		else
			conclude(
				step, OUTCOME_FAILED, 0,
				g_strdup("libvirt accepted it, but the managed save image does not "
					 "show it"));
		return;
	}
}

static void conclude_unproven(struct step *step, enum hand_reply reply,
			      const struct refusal *refusal)
{
	if (reply == HAND_GONE)
		conclude_gone(step);
	else
		conclude(step, OUTCOME_FAILED, refusal->code,
			 g_strdup_printf("libvirt accepted it, but cannot show it: %s",
					 refusal->message ? refusal->message : "no reason given"));
}

static void note_seen(const struct work *work, const struct action *action, struct domain *domain)
{
	struct domain **seen = work->seen ? &work->seen[action_side(action->kind)] : NULL;

	if (!seen)
		return;
	domain_unref(*seen);
	*seen = domain ? domain_ref(domain) : NULL;
}

/* Concludes all that was done to that side of the domain by one re-read. */
static void prove_side(struct work *work, const struct action *of)
{
	struct refusal refusal = {0};
	OWN(domain) read = NULL;
	enum hand_reply reply = work->hands->reread(work->hands->self, of, &read, &refusal);

	if (reply == HAND_DONE)
		note_seen(work, of, read);
	for (guint i = 0; i < work->count; i++) {
		struct step *step = &work->steps[i];

		if (!step->acted || step->concluded || !same_side(step->action, of))
			continue;
		if (reply == HAND_DONE)
			prove_step(work, step, read);
		else
			conclude_unproven(step, reply, &refusal);
	}
	g_free(refusal.message);
}

static struct step *step_of(const struct work *work, const struct action *action)
{
	for (struct step *step = work->steps; step < work->steps + work->count; step++) {
		if (step->action == action)
			return step;
	}
	return NULL;
}

/*
 * May STEP be done, as to what it waits for? On its own side of its own domain libvirt's word is
 * enough for now, as the re-read that follows shows both; elsewhere it takes the proof.
 */
static bool may_go(struct work *work, struct step *step)
{
	const GPtrArray *after = step->action->after;

	for (guint i = 0; after && i < after->len; i++) {
		struct step *first = step_of(work, g_ptr_array_index(after, i));

		if (!first || !first->outcome)
			return false;
		if (first->acted && !first->concluded) {
			if (!first->unsure && same_side(first->action, step->action))
				continue;
			prove_side(work, first->action);
		}
		if (!first->concluded || first->outcome->kind != OUTCOME_DONE)
			return false;
	}
	return true;
}

/*
 * Will the guest take the device from whoever has it on the host? An attach, and the detach of a
 * replug: of what has come into use the hostdev is not pulled, because it would not come back.
 */
static bool takes_device(const struct action *action)
{
	if (!action->device || (action->tag && action->tag->force))
		return false;
	return action->kind == ACTION_ATTACH_LIVE ||
	       (action->kind == ACTION_DETACH_LIVE && action->hostdev &&
		hostdev_is(action->hostdev, action->device));
}

/* What no event tells: has the device come into use since it was planned? */
static bool is_free(const struct work *work, struct step *step)
{
	const struct action *action = step->action;
	char *use = takes_device(action) ? work->hands->used(work->hands->self, action->device,
							     action->kind == ACTION_ATTACH_LIVE)
					 : NULL;

	if (!use)
		return true;
	conclude(step, OUTCOME_SKIPPED, 0,
		 g_strdup_printf("the device has come into use: %s", use));
	g_free(use);
	return false;
}

/* Right before: is everything still as the plan saw it? */
static bool is_as_planned(const struct work *work, struct step *step)
{
	const struct action *action = step->action;
	const struct domain *domain = action->domain;

	if (action->device && !work->hands->still_is(work->hands->self, action->device)) {
		conclude(step, OUTCOME_SKIPPED, 0,
			 g_strdup("the device is not what it was any more"));
		return false;
	}
	if (!is_free(work, step))
		return false;
	if (action->kind != ACTION_DETACH_LIVE)
		return true;
	if (domain_find_hostdev(domain->live, action->alias) &&
	    !domain_has_other_alias(domain, action->alias))
		return true;
	conclude(step, OUTCOME_FAILED, 0,
		 g_strdup_printf(
			 "the alias %s is not on a USB hostdev alone, and a detach could remove "
			 "another device",
			 action->alias));
	return false;
}

static enum hand_reply ask(const struct work *work, const struct action *action,
			   struct refusal *refusal)
{
	/* What was read of that side before this is old now. */
	note_seen(work, action, NULL);
	return work->hands->act(work->hands->self, action, refusal);
}

/* The device became another one while it was attached: out with it. */
static void take_out(const struct work *work, struct step *step)
{
	struct refusal refusal = {0};
	struct action undo = *step->action;

	undo.kind = action_side(step->action->kind) == SIDE_LIVE ? ACTION_DETACH_LIVE
								 : ACTION_DETACH_CONFIG;
	undo.device = NULL;
	switch (ask(work, &undo, &refusal)) {
	case HAND_DONE:
	case HAND_GONE:
		conclude(step, OUTCOME_SKIPPED, 0,
			 g_strdup("the device changed while it was attached, and was taken out "
				  "again"));
		break;
	case HAND_UNSURE:
	case HAND_SILENT:
	case HAND_REFUSED:
		conclude(step, OUTCOME_FAILED, refusal.code,
			 g_strdup_printf(
				 "the device changed while it was attached, and cannot be taken "
				 "out again: %s",
				 refusal.message ? refusal.message : "no reason given"));
		break;
	}
	g_free(refusal.message);
}

static void accepted(struct work *work, struct step *step)
{
	const struct action *action = step->action;

	if (action->kind == ACTION_DETACH_LIVE) {
		step->acted = true;
		conclude(step, OUTCOME_DONE, 0, NULL);
	} else if (is_attach(action) && !work->hands->still_is(work->hands->self, action->device)) {
		take_out(work, step);
	} else {
		step->acted = true;
	}
}

static bool is_migrating(const struct work *work, struct step *step)
{
	const struct domain *domain = step->action->domain;

	for (const struct step *other = work->steps; other < step; other++) {
		if (other->asked && other->action->domain == domain)
			return other->outcome->migrating;
	}
	step->asked = true;
	return domain->running && work->hands->is_migrating &&
	       work->hands->is_migrating(work->hands->self, domain);
}

static void act(struct work *work, struct step *step)
{
	const struct action *action = step->action;
	struct refusal refusal = {0};

	if (is_migrating(work, step)) {
		step->outcome->migrating = true;
		conclude(step, OUTCOME_SKIPPED, 0,
			 g_strdup("the guest is on its way to or from another host"));
		return;
	}
	if (!is_as_planned(work, step))
		return;
	switch (ask(work, action, &refusal)) {
	case HAND_DONE:
		accepted(work, step);
		break;
	case HAND_SILENT:
		step->silent = true;
		/* fall through */
	case HAND_UNSURE:
		step->acted = step->unsure = true;
		step->doubt.code = refusal.code;
		step->doubt.message = g_steal_pointer(&refusal.message);
		break;
	case HAND_REFUSED:
		conclude_refused(step, &refusal);
		break;
	case HAND_GONE:
		conclude_gone(step);
		break;
	}
	g_free(refusal.message);
}

/* Nothing more will be done to STEP's side: is there something on it to prove? */
static bool is_due(const struct work *work, const struct step *step)
{
	bool due = false;

	for (const struct step *other = work->steps; other < work->steps + work->count; other++) {
		if (!other->outcome || !same_side(other->action, step->action))
			continue;
		if (other > step)
			return false;
		due = due || (other->acted && !other->concluded);
	}
	return due;
}

static void do_step(struct work *work, struct step *step)
{
	if (may_go(work, step))
		act(work, step);
	else
		conclude(step, OUTCOME_SKIPPED, 0, g_strdup("what it waits for was not done"));
	if (is_due(work, step))
		prove_side(work, step->action);
}

GPtrArray *apply_plan(const struct plan *plan, const struct hands *hands, const GPtrArray *only,
		      struct domain *seen[SIDES])
{
	GPtrArray *outcomes = outcome_list_new();
	g_autofree struct step *steps = g_new0(struct step, plan->actions->len);
	struct work work = {
		.hands = hands,
		.steps = steps,
		.count = plan->actions->len,
		.seen = seen,
	};

	for (guint i = 0; i < work.count; i++) {
		steps[i].action = g_ptr_array_index(plan->actions, i);
		if (!domain_is_among(steps[i].action->domain, only))
			continue;
		steps[i].outcome = g_new0(struct outcome, 1);
		steps[i].outcome->action = steps[i].action;
		g_ptr_array_add(outcomes, steps[i].outcome);
	}
	for (guint i = 0; i < work.count; i++) {
		if (steps[i].outcome)
			do_step(&work, &steps[i]);
	}
	for (guint i = 0; i < work.count; i++)
		g_free(steps[i].doubt.message);
	return outcomes;
}
