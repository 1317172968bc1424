/* SPDX-License-Identifier: MIT */
#pragma once

/* Which guests have something of a USB device by other means than a hostdev. For devices_use.c
 * only. */

#include "state/device.h"

struct guest_uses;

/* What the DOMAINS (struct domain *; NULL: none) use, found on this host. */
struct guest_uses *guest_uses_read(const GPtrArray *domains);
void guest_uses_free(struct guest_uses *uses);

bool guest_uses_concern(const struct guest_uses *uses, const struct device *device,
			const char *syspath);
/* Adds to DEVICE->guest_uses. */
void guest_uses_note(const struct guest_uses *uses, struct device *device, const char *syspath);
