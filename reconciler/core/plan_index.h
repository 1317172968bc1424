/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a plan in the making is asked for again and again, in tables, so that planning takes time in
 * proportion to the world and not to its square: who names a host address, and which live detaches
 * an attach has to wait for.
 */

#include "state/own.h"
#include "state/plan.h"
#include "state/snapshot.h"

struct plan_index;

struct plan_index *plan_index_new(const struct snapshot *snapshot);
void plan_index_free(struct plan_index *index);
OWN_DEFINE(plan_index)

/* A slot wants ACTION. Only detaches matter. */
void plan_index_note_wanted(struct plan_index *index, const struct action *action);

/* Does a wanted detach take HOSTDEV out? */
bool plan_index_is_leaving(const struct plan_index *index, const struct hostdev *hostdev);

/*
 * The first live hostdev, of whatever domain, that names DEVICE's address, right or stale, and that
 * no wanted detach takes out; NULL: none. *ret_domain: whose it is.
 */
const struct hostdev *plan_index_blocker(const struct plan_index *index,
					 const struct device *device,
					 const struct domain **ret_domain);

/* ACTION is the next of the plan. Only live detaches matter. */
void plan_index_note_planned(struct plan_index *index, struct action *action);

/* Adds to attach->after the planned live detaches of its own alias and of whoever has its host
 * address, in their order. */
void plan_index_add_dependencies(const struct plan_index *index, struct action *attach);
