/* SPDX-License-Identifier: MIT */
#pragma once

/* The parts of the JSON form; json.c puts them together. For the json*.c files only. */

#include "state/history.h"
#include "state/plan.h"
#include "state/snapshot.h"

struct json_t;

/* What is: lossless, json_read.c makes the same things from it. Each returns a new value. PLAN may
 * be NULL. */
struct json_t *json_write_problems_of(const struct snapshot *snapshot, const struct plan *plan);
struct json_t *json_write_device(const struct device *device);
struct json_t *json_write_domain(const struct domain *domain, const struct plan *plan);
struct json_t *json_write_hostdev(const struct hostdev *hostdev); /* NULL: null */
struct json_t *json_write_history(const struct history *history);
struct json_t *json_write_report(const struct report *report);

/* What follows from it, and is never read back. */
void json_write_verdict(struct json_t *tag, const struct verdict *verdict);
/* Puts which tags and which hostdevs of others mean the device. */
void json_write_users(struct json_t *object, const struct device *device, const struct plan *plan);
struct json_t *json_write_summary(const struct plan *plan);
struct json_t *json_write_unmanaged(const struct plan *plan);
struct json_t *json_write_actions(const struct plan *plan);
struct json_t *json_write_outcomes(const struct plan *plan, const GPtrArray *outcomes);
