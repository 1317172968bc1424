/* SPDX-License-Identifier: MIT */
#pragma once

/* The daemon's sockets: a status for anybody, and passes for those who may ask for them. */

#include "reconciler/daemon/state.h"

/* DIRECTORY: of lock_directory(), but for tests. */
void serve_start(struct daemon *daemon, const char *directory);
/* Does somebody want to hear what a pass did? Then it is handed over to them. */
bool serve_wants_pass(const struct daemon *daemon);
void serve_take_pass(struct daemon *daemon, struct pass *pass);
/* After every step: answers who has waited long enough. */
void serve_check(struct daemon *daemon);
