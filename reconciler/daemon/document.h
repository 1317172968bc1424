/* SPDX-License-Identifier: MIT */
#pragma once

/* What `status --json` prints, as the daemon sees it: rendered when somebody wants it and something
 * has changed since the last time, and shared by all who want it then. */

#include "reconciler/daemon/state.h"

/* The daemon's own; valid until the next call. */
GBytes *document_of(struct daemon *daemon);
