/* SPDX-License-Identifier: MIT */
#include "worlds_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reconciler/core/match.h"

static bool in(GPtrArray *devices, const struct device *device)
{
	return g_ptr_array_find(devices, device, NULL);
}

static bool holds(const struct domain *domain, const struct device *device)
{
	const GPtrArray *side = domain->running ? domain->live : domain->config;

	for (guint i = 0; i < side->len; i++) {
		if (hostdev_is(g_ptr_array_index(side, i), device))
			return true;
	}
	return false;
}

/* Who has the device, of all that is not VERDICT: the tag that is given it, or NULL. */
static const struct verdict *giver(const struct plan *plan, const struct device *device)
{
	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		for (guint k = 0; k < verdict->members->len; k++) {
			const struct member *member = g_ptr_array_index(verdict->members, k);

			if (member->device == device)
				return verdict;
		}
	}
	return NULL;
}

static bool is_narrower(const struct verdict *a, const struct verdict *b)
{
	if (a->domain->running != b->domain->running)
		return a->domain->running;
	return match_specificity(a->tag) < match_specificity(b->tag);
}

static bool is_held_by_hand(const struct snapshot *world, const struct device *device)
{
	for (guint i = 0; i < world->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(world->domains, i);

		for (guint k = 0; k < domain->live->len; k++) {
			const struct hostdev *hostdev = g_ptr_array_index(domain->live, k);

			if (hostdev_is(hostdev, device) &&
			    (domain->unreadable || domain->metadata != METADATA_VALID ||
			     !tag_alias_is_ours(hostdev->alias)))
				return true;
		}
	}
	return false;
}

/* A device tag that is given DEVICE had it, or every other candidate is somebody's who comes before
 * it. */
static void check_no_guess(const struct snapshot *world, const struct plan *plan,
			   const struct verdict *verdict, const struct device *device)
{
	if (verdict->tag->group || holds(verdict->domain, device))
		return;
	for (guint i = 0; i < verdict->candidates->len; i++) {
		const struct device *other = g_ptr_array_index(verdict->candidates, i);
		const struct verdict *owner = giver(plan, other);

		if (other != device && !is_held_by_hand(world, other))
			assert_true(owner && is_narrower(owner, verdict));
	}
}

void worlds_check_live(const struct snapshot *world)
{
	for (guint i = 0; i < world->devices->len; i++) {
		const struct device *device = g_ptr_array_index(world->devices, i);
		unsigned int holders = 0;

		for (guint k = 0; k < world->domains->len; k++) {
			const struct domain *domain = g_ptr_array_index(world->domains, k);

			holders += domain->running && holds(domain, device);
		}
		assert_true(holders <= 1);
	}
}

void worlds_check_plan(const struct snapshot *world, const struct plan *plan)
{
	g_autoptr(GPtrArray) given = g_ptr_array_new();

	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);
		g_autoptr(GPtrArray) matches = match_devices(verdict->tag, world, false);

		for (guint k = 0; k < verdict->members->len; k++) {
			const struct member *member = g_ptr_array_index(verdict->members, k);

			if (!member->device)
				continue;
			assert_true(in(matches, member->device));
			assert_false(member->device->hub);
			assert_false(in(given, member->device));
			g_ptr_array_add(given, (gpointer)(uintptr_t)member->device);
			check_no_guess(world, plan, verdict, member->device);
		}
	}
	for (guint i = 0; i < plan->actions->len; i++) {
		const struct action *action = g_ptr_array_index(plan->actions, i);

		if (action->kind == ACTION_ATTACH_LIVE || action->kind == ACTION_ATTACH_CONFIG) {
			assert_true(in(given, action->device));
			assert_true(action->device->authorized);
			assert_true(action->tag->enabled && !action->tag->complaint);
			assert_true(!action->domain->unreadable);
		} else {
			assert_true(!action->domain->unreadable);
			/* What goes is ours, or stands for one of our tags. */
			assert_true(tag_alias_is_ours(action->alias) || action->tag);
		}
	}
}
