/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One alarm on CLOCK_BOOTTIME, the clock of every deadline in this program: a laptop or host that
 * slept does not wait the sleep out again. Times as clock_now().
 */

#include <glib.h>
#include <stdint.h>

#include "state/own.h"

struct deadline;

/* Moves *WHEN to OTHER if that is sooner; 0: never. */
void deadline_sooner(uint64_t *when, uint64_t other);

/* RING is called on LOOP when the time has come. */
struct deadline *deadline_new(GMainContext *loop, void (*ring)(void *data), void *data);
void deadline_free(struct deadline *deadline);
OWN_DEFINE(deadline)

/* Replaces what was set before; 0: never. A time that has passed rings at once. */
void deadline_set(struct deadline *deadline, uint64_t when);
