/* SPDX-License-Identifier: MIT */
#pragma once

/* Reasons in words for a person. */

#include "reconciler/core/claim.h"
#include "reconciler/core/slot.h"

/* Where the claim's candidates are, "pci-…-usb-0:1, pci-…": a new string. */
char *explain_candidates(const struct claim *claim);

/* Why the claim owns nothing, claim->reason in words: a new string, or NULL for a reason that is
 * not the devices'. */
char *explain_claim(const struct claim *claim);

/* A new string for every reason a member can have; device strings in it are spelled (state/text.h).
 */
char *explain_member(const struct slot *slot, const struct claim *claim,
		     const struct device *device, enum reason reason);

/* "0403:6001 with serial AAA at port pci-…": what the tag asks for; likewise. */
char *explain_wish(const struct tag *tag);
