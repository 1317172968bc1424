/* SPDX-License-Identifier: MIT */
#pragma once

/* A domain in the JSON form, lossless, and what a plan says of its tags. */

#include "state/domain.h"
#include "state/plan.h"

struct json_t;

/* A new value. PLAN may be NULL. */
struct json_t *json_write_domain(const struct domain *domain, const struct plan *plan);
