/* SPDX-License-Identifier: MIT */
#pragma once

/* From what was found to what a person is told: verdict, severity and sentence. */

#include "reconciler/core/claim.h"
#include "reconciler/core/slot.h"
#include "state/plan.h"

/* Pending for longer than this is critical: microseconds. */
#define JUDGE_PATIENCE (30 * G_USEC_PER_SEC)

/*
 * May the host's device be given to the tag's domain? REASON_NONE if so, else REASON_UNAUTHORIZED,
 * REASON_IN_USE_BY_GUEST, which `force` does not change, or REASON_IN_USE_BY_HOST. LIVE: the domain
 * has it already, which explains a claim through usbfs; so does any hostdev in SNAPSHOT (NULL: none
 * is known).
 */
enum reason judge_refusal(const struct snapshot *snapshot, const struct tag *tag,
			  const struct device *device, bool live);

/* One slot's member; REFUSAL as above. A claim that owns nothing has one member, with slot->device
 * NULL. */
struct member *judge_member(const struct slot *slot, const struct claim *claim,
			    const struct device *device, enum reason refusal);

/* The verdict on a tag from its members: a device tag's is its member's, a group's the worst. Takes
 * the members over. */
struct verdict *judge_tag(const struct claim *claim, GPtrArray *members);
