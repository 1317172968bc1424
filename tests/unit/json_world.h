/* SPDX-License-Identifier: MIT */
#pragma once

/* A small world with something of everything in it, and a plan for it. */

#include "state/history.h"
#include "state/plan.h"
#include "state/snapshot.h"

struct snapshot *json_world_new(void);
struct history *json_world_new_history(void);

/* One verdict of each kind of thing; SNAPSHOT is json_world_new()'s. */
struct plan *json_world_new_plan(const struct snapshot *snapshot, const struct history *history);

/* The document of a snapshot without a plan: what can be read back. A new string. */
char *json_world_write(const struct snapshot *snapshot, const struct history *history);
char *json_world_new_text(void);

/* Reads what must be readable. */
void json_world_read(const char *text, struct snapshot **ret_snapshot,
		     struct history **ret_history);
