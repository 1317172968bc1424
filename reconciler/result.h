/* SPDX-License-Identifier: MIT */
#pragma once

/* What a series of passes came to. */

#include "reconciler/pass.h"

/*
 * Gathers into the last pass what the ones before it did: its plan->actions begins with their
 * actions and its outcomes with their outcomes, in the order they were done. PASSES: as
 * pass_settle() returned them; the result is its last and lives as long as it.
 */
struct pass *result_gather(GPtrArray *passes);

/* In a gathered pass: was the same action tried again later? Then the later try counts, not this
 * outcome. */
bool result_was_retried(const struct pass *gathered, const struct outcome *outcome);

/* In a gathered pass: did the last try of something for this tag fail? */
bool result_tag_failed(const struct pass *gathered, const struct verdict *verdict);

/*
 * In a gathered pass, for the domains named in ONLY (NULL: all): did the last try of anything fail,
 * is a verdict `failed`, or could a domain not be read?
 */
bool result_is_bad(const struct pass *gathered, const GPtrArray *only);
