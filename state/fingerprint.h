/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Has anything happened that somebody who watches wants to see? Two worlds with one fingerprint
 * have the same devices, domains, tags, verdicts, hostdevs without a tag, problems, and daemon; the
 * time, counters and deadlines may differ.
 */

#include "state/plan.h"
#include "state/snapshot.h"

/* A new string. */
char *fingerprint_of(const struct snapshot *snapshot, const struct plan *plan);
