/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the daemon knows, as a document: whole for who asks, and in a line for those who watch. Each
 * is rendered when somebody wants it and something has changed since the last time, and shared by
 * all who want it then.
 */

#include "reconciler/daemon/state.h"

/* What `status --json` prints. The daemon's own, as is the line; valid until the next call. */
GBytes *document_of(struct daemon *daemon);

/* What those who watch were told last; for the first of them, how things stand now. */
GBytes *document_line(struct daemon *daemon);

/* Is there news for them since (state/fingerprint.h)? Then that line is another. */
bool document_line_is_new(struct daemon *daemon);

/* Nobody watches any more. */
void document_forget_line(struct daemon *daemon);
