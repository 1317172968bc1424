/* SPDX-License-Identifier: MIT */
#pragma once

/* What the daemon knows now, and a plan for it: nothing is remembered of that, and nothing done. */

#include "reconciler/daemon/state.h"

/* About the domains ONLY (const struct domain *); NULL: all. */
struct pass *look_at(const struct daemon *daemon, const GPtrArray *only);
