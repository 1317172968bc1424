/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a person should know though no verdict says it: nothing of it is changed by us, or it works
 * today and will not tomorrow.
 */

#include "reconciler/core/claim.h"
#include "state/plan.h"

/* Fills plan->problems, from plan->unmanaged and the claims; in the order of both. */
void caution_note(struct plan *plan, const struct snapshot *snapshot, const struct claims *claims);
