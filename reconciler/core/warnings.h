/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a person should know though no verdict says it: nothing of it is changed by us, or it works
 * today and will not tomorrow.
 */

#include "reconciler/core/claim.h"
#include "state/history.h"
#include "state/plan.h"

/* Fills plan->problems, from plan->unmanaged, the claims and what is remembered; in the order of
 * each. */
void warnings_of_plan(struct plan *plan, const struct snapshot *snapshot,
		      const struct claims *claims, const struct history *history);

/*
 * The same for who has just written tags, whether their domains run or not: tags that nothing of
 * this host matches, or too much, and guests with fewer USB ports than their tags need. Appends to
 * PROBLEMS.
 */
void warnings_of_tags(GPtrArray *problems, const struct snapshot *snapshot,
		      const struct plan *plan);
