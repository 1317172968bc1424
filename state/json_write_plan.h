/* SPDX-License-Identifier: MIT */
#pragma once

/* What follows from a snapshot, in the JSON form; it is never read back. */

#include "state/plan.h"

struct json_t;

void json_write_verdict(struct json_t *tag, const struct verdict *verdict);
/* Puts which tags and which hostdevs of others mean the device. */
void json_write_users(struct json_t *object, const struct device *device, const struct plan *plan);
struct json_t *json_write_summary(const struct plan *plan);
struct json_t *json_write_unmanaged(const struct plan *plan);
struct json_t *json_write_actions(const struct plan *plan);
struct json_t *json_write_outcomes(const struct plan *plan, const GPtrArray *outcomes);
