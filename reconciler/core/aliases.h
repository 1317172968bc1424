/* SPDX-License-Identifier: MIT */
#pragma once

/* Which alias each device that a tag owns has in its domain. */

#include "reconciler/core/claim.h"

/*
 * One for each of claim->owned, in that order: a new GPtrArray of char *, no two of them the same.
 * Two devices may have one port (both halves of a dock's hub, two slots of a USB/IP controller),
 * and then two members of a group have the same wish for an alias; who has one keeps it.
 */
GPtrArray *aliases_choose(const struct claim *claim);
