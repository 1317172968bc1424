/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who else has a USB device: the host, or a guest past its hostdevs. A question of its own, asked
 * after the devices are listed and for as many of them as matter, because no event tells the
 * answer: from sysfs and /proc at one moment, without privilege, and opening no device.
 */

#include <glib.h>
#include <stdbool.h>

#include "state/device.h"
#include "state/own.h"

/*
 * Fills DEVICE's `in_use` and `guest_uses`, whatever they were; what that costs depends on the
 * device alone. DOMAINS (struct domain *; may be NULL): the guests whose `uses` count. When it
 * cannot be told how a disk of it is used it counts as used: better refused than torn out. A hub is
 * in no use, as what is below it is other devices'.
 */
void devices_use_note(struct device *device, const GPtrArray *domains);

/* The same for a whole list, with one look at the host. */
void devices_use_note_all(GPtrArray *devices, const GPtrArray *domains);

/*
 * Finds those whose disks the host uses otherwise than DEVICES says, or which one of the DOMAINS
 * uses or did: after a mount, an umount, or when a guest's `uses` have changed. Adds their sysnames
 * (char *) to FOUND. One look at all disks, and at no device.
 */
void devices_use_find(const GPtrArray *devices, const GPtrArray *domains, GHashTable *found);

/*
 * For right before DEVICE is taken: how the host uses it now, a new string, or NULL. CLAIMED: what
 * a program holds through usbfs counts too; no hostdev has the device then.
 */
char *devices_use_now(const struct device *device, bool claimed);
