/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Adopted hostdevs whose device has gone or moved: neither alias nor address says any more whose
 * they are, and left alone they fail the guest's next start, or give it whatever gets their number.
 */

#include "reconciler/core/slot.h"

/* Does the hostdev carry no alias of a valid tag, and mean no device of this host by its address?
 */
bool lost_is(const struct snapshot *snapshot, const struct domain *domain,
	     const struct hostdev *hostdev);

/* One of SIDE that is lost, and had the address that MEMORY (may be NULL) saw the device at; or
 * NULL. */
const struct hostdev *lost_find_remembered(const struct snapshot *snapshot,
					   const struct domain *domain, const GPtrArray *side,
					   const struct memory *memory);

/*
 * SLOTS: struct slot *, all that stand for tags, by domain; USED: a set of those hostdevs that a
 * slot has. Gives those that are lost to the slots they stand for, and adds them to USED: by
 * what is remembered; else by ids that the tag asks for, if only one slot of the domain
 * without a hostdev and only one such hostdev come into question.
 */
void lost_find(const GPtrArray *slots, GHashTable *used);
