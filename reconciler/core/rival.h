/* SPDX-License-Identifier: MIT */
#pragma once

/* Who else wants what a tag wants, today. */

#include "state/snapshot.h"

struct rival {
	const struct domain *domain;
	const struct tag *tag;
};

/*
 * The other valid and enabled tags, of DOMAIN too, that would compete with TAG of DOMAIN for a
 * device: one that is here and matches both, or, if it is not plugged in, by the same words. A
 * group is no rival of a device tag, which comes before it anyway and leaves it its other members.
 * A new GPtrArray of struct rival *.
 */
GPtrArray *rivals_find(const struct snapshot *snapshot, const struct domain *domain,
		       const struct tag *tag);
