/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the commands that write tags share: all edits are looked at before the first is written,
 * then a pass makes the hostdevs follow, here or in the daemon, and the verdicts are printed.
 */

#include "reconciler/commands/cmd.h"
#include "reconciler/commands/domain_edit.h"

/* Opens libvirt for writing, reads it, and finds the first argument's domain, whose tags can be
 * changed. Returns the exit code. */
int cmd_edits_open(struct cmd_call *call, struct snapshot **ret_snapshot,
		   const struct domain **ret_domain);

/* struct cmd_edit *: in the order they are written. */
GPtrArray *cmd_edits_new(void);

/* Adds a change; TAG or NAME as struct metadata_change has them, borrowed. */
void cmd_edits_add(GPtrArray *edits, const struct domain *domain, enum metadata_change_kind kind,
		   const struct tag *tag, const char *name);

/* The document of a command that may write tags: RUN, that of its pass, and the EDITS (NULL: none).
 * Returns the exit code. */
int cmd_edits_print_json(const struct cmd_call *call, const GPtrArray *edits, const char *run);

/*
 * --dry-run: prints the metadata of each as it would be in SNAPSHOT's world, and the plan that
 * would follow. TOGETHER as below. Returns the exit code.
 */
int cmd_edits_print(const struct cmd_call *call, const struct snapshot *snapshot, GPtrArray *edits,
		    bool together);

/* One or the other, as the command line says. */
int cmd_edits_finish(const struct cmd_call *call, const struct snapshot *snapshot, GPtrArray *edits,
		     bool together);

/*
 * Writes the edits, has a pass over their domains, and prints what that did and the verdicts on the
 * tags that were written. TOGETHER: if one cannot be made, none is; else that one is left out (and
 * gone from EDITS). Returns the exit code.
 */
int cmd_edits_do(const struct cmd_call *call, GPtrArray *edits, bool together);
