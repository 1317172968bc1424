/* SPDX-License-Identifier: MIT */
#pragma once

/* Tells the log when a tag has come to something that a person must look at, and when it is over.
 */

#include "reconciler/daemon/state.h"

/* What the verdicts of MADE have come to; each change once. PASS: the number of that pass. */
void announce_verdicts(struct daemon *daemon, const struct pass *made, uint64_t pass);
