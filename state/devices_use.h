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

struct devices_use;

/* One look at the host. DOMAINS (struct domain *; may be NULL): the guests whose `uses` count; they
 * must stay as long as the look. */
struct devices_use *devices_use_read(const GPtrArray *domains);
void devices_use_free(struct devices_use *use);
OWN_DEFINE(devices_use)

/*
 * Fills DEVICE's `claimed`, `in_use` and `guest_uses`, whatever they were. When it cannot be told
 * how a disk of it is used it counts as used: better refused than torn out. A hub is in no use, as
 * what is below it is other devices'.
 */
void devices_use_note(const struct devices_use *use, struct device *device);

/* The same for a whole list that has just been read (with what is claimed), with one look. */
void devices_use_note_all(GPtrArray *devices, const GPtrArray *domains);

/*
 * For right before DEVICE is taken: how the host uses it now, a new string, or NULL. CLAIMED: what
 * a program holds through usbfs counts too; no hostdev has the device then.
 */
char *devices_use_now(const struct device *device, bool claimed);
