/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * `status --watch`: what has changed, until nobody reads it any more. A daemon that runs feeds it;
 * without one it hears udev and libvirt itself, and when one comes, that takes over.
 */

#include "reconciler/commands/cmd.h"

/* What the world looks like on a terminal, a new string; DOMAIN and TAG as in the command line. */
typedef char *watch_draw(const struct cmd_call *call, const struct pass *pass,
			 const struct domain *domain, const struct tag *tag);

/* Returns the exit code: when the reader has gone, or when there is nothing to begin with. */
int watch_run(struct cmd_call *call, watch_draw *draw);
