/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The properties of a device: what the kernel says of it in its `uevent` file and what udev's rules
 * made of that, in udev's database. The same as libudev has, which makes forty calls to the kernel
 * for them where eight will do; a listing of a hundred devices is made of that. For the devices*.c
 * files only.
 */

#include <glib.h>
#include <stdbool.h>

/* "DEVNUM" -> "005", as new strings; untrusted values. */
GHashTable *devices_udev_table(void);

/*
 * What the kernel says, in the sysfs directory DIR of the device at SYSPATH. 0, 1 when it is not
 * there any more, or -1 with *err.
 */
int devices_udev_kernel(int dir, const char *syspath, GHashTable *properties, char **err);

/*
 * Adds what udev says, after the kernel's. 0, 1 when udev has not finished the device, or -1 with
 * *err.
 */
int devices_udev_database(const char *syspath, GHashTable *properties, char **err);

/* Adds what the TEXT of one entry of the database says. False: its format is not known here. */
bool devices_udev_parse(const char *text, GHashTable *properties);

/* The same again as libudev has it, also of a database in a format that is not known here: slow. */
int devices_udev_library(const char *syspath, GHashTable *properties, char **err);
