/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Does what a plan says, through hands, and proves it by reading again: success is what the XML
 * shows, not a return code. It never decides: an action is done, refused or skipped as it stands.
 *
 * - An attach, and an image's new address, checks the device's identity right before; an
 *   attach also right after: if the device changed meanwhile, the hostdev is taken out again and
 *   that is a skip.
 * - A live detach is done only when the reading that the plan was made from shows the alias on a
 *   USB hostdev and on nothing else: the same alias on an <input> would remove that.
 * - DEVICE_REMOVED proves a live detach. Everything else is proven by one re-read per domain and
 *   side after the last action there, or earlier when another domain or side waits for it.
 */

#include "reconciler/libvirt/hands.h"
#include "state/plan.h"

/*
 * All actions of the plan in its order, skipping those whose `after` failed. ONLY: names of domains
 * to act on, NULL: all; actions of others get no outcome, and what waits for one is skipped.
 * Returns a new GPtrArray of struct outcome *, in the order of the actions.
 *
 * SEEN (or NULL), all NULL at first, is for the actions of one domain: what the last re-read of
 * each of its sides showed, a reference; NULL where nothing was read after the last action there.
 */
GPtrArray *apply_plan(const struct plan *plan, const struct hands *hands, const GPtrArray *only,
		      struct domain *seen[SIDES]);
