/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The door to libudev and sysfs: reads this host's USB devices into values. It never changes
 * anything, and nothing else in the program includes libudev.
 */

#include <glib.h>
#include <stdint.h>

#include "state/device.h"

/*
 * All USB devices that udev has finished, but who uses them (devices_use.h), sorted by
 * device_compare(), as a new GPtrArray of struct device *. A device that vanishes while it is read
 * is left out. Appends to PROBLEMS (struct problem
 * *) what could not be read. 0, or -1 with *err.
 */
int devices_read(GPtrArray *problems, GPtrArray **ret_devices, char **err);

/*
 * DEVICES, as devices_read() made them, with those of the SYSNAMES (char *, a set) as they are now,
 * and with what depends on them: a hub takes along what is below it. A new list that shares the
 * others. NULL: something was missed, as one of them is plugged into a hub that is not known; read
 * all.
 */
GPtrArray *devices_read_again(const GPtrArray *devices, GHashTable *sysnames);

/*
 * Is the device still the one it was: same sysname, numbers, ids, serial bytes and incarnation? One
 * fresh look at sysfs and udev's database, for right before and right after an attach. 1 yes, 0 no.
 */
int devices_still_is(const struct device *device);

/* The sysname of the USB device that the node at PATH, below /dev, belongs to: a new string, or
 * NULL. */
char *devices_sysname_of_node(const char *path);
