/* SPDX-License-Identifier: MIT */
#pragma once

/* Uses of a disk that leave neither a mount nor a holder of it. For devices_use_disk.c only. */

#include <glib.h>

/* Something that has a disk, found by what it says of it. */
struct volume {
	char *what;   /* "the loop device loop0" */
	char *path;   /* "/dev/sda1", or NULL */
	char *number; /* "8:1", or NULL */
};

/* All that this host has, as a new GPtrArray of struct volume *. */
GPtrArray *volumes_read(void);

/* What has the disk called NAME ("sda1") with this device number, a new string, or NULL. */
char *volume_of(const GPtrArray *volumes, const char *name, const char *number);

/*
 * ZFS and DRBD open a disk and show it nowhere. What has their mark is theirs as far as this host
 * runs them: a pool of that name is imported, some DRBD device is up. NAME is a block device's;
 * a new string, or NULL.
 */
char *volume_by_mark(const char *name);
