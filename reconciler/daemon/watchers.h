/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who watches: everybody connected to the socket `watch` gets the whole document in a line, and
 * another whenever a verdict, a device or the daemon's state has changed. One document is rendered
 * a change, however many watch. Writing never blocks: who is slow gets the latest when there is
 * room again, and what was between is left out; who takes nothing for a while is dropped.
 */

#include "reconciler/daemon/state.h"

/* Listens in DIRECTORY: USBRECONCILE_RUNDIR, but for tests. */
void watchers_start(struct daemon *daemon, const char *directory);

/* After every step: tells them what is new. */
void watchers_check(struct daemon *daemon);

void watchers_end(struct daemon *daemon);
