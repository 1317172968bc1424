/* SPDX-License-Identifier: MIT */
#pragma once

/* One pass of the daemon, from what it knows, and its actions, each domain's in a job of its own,
 * so that none waits for a stranger. */

#include "reconciler/daemon/state.h"

void act_pass(struct daemon *daemon, enum trigger trigger);
