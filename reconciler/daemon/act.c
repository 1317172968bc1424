/* SPDX-License-Identifier: MIT */

#include "reconciler/daemon/act.h"

#include "reconciler/apply.h"
#include "reconciler/core/remember.h"
#include "reconciler/daemon/announce.h"
#include "reconciler/daemon/known_devices.h"
#include "reconciler/daemon/link.h"
#include "reconciler/daemon/look.h"
#include "reconciler/daemon/request.h"
#include "reconciler/show/log.h"
#include "state/clock.h"

/* A pass whose jobs are under way; it is freed when the last of them is done. The count is changed
 * on the loop's thread only. */
struct round {
	struct pass *pass;
	uint64_t number; /* of the daemon's passes, from 1 */
	uint64_t started;
	unsigned int users;
};

static void round_unref(struct daemon *daemon, struct round *round)
{
	if (--round->users > 0)
		return;
	daemon->report.pass_usec += clock_now() - round->started;
	if (round->pass->outcomes->len > 0)
		request_take_pass(daemon, round->pass);
	pass_free(round->pass);
	g_free(round);
}

struct doing {
	struct daemon *daemon;
	struct link *link;
	struct round *round;
	const struct domain *domain; /* the snapshot's */
	GPtrArray *only;
	struct domain *seen[SIDES]; /* nothing newer is known of the domain */
	GPtrArray *outcomes;
};

static void act_work(void *data)
{
	struct doing *doing = data;

	doing->outcomes = apply_plan(doing->round->pass->plan, virt_hands(doing->link->virt),
				     doing->only, doing->seen);
}

static unsigned int virt_side(enum domain_side side)
{
	switch (side) {
	case SIDE_LIVE:
		return VIRT_LIVE;
	case SIDE_CONFIG:
		return VIRT_CONFIG;
	case SIDE_IMAGE:
		return VIRT_ALL;
	}
	g_assert_not_reached();
}

/* Each side (live, config, image) that the job has read again to prove its actions is learned; a
 * side that it changed without reading it again is marked dirty. */
static void learn_from(struct daemon *daemon, struct known_domain *known, const struct doing *doing)
{
	struct domain *domain = domain_copy(known->domain);

	for (guint i = 0; i < doing->outcomes->len; i++) {
		const struct outcome *outcome = g_ptr_array_index(doing->outcomes, i);
		enum domain_side side = action_side(outcome->action->kind);

		if (!doing->seen[side])
			known->dirty |= virt_side(side);
	}
	for (int i = 0; i < SIDES; i++) {
		enum domain_side side = (enum domain_side)i;
		GPtrArray **list = domain_side(domain, side);

		if (!doing->seen[side])
			continue;
		g_ptr_array_unref(*list);
		*list = g_ptr_array_ref(*domain_side(doing->seen[side], side));
	}
	known_domains_learn(daemon->known_domains, known, domain, g_ptr_array_ref(known->problems));
}

static void note_outcomes(struct daemon *daemon, const struct doing *doing)
{
	uint64_t now = clock_now();

	for (guint i = 0; i < doing->outcomes->len; i++) {
		const struct outcome *outcome = g_ptr_array_index(doing->outcomes, i);

		remember_outcome(daemon->history, outcome, now);
		daemon->report.actions++;
		daemon->report.failures += outcome->kind == OUTCOME_FAILED;
		if ((int)outcome->kind < CHANGE_RESULTS)
			daemon->report
				.changes[action_change(outcome->action->kind)][outcome->kind]++;
		/* An action is skipped when the world is not what the plan was made for. */
		if (outcome->kind == OUTCOME_SKIPPED && outcome->action->device)
			known_devices_doubt(daemon, outcome->action->device);
		log_outcome(outcome, doing->round->number);
	}
}

