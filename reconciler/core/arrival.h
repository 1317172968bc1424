/* SPDX-License-Identifier: MIT */
#pragma once

/* How a guest came from another host: was the hook asked that lets it arrive without its devices?
 * Pure but for the history it is given to write. */

#include <stdbool.h>

#include "state/history.h"
#include "state/snapshot.h"

/* The domain has just come from another host; DEVICES: this one's. Had the hook been asked, its
 * hostdevs of ours would lead to their devices or nowhere. HOOK_THERE: there is one. */
void arrival_note(struct history *history, const struct domain *domain, const GPtrArray *devices,
		  bool hook_there);

/* Libvirt's daemon has started anew, and what it did before says nothing any more. */
void arrival_forget_all(struct history *history);
