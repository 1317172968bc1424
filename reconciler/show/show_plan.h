/* SPDX-License-Identifier: MIT */
#pragma once

/* The lines of a plan, for whoever prints actions: show_plan(), show_run(), show_tag(). */

#include "reconciler/pass.h"
#include "reconciler/show/lines.h"
#include "state/plan.h"

/* How many actions of each kind. */
struct tally {
	guint changes[CHANGES];
	guint sum;
};

/* The host address it is about, in words; a new string. */
char *show_plan_address(const struct action *action);

/* Whose it is: the tag's name, or the alias where there is no tag. */
const char *show_plan_owner(const struct action *action);

void show_plan_add(struct lines *lines, const struct action *action, struct tally *tally);

/*
 * The `!` lines: what a person has to look at in these domains. But for tags of which GATHERED
 * (result.h; may be NULL) shows a failure, as that has a line already.
 */
void show_plan_add_rest(struct lines *lines, const struct snapshot *snapshot,
			const struct plan *plan, const GPtrArray *only,
			const struct pass *gathered);

/* "3 actions: 1 attach, 2 detach"; a new string. */
char *show_plan_count(const struct tally *tally);
