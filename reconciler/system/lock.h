/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The lock that serialises passes on this host: one file in a directory that belongs to tmpfiles.d,
 * as one that goes away with a service would leave a second process locking a new file. It is never
 * removed. Who has it writes there who that is, for those who cannot have it; nothing else follows
 * from what is in it, as whoever may take the lock may write there. Reading needs no lock.
 */

#include <glib.h>
#include <stdbool.h>

#include "state/own.h"

#ifndef USBRECONCILE_RUNDIR
#define USBRECONCILE_RUNDIR "/run/usbreconcile"
#endif

/* How long a one-shot waits for another. */
#define LOCK_PATIENCE_USEC (10 * G_USEC_PER_SEC)

#define LOCK_BUSY 1

struct lock;

/*
 * Where the lock and the daemon's sockets are: the host's USBRECONCILE_RUNDIR, or the user's own
 * place below XDG_RUNTIME_DIR for passes of his own libvirt.
 */
const char *lock_directory(bool session);

/*
 * COMMAND: what it is taken for, one of our commands.
 * DIRECTORY: of lock_directory(), but for tests. Made when it is not there, and by root as
 * tmpfiles.d would, so that the daemon and the group can use it, too. Waits PATIENCE_USEC at most.
 * 0; LOCK_BUSY: somebody else has it, and still had it then; -1 with *err saying what to do.
 */
int lock_take(const char *directory, const char *command, gint64 patience_usec,
	      struct lock **ret_lock, char **err);

/* Who has it, for people: "`usbreconcile run` (process 812, since 14:02:11)"; "another
 * usbreconcile" when that is not known. A new string. */
char *lock_holder(const char *directory);
void lock_free(struct lock *lock);
OWN_DEFINE(lock)
