/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The daemon: udev, libvirt's events, deadlines and a resync each ask for a pass, and the passes
 * are those of `run`. Everything here belongs to the loop's thread; libvirt is called on others
 * (worker.h), one call chain a domain.
 */

#include "reconciler/daemon/state.h"

/* Runs until SIGTERM or SIGINT. The caller holds the lock. Returns an exit code; complains itself.
 */
int daemon_run(const struct daemon_options *options);
