/* SPDX-License-Identifier: MIT */
#pragma once

/* What a series of passes came to. */

#include "reconciler/pass.h"

/*
 * What PASSES (struct pass *, in their order) did together to the domains named in ONLY (NULL:
 * all): a pass as the last of them found the world, whose plan->actions begins with what the ones
 * before did, and whose outcomes are theirs. Of others' domains it has neither. PASSES are not
 * changed, and the new pass points into them.
 */
struct pass *result_gather(const GPtrArray *passes, const GPtrArray *only);

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
