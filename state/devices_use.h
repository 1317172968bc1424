/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How the host itself uses the disks among its USB devices: mounted, swapped to, or part of an LVM,
 * md, dm or btrfs volume. From sysfs and /proc at one moment; it opens no disk. The mounts are
 * those that this process sees and, for ext4, f2fs, xfs and btrfs, those of every mount namespace.
 * A program that has opened a disk, and ZFS, do not show there. For the devices*.c files only.
 */

#include <stdbool.h>

#include "state/own.h"

struct devices_use;

struct devices_use *devices_use_read(void);
void devices_use_free(struct devices_use *use);
OWN_DEFINE(devices_use)

/*
 * How the host uses the device ("/dev/sda1 is mounted on /mnt"), a new string, or NULL. When that
 * could not be read, every device that has a disk counts as used: better refused than torn out.
 */
char *devices_use_of(const struct devices_use *use, const char *syspath);
