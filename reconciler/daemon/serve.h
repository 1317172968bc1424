/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The daemon's sockets, each a door with places of its own: `status`, a document for anybody;
 * `watch`, for anybody too, the document in a line, and another whenever a verdict, a device or the
 * daemon's state has changed; and `control`, commands of those who may give them (request.h).
 * Whoever comes when all places of a door are taken is let in, and one of the user who has most of
 * them has to go: so nobody can keep another user from being served, and a user alone may have all.
 *
 * One line is rendered a change, however many watch. Who is slow gets the latest when there is room
 * again, and what was between is left out; who takes nothing for a while is hung up on.
 */

#include "reconciler/daemon/state.h"

/* DIRECTORY: of lock_directory(), but for tests. */
void serve_start(struct daemon *daemon, const char *directory);
void serve_stop(struct daemon *daemon);
/* After every step: hangs up on those who are late, opens what was closed for want of files, and
 * tells those who watch what is new. */
void serve_check(struct daemon *daemon);
/* When that is to be done next; as clock_now(), 0 never. */
uint64_t serve_due(const struct daemon *daemon);
