/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How the host uses the disks among its USB devices: mounted, swapped to, part of a volume (LVM,
 * md, dm, btrfs, bcachefs, ZFS, DRBD), behind a loop device, or given away as a LIO, NVMe or gadget
 * disk. The mounts are those that this process sees and, for ext4, f2fs, xfs and btrfs, those of
 * every mount namespace. A program that has merely opened a disk does not show. For devices_use.c
 * only.
 */

#include <glib.h>

#include "state/own.h"

struct disk_uses;

/* SYSPATHS (char *): of the disks and partitions that are asked about; NULL: of all. */
struct disk_uses *disk_uses_read(const GPtrArray *syspaths);
void disk_uses_free(struct disk_uses *uses);

/*
 * How the host uses a disk of the device ("/dev/sda1 is mounted on /mnt"), a new string, or NULL.
 * When that could not be read, every disk counts as used.
 */
char *disk_uses_of(const struct disk_uses *uses, const char *syspath);
