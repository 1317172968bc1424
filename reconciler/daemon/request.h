/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Commands that people have the daemon do: each waits until what it asks about was read after it
 * came, for a pass, and until that has come to rest. Those that wait for the same are one; of the
 * same command one is under way, and one waits for it that all join who come meanwhile.
 */

#include "reconciler/daemon/state.h"
#include "reconciler/daemon/talk.h"

/* ARGUMENTS as wire_parse_request() gives them, taken over. TALK hears what became of it. */
void request_take(struct daemon *daemon, struct talk *talk, char **arguments);
/* TALK is no more. */
void request_drop(struct daemon *daemon, const struct talk *talk);

/* A pass with outcomes: who waits hears of it. A reference is taken. */
void request_take_pass(struct daemon *daemon, struct pass *pass);

/* After every step: answers whom it can. */
void request_check(struct daemon *daemon);
/* When that must be done though nothing happens; as clock_now(), 0 never. */
uint64_t request_due(const struct daemon *daemon);
