/* SPDX-License-Identifier: MIT */
#pragma once

/* What would happen if the tags were written: the world with other tags, and the plan for it. */

#include "reconciler/pass.h"

/*
 * The pass that would follow EDITS (struct cmd_edit *), with nothing done. It borrows from SNAPSHOT
 * and from EDITS. The changes must be possible, as metadata_edit() has said.
 */
struct pass *rehearse(const struct snapshot *snapshot, const GPtrArray *edits,
		      const struct history *history);
