/* SPDX-License-Identifier: MIT */
#pragma once

/* Plans for a world, and writes it to everybody who is ever told: what goes in as text must come
 * out as text that steers nothing. Ends the program otherwise. */

#include "state/history.h"
#include "state/snapshot.h"

void sinks_check(const struct snapshot *snapshot, const struct history *history);
