/* SPDX-License-Identifier: MIT */
#pragma once

/* After SIGTERM nothing is begun any more, but what a host that goes down needs. */

#include "reconciler/daemon/state.h"

/* What SIGTERM gives the calls under way. */
#define STOP_PATIENCE (10 * G_USEC_PER_SEC)

/* What is known to be old is read before the last pass, which has the second half of the time.
 * Returns when to be back, if nothing happens before; 0: the last pass is begun, if one is needed.
 */
uint64_t leave_step(struct daemon *daemon);
