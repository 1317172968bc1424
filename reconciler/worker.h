/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Work that may take long, off the event loop: a job runs on one of a few threads, and what follows
 * from it runs on the loop again. Jobs have no order among themselves.
 */

#include <glib.h>

struct worker;

struct worker_job {
	/* On a thread; touches nothing but DATA. */
	void (*work)(void *data);
	/* On the loop, afterwards; owns DATA. */
	void (*done)(void *data);
	void *data;
};

/* THREADS at once at most; LOOP: where `done` runs. */
struct worker *worker_new(GMainContext *loop, unsigned int threads);

void worker_start(struct worker *worker, struct worker_job job);

/* Jobs that were started and are not yet done. */
unsigned int worker_outstanding(const struct worker *worker);

/* What is still running is left behind: only right before the process ends. */
void worker_abandon(struct worker *worker);
