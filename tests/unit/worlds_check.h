/* SPDX-License-Identifier: MIT */
#pragma once

/* What holds of every plan and of every world at rest; fails the test where it does not. */

#include "state/plan.h"
#include "state/snapshot.h"

/* No tag is given what it does not match, or a hub, or what another has; none guesses; nothing of
 * an invalid tag or of an unreadable domain is touched. */
void worlds_check_plan(const struct snapshot *world, const struct plan *plan);

/* What is live is in one guest only. */
void worlds_check_live(const struct snapshot *world);
