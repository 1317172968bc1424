/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Random worlds: hosts with hubs, twins, equal serials, both halves of a socket occupied, vendor 0,
 * and disks in use; several domains, also transient, saved and unreadable ones, with random tags of
 * every selector and other devices on their USB ports; hostdevs by address, by ids and by both,
 * right, stale, foreign, adopted and gone.
 */

#include "state/snapshot.h"

struct snapshot *worlds_make(GRand *rand);

/* Something, to a device or to DOMAIN: plugged, unplugged, moved, taken into use and out of it,
 * tagged, started, stopped; bus numbers move, too. */
void worlds_happen(struct snapshot *world, struct domain *domain, GRand *rand);
