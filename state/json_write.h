/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is, in the JSON form: lossless, json_read.c makes the same things from it. Each returns a
 * new value. For the json*.c files only, as are all headers that begin so; json.c puts the document
 * together.
 */

#include "state/history.h"
#include "state/plan.h"
#include "state/snapshot.h"

struct json_t;

/* PLAN may be NULL. */
struct json_t *json_write_problems_of(const struct snapshot *snapshot, const struct plan *plan);
struct json_t *json_write_device(const struct device *device);
struct json_t *json_write_changes(const GPtrArray *changes);
struct json_t *json_write_hostdev(const struct hostdev *hostdev); /* NULL: null */
struct json_t *json_write_history(const struct history *history);
struct json_t *json_write_report(const struct report *report);
