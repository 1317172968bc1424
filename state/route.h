/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where a USB hostdev points while its guest is on the way: to another host, or back from a file.
 * The numbers it left with are another device's, or nobody's, where it arrives.
 */

#include <glib.h>
#include <stdbool.h>

#include "state/hostdev.h"

struct route {
	guint index;      /* which USB hostdev of the document, from 0 */
	unsigned int bus; /* of the host that it arrives on */
	unsigned int dev;
};

/*
 * An address that no device ever has. No two hostdevs may have the same, of whatever domains: when
 * libvirtd starts anew it ends a guest whose hostdev has an address that another one has (libvirt
 * 9.0.0 to 12.8.0). So it is made of UUID and ALIAS, which says at the same time for which tag the
 * hostdev stands.
 */
void route_nowhere(const char *uuid, const char *alias, unsigned int *ret_bus,
		   unsigned int *ret_dev);

/* Is its address one that no device ever has? */
bool route_is_off(const struct hostdev *hostdev);

/* Does the hostdev stand there for that alias of that domain? */
bool route_is_nowhere(const struct hostdev *hostdev, const char *uuid, const char *alias);
