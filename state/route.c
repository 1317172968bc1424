/* SPDX-License-Identifier: MIT */
#include "state/route.h"

/* Seen to pass everything from libvirt to AppArmor; no bus and no device of Linux has such numbers.
 */
#define FIRST_BUS 100000u
#define BUSES     900000u
#define FIRST_DEV 100000000u
#define DEVS      900000000u

/* FNV-1a, 64 bits. */
static uint64_t add_bytes(uint64_t hash, const char *text)
{
	for (const char *at = text; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 1099511628211u;
	return hash;
}

void route_nowhere(const char *uuid, const char *alias, unsigned int *ret_bus,
		   unsigned int *ret_dev)
{
	uint64_t hash = add_bytes(14695981039346656037u, uuid);

	hash = add_bytes(add_bytes(hash, "/"), alias);
	*ret_bus = FIRST_BUS + (unsigned int)(hash % BUSES);
	*ret_dev = FIRST_DEV + (unsigned int)(hash / BUSES % DEVS);
}

bool route_is_off(const struct hostdev *hostdev)
{
	return hostdev->bus >= FIRST_BUS;
}

bool route_is_nowhere(const struct hostdev *hostdev, const char *uuid, const char *alias)
{
	unsigned int bus, dev;

	if (!route_is_off(hostdev))
		return false;
	route_nowhere(uuid, alias, &bus, &dev);
	return hostdev_at(hostdev, bus, dev);
}
