/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The JSON form of everything: jansson's only door. What `status --json` prints is lossless for the
 * planner, and json_read_status() makes the same snapshot and history from it, so that a bug report
 * is a test case. Keys are snake_case, times are seconds, every string is valid UTF-8; a string
 * that lost bytes has a "_hex" twin, and the twin is what is read back.
 */

#include <glib.h>
#include <stdbool.h>

#include "state/history.h"
#include "state/plan.h"
#include "state/snapshot.h"

/* Each returns a new string: one document, indented, with a newline at its end. */
char *json_write_status(const struct snapshot *snapshot, const struct plan *plan,
			const struct history *history);
/* The same in one line: JSON Lines. */
char *json_write_status_line(const struct snapshot *snapshot, const struct plan *plan,
			     const struct history *history);
/* OUTCOMES: struct outcome *, in the order of the actions they are of; empty for a dry run. */
char *json_write_run(const struct snapshot *snapshot, const struct plan *plan,
		     const struct history *history, const GPtrArray *outcomes);
/* One domain's metadata of ours, as a command has written it, or would. */
struct json_metadata {
	const char *domain;
	bool changed;
	const char *xml; /* our element, NULL: there is none */
};

/*
 * RUN, a document of json_write_run(), of a command that has written METADATA (struct json_metadata
 * *): it says so too. NULL with *err: RUN is no document.
 */
char *json_write_edits(const char *run, const GPtrArray *metadata, char **err);
/* PLAN may be NULL: then nothing is said of who wants or holds a device. */
char *json_write_devices(const struct snapshot *snapshot, const struct plan *plan);
/* Problems only: `validate --json`, and errors of any command that was asked for JSON. */
char *json_write_problems(const struct snapshot *snapshot);
char *json_write_problems_line(const struct snapshot *snapshot);

/*
 * Reads what json_write_status() or json_write_run() wrote. Untrusted: every type, range and length
 * is checked. 0, or -1 with *err naming the path of what is wrong ("domains[2].tags[0].port: …").
 */
int json_read_status(const char *text, struct snapshot **ret_snapshot, struct history **ret_history,
		     char **err);
