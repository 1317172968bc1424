/* SPDX-License-Identifier: MIT */
#pragma once

/* What a slot cannot have because another hostdev, which nothing in the plan takes out, has the
 * host address of its device. */

#include "reconciler/core/plan_index.h"
#include "reconciler/core/slot.h"

/* Takes out of SLOT's actions what would fail, and says why in it. INDEX knows what all slots
 * want. */
void blocked_drop(const struct plan_index *index, struct slot *slot);
