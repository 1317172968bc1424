/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the daemon knows of this host's USB devices. udev's events name those that are read again,
 * and a hub takes along what is below it; so an event costs what it touches, whatever else is
 * plugged in. All are listed only at the start, at a resync, and when events were lost or
 * contradict what is known. Nobody tells who uses a device: that is asked of each that is read, by
 * libvirt's hands right before it is taken (apply.h), and here of those in use when something may
 * have changed it. Never plans or acts.
 */

#include "reconciler/daemon/state.h"

/* From now on udev and the kernel's table of mounts are heard. */
void known_devices_listen(struct daemon *daemon);

/* The deadlines that have come by NOW. */
void known_devices_check(struct daemon *daemon, uint64_t now);
/* The next of them, 0: none. */
uint64_t known_devices_due(const struct daemon *daemon);

/* Is there one that has to be read again? */
bool known_devices_are_old(const struct daemon *daemon);
/* Reads what has to be read. */
void known_devices_update(struct daemon *daemon);

/* What is known of DEVICE may not be so any more. */
void known_devices_doubt(struct daemon *daemon, const struct device *device);
/* … or that the host or a guest uses those that they used. */
void known_devices_doubt_uses(struct daemon *daemon);

/* PLAN has been made: what its tags wait for the host or a guest to let go of is asked about every
 * few seconds, as an umount may happen in another mount namespace and no event tells of a swapoff.
 * ALL: it is about all domains. */
void known_devices_note_plan(struct daemon *daemon, const struct plan *plan, bool all);
