/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Work that may take long, off the event loop: a job runs on one of a few threads, and what follows
 * from it runs on the loop again. Jobs have no order among themselves.
 */

#include <glib.h>
#include <stdbool.h>

struct worker;

struct worker_job {
	/* On a thread; touches nothing but DATA. */
	void (*work)(void *data);
	/* On the loop, afterwards; owns DATA. */
	void (*done)(void *data);
	void *data;
	/* How long it may take from worker_start() on, waiting for a thread included, in
	 * microseconds while the host is awake; 0: as long as it takes. */
	gint64 bound;
};

/* THREADS at once at most; LOOP: where `done` runs. */
struct worker *worker_new(GMainContext *loop, unsigned int threads);

void worker_start(struct worker *worker, struct worker_job job);

/* Jobs that were started and are not yet done. */
unsigned int worker_outstanding(const struct worker *worker);

/* Is there a job that should be over by now? Then the threads are held up by what should not. */
bool worker_is_late(const struct worker *worker);

/* Frees WORKER. What is still running is left behind, with it: only right before the process ends.
 */
void worker_abandon(struct worker *worker);
