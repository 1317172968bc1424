/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One pass: a snapshot of the host and the domains, the plan for it, and what became of its
 * actions. `run` reads everything for each and repeats it until nothing changes; the daemon makes
 * one of what it knows whenever something happened.
 */

#include "reconciler/libvirt/virt.h"
#include "state/devices_monitor.h"
#include "state/history.h"
#include "state/plan.h"
#include "state/snapshot.h"

struct pass {
	unsigned int shares; /* references but for the first */
	struct snapshot *snapshot;
	struct plan *plan;   /* points into snapshot */
	GPtrArray *outcomes; /* struct outcome *, of plan->actions; empty for a dry run */
};

/* Drops one reference. */
void pass_free(struct pass *pass);
struct pass *pass_ref(struct pass *pass);
OWN_DEFINE(pass)

/* The plan for SNAPSHOT, which is taken over; nothing done yet. Never fails. */
struct pass *pass_make(struct snapshot *snapshot, const struct history *history);

/* Reads the world once. 0, or -1 with *err. */
int pass_read(struct virt *virt, struct snapshot **ret_snapshot, char **err);

/*
 * Reads and plans, without acting. HISTORY is read and noted. 0, or -1 with *err.
 */
int pass_look(struct virt *virt, struct history *history, struct pass **ret_pass, char **err);

/*
 * Passes until one has nothing to do and no deadline is near: each acts on the domains named in
 * ONLY (NULL: all); waits for the plan's `wake` when it is no more than PASS_PATIENCE away (a
 * second look at what seems dead, a device list that has just changed, a quick retry). At most
 * PASS_MAX passes. The array owns its passes (struct pass *); the last one changed nothing, or gave
 * up. SIGINT and SIGTERM take effect between passes only, waiting included. 0, or -1 with *err.
 *
 * With a MONITOR, which is to be subscribed before this, all that again after every event, until
 * there was none for PASS_QUIET and the last pass found nothing to do; of passes that did nothing
 * only the last is kept. For one pass at a plug: what systemd is asked to start while it runs
 * starts nothing, so what happens meanwhile must be seen here. After PATIENCE it gives up, and the
 * result is 1. Without one (NULL), PATIENCE means nothing.
 */
#define PASS_PATIENCE_USEC (4 * G_USEC_PER_SEC)
#define PASS_MAX           12
#define PASS_QUIET_USEC    (1 * G_USEC_PER_SEC)
int pass_settle(struct virt *virt, struct history *history, const GPtrArray *only,
		struct devices_monitor *monitor, gint64 patience_usec, GPtrArray **ret_passes,
		char **err);
