/* SPDX-License-Identifier: MIT */
#include "state/devices_use_below.h"

#include <dirent.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* From the device down: interface, SCSI host, target, unit, "block", disk, partition. */
#define DEPTH_MOST 12

/*
 * The directories that the kernel makes for these classes, and those that describe the device, have
 * neither disks nor network interfaces in them: a keyboard has a dozen of them, and this is
 * what keeps the look short. Every other directory, known or not, is looked into.
 */
static bool is_barren(const char *name)
{
	static const char *const names[] = {
		"power",       "hidraw",      "input",     "tty",          "sound",
		"video4linux", "media",       "leds",      "usbmisc",      "bsg",
		"scsi_host",   "scsi_device", "scsi_disk", "scsi_generic", "queue",
		"mq",          "trace",       "integrity", "holders",      "slaves",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return g_str_has_prefix(name, "ep_");
}

/* sysfs says of each entry what it is. What is none (a link leads elsewhere) is not below. */
static bool is_directory(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

/* In "block" or "net" each directory is one; a disk's own have its partitions among them. DISK: its
 * name, then; or NULL. */
static void take_class(const char *directory, const char *disk, bool block, GPtrArray *found)
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		char *syspath;

		if (!is_directory(entry) || (disk && !g_str_has_prefix(entry->d_name, disk)))
			continue;
		syspath = g_build_filename(directory, entry->d_name, NULL);
		g_ptr_array_add(found, syspath);
		if (block && !disk)
			take_class(syspath, entry->d_name, true, found);
	}
	if (entries)
		closedir(entries);
}

static void look(const char *directory, int depth, GPtrArray *blocks, GPtrArray *nets)
{
	DIR *entries = depth < DEPTH_MOST ? opendir(directory) : NULL;
	const struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		g_autofree char *below = NULL;

		if (!is_directory(entry) || is_barren(entry->d_name))
			continue;
		below = g_build_filename(directory, entry->d_name, NULL);
		if (strcmp(entry->d_name, "block") == 0)
			take_class(below, NULL, true, blocks);
		else if (strcmp(entry->d_name, "net") == 0)
			take_class(below, NULL, false, nets);
		else
			look(below, depth + 1, blocks, nets);
	}
	if (entries)
		closedir(entries);
}

void devices_below_find(const char *syspath, GPtrArray *blocks, GPtrArray *nets)
{
	look(syspath, 0, blocks, nets);
}
