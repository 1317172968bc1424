/* SPDX-License-Identifier: MIT */
#pragma once

/* A pass from what the daemon knows, planned, not noted and not done. */

#include "reconciler/daemon/state.h"

/* About the domains ONLY (const struct domain *); NULL: all. */
struct pass *look_at(const struct daemon *daemon, const GPtrArray *only);
