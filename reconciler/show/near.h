/* SPDX-License-Identifier: MIT */
#pragma once

/* The devices that a tag could have meant: those that match, and those that nearly do. */

#include <glib.h>

#include "state/plan.h"

void near_append(GString *page, const struct snapshot *snapshot, const struct plan *plan,
		 const struct verdict *verdict);
