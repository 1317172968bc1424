/* SPDX-License-Identifier: MIT */
#pragma once

/* What is to be attached must find room in the guest: a USB port that nothing else has. */

#include "reconciler/core/slot.h"

/* SLOTS: struct slot *, all of them, planned each for itself. An inherited guest port that is taken
 * is not asked for; what asks for one that is taken is left out of its slot's actions, and the slot
 * says so. */
void room_make(const GPtrArray *slots);
