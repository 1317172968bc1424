/* SPDX-License-Identifier: MIT */
#pragma once

/* Worlds to look at, and what a text must and must not have. */

#include "world.h"

/* One domain with a tag that is attached, one that is required and missing. */
struct snapshot *show_world_small(void);

/* Two buses, a hub with twins of which one is contested, a stick of the host, a hostile one. */
struct snapshot *show_world_forest(void);

void assert_contains(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);