static void act_done(void *data)
{
	struct doing *doing = data;
	struct daemon *daemon = doing->daemon;
	struct known_domain *known = known_domains_find(daemon->known_domains, doing->domain->uuid);

	note_outcomes(daemon, doing);
	learn_from(daemon, known, doing);
	/* The job used an older connection, whose events ended with it: everything of the domain
	 * must be read. */
	if (doing->link != daemon->link)
		known->dirty = VIRT_ALL;
	known_domain_end_act(known);
	daemon_want(daemon, TRIGGER_DONE);
	for (int side = 0; side < SIDES; side++)
		domain_unref(doing->seen[side]);
	g_ptr_array_unref(doing->only);
	link_unref(doing->link);
	g_ptr_array_extend_and_steal(doing->round->pass->outcomes,
				     g_steal_pointer(&doing->outcomes));
	round_unref(daemon, doing->round);
	g_free(doing);
}

/* Has the plan an action for this domain that waits for no other domain? What does wait is left
 * out: the plan that is made when the other domain has let go has it again. */
static bool has_work(const struct plan *plan, const struct domain *domain)
{
	for (guint i = 0; i < plan->actions->len; i++) {
		const struct action *action = g_ptr_array_index(plan->actions, i);
		bool waits = false;

		if (action->domain != domain)
			continue;
		for (guint k = 0; k < action->after->len; k++) {
			const struct action *other = g_ptr_array_index(action->after, k);

			waits = waits || other->domain != domain;
		}
		if (!waits)
			return true;
	}
	return false;
}

static void start_doing(struct daemon *daemon, struct round *round, const struct domain *domain,
			struct known_domain *known)
{
	struct doing *doing = g_new0(struct doing, 1);

	doing->daemon = daemon;
	doing->link = link_ref(daemon->link);
	doing->round = round;
	doing->domain = domain;
	doing->only = g_ptr_array_new();
	g_ptr_array_add(doing->only, domain->name);
	round->users++;
	known_domain_begin_act(known);
	worker_start(daemon->worker, (struct worker_job){act_work, act_done, doing, 0});
}

/* What has happened since the last pass, for those whom it concerns, or about all. */
static struct pass *look_at_news(struct daemon *daemon, bool everything)
{
	g_autoptr(GPtrArray) concerned =
		everything ? NULL
			   : known_domains_concerned(daemon->known_domains, daemon->planned,
						     daemon->devices, clock_now());
	struct pass *pass = look_at(daemon, concerned);

	g_ptr_array_unref(daemon->planned);
	daemon->planned = g_ptr_array_ref(daemon->devices);
	remember_plan(daemon->history, pass->plan, pass->snapshot);
	if (everything)
		remember_domains(daemon->history, pass->snapshot);
	known_domains_note_plan(daemon->known_domains, pass->snapshot, pass->plan);
	daemon->due_wake = daemon->known_domains->wake;
	return pass;
}

void act_pass(struct daemon *daemon, enum trigger trigger)
{
	struct round *round = g_new0(struct round, 1);
	bool everything = daemon->everything;
	const struct snapshot *snapshot;
	const struct plan *plan;

	round->users = 1;
	round->started = clock_now();
	daemon->everything = false;
	round->pass = look_at_news(daemon, everything);
	snapshot = round->pass->snapshot;
	plan = round->pass->plan;
	known_devices_note_plan(daemon, plan, everything);
	daemon->report.passes[trigger]++;
	daemon->report.last_pass = snapshot->time;
	daemon->report.last_trigger = trigger;
	for (int i = 0; i < TRIGGERS; i++)
		round->number += daemon->report.passes[i];
	announce_verdicts(daemon, round->pass, round->number);
	for (guint i = 0; i < snapshot->domains->len && plan->actions->len > 0; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);
		struct known_domain *known =
			known_domains_find(daemon->known_domains, domain->uuid);

		if (!known->busy && !known->dirty && has_work(plan, domain))
			start_doing(daemon, round, domain, known);
	}
	round_unref(daemon, round);
	daemon_changed(daemon);
	if (everything)
		daemon_give_back();
}
