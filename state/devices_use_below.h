/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which disks and network interfaces hang below one USB device, found by going down its own
 * directory in sysfs: what that costs depends on the device alone, and not on what else the host
 * has. For the devices_use*.c files only.
 */

#include <glib.h>

/* Adds the syspaths (char *) of disks and their partitions to BLOCKS, and of network interfaces to
 * NETS. Nothing of a device that is gone. */
void devices_below_find(const char *syspath, GPtrArray *blocks, GPtrArray *nets);
