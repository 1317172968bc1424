/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The heart: what must be done so that the facts follow the wishes. Pure: the same snapshot and
 * history give the same plan, and planning after everything in the plan was done gives no action.
 * How the tags share the devices is core/claim.h's; what was tried before, core/remember.h's.
 */

#include "state/history.h"
#include "state/plan.h"
#include "state/snapshot.h"

/* Never fails. The plan points into the snapshot and the history. */
struct plan *planner_plan(const struct snapshot *snapshot, const struct history *history);
