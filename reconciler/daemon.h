/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The daemon: udev, libvirt's events, deadlines and a resync each ask for a pass, and the passes
 * are those of `run`. Everything here belongs to the loop's thread; libvirt is called on others
 * (worker.h), one call chain a domain. What the parts share is in daemon_parts.h.
 */

#include <stdbool.h>

struct daemon_options {
	const char *uri;     /* NULL: as virt_open() */
	unsigned int resync; /* seconds */
	bool verbose;        /* says at the end, and of each connection, what calls were made */
};

/* Runs until SIGTERM or SIGINT. The caller holds the lock. Returns an exit code; complains itself.
 */
int daemon_run(const struct daemon_options *options);
