/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A daemon without its loop, for tests of its parts: connected to libvirt's test driver, with its
 * jobs one after the other, and the test decides when what follows from them is heard.
 */

#include "reconciler/daemon/act.h"
#include "reconciler/daemon/link.h"
#include "reconciler/daemon/request.h"

/* The only domain: it is off, and its config has a hostdev of ours that no tag asks for. */
#define LONE_GUEST "6695eb01-f6a4-8304-79aa-97f2502e1930"

struct lone {
	struct daemon daemon;
	char *directory; /* for sockets */
	char *path;      /* of what libvirt's test driver has */
	char *uri;
};

/* It is so much later, for everything that asks state/clock.h. */
void lone_pass_time(unsigned int seconds);

/* For cmocka: *state is a struct lone. */
int lone_setup(void **state);
int lone_teardown(void **state);

/* The next READINGS find the connection broken. */
void lone_break(int readings);

/* Whoever asks about a domain now waits in vain for somebody else's job, or not any more. */
void lone_hold(bool hold);

/* Until what WORKER was given is over, and all that followed from it. */
void lone_finish(const struct daemon *daemon, const struct worker *worker);

/* One attempt, to its end; the first listing is begun then. */
void lone_try_to_connect(struct daemon *daemon);
/* That, and the listing is learned. */
void lone_connect(struct daemon *daemon);

/* As lone_setup(), and it listens. */
int lone_serve(void **state);
int lone_serve_end(void **state);

/* Somebody connects to its socket NAME; the descriptor does not block. */
int lone_knock(const struct lone *lone, const char *name);

/* What happens at once, without the passes. */
void lone_turn(struct daemon *daemon);
