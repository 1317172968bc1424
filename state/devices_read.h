/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reading one USB device of this host. For the devices*.c files only.
 */

#include "state/device.h"

/* Of all USB devices and their interfaces. */
#define DEVICES_DIRECTORY "/sys/bus/usb/devices"

/* What the devices that are read in one look share. */
struct devices_look {
	GHashTable *interfaces; /* "1-1" -> GPtrArray of "1-1:1.0", sorted; NULL: look yourself */
	GHashTable *speeds;     /* syspath of a root hub -> its speed */
};

/* NAMES: of all devices and interfaces, sorted; it must outlive the look. NULL: one device is
 * looked at. */
void devices_look_init(struct devices_look *look, const GPtrArray *names);
void devices_look_clear(struct devices_look *look);

/* "/sys/devices/…/1-1", a new string, or NULL. */
char *devices_syspath(const char *sysname);

/*
 * Everything through one open directory, so it is one device's, even if another one takes its place
 * meanwhile. 0, 1 when it is not there or udev has not finished it, or -1 with *err.
 */
int devices_read_one(const struct devices_look *look, const char *sysname,
		     struct device **ret_device, char **err);

/* Only what a device is known by, into a new DEVICE: address, ids, serial and incarnation. As
 * devices_read_one(). */
int devices_read_identity(const char *syspath, struct device *device, char **err);
