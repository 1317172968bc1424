/* SPDX-License-Identifier: MIT */
#pragma once

/* The daemon's way to libvirt: connecting, libvirt's events, and reading what they touched. */

#include "reconciler/daemon/state.h"

void link_start(struct daemon *daemon);
struct link *link_ref(struct link *link);
void link_unref(struct link *link);
/* Counts what was called through the connection so far, and with --verbose says it: before it ends.
 */
void link_tell_calls(struct daemon *daemon);
/* Starts a full reading, or lets one follow that under way. */
void link_resync(struct daemon *daemon);
/* The same, if none is under way, without those of which nothing suggests that they have changed: a
 * few of those each time. */
void link_make_sure(struct daemon *daemon);
/* Starts reading every domain that is dirty and not busy. True: there was one. */
bool link_read_dirty(struct daemon *daemon);
/* A dead connection: everything waits for the next one. */
void link_lost(struct daemon *daemon, const char *why);
/* Reads what was busy again, when it is time for that. */
void link_ask_busy(struct daemon *daemon);
