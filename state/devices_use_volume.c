/* SPDX-License-Identifier: MIT */
#include "state/devices_use_volume.h"

#include <libudev.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "state/own.h"
#include "state/sysfs.h"

#define DEV "/dev/"
/* One directory a pool that is imported; those of ZFS itself stand beside them as files. */
#define ZFS_POOLS "/proc/spl/kstat/zfs"

OWN_DEFINE_AS(udev, udev_unref)
OWN_DEFINE_AS(udev_device, udev_device_unref)

static void volume_free(gpointer data)
{
	struct volume *volume = data;

	g_free(volume->what);
	g_free(volume->path);
	g_free(volume->number);
	g_free(volume);
}

/* Where the kernel says in words which disk something has. "*" is any one directory. */
static const struct {
	const char *what;
	const char *pattern;
} places[] = {
	{"a loop device", "/sys/class/block/*/loop/backing_file"},
	{"a LIO target", "/sys/kernel/config/target/core/*/*/info"},
	{"a LIO target", "/sys/kernel/config/target/core/*/*/udev_path"},
	{"an NVMe target", "/sys/kernel/config/nvmet/subsystems/*/namespaces/*/device_path"},
	{"a USB gadget", "/sys/kernel/config/usb_gadget/*/functions/*/*/file"},
};

static void add(GPtrArray *volumes, const char *what, const char *path, char *number)
{
	struct volume *volume = g_new0(struct volume, 1);

	volume->what = g_strdup(what);
	volume->path = g_strdup(path);
	volume->number = number;
	g_ptr_array_add(volumes, volume);
}

static char *number_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
		return NULL;
	return g_strdup_printf("%u:%u", major(st.st_rdev), minor(st.st_rdev));
}

/* An iblock backstore of LIO says "…  Major: 8 Minor: 16  …" of the disk that it has opened. */
static void add_major_minor(GPtrArray *volumes, const char *what, const char *text)
{
	const char *at = strstr(text, "Major: ");
	unsigned int numbers[2];

	if (at && sscanf(at, "Major: %u Minor: %u", &numbers[0], &numbers[1]) == 2)
		add(volumes, what, NULL, g_strdup_printf("%u:%u", numbers[0], numbers[1]));
}

static void read_place(GPtrArray *volumes, const char *what, const char *directory,
		       const char *file)
{
	g_autofree char *text = NULL;
	g_autofree char *err = NULL;

	if (sysfs_read(directory, file, &text, &err) != 0 || !text)
		return;
	add_major_minor(volumes, what, text);
	for (const char *at = strstr(text, DEV); at; at = strstr(at + strlen(DEV), DEV)) {
		g_autofree char *path = g_strndup(at, strcspn(at, " \t\n"));

		add(volumes, what, path, number_of(path));
	}
}

/* Follows PATTERN's directories from DIRECTORY on; its last part is a file. */
static void read_places(GPtrArray *volumes, const char *what, const char *directory,
			const char *pattern)
{
	const char *slash = strchr(pattern, '/');
	g_autofree char *part = slash ? g_strndup(pattern, (gsize)(slash - pattern)) : NULL;
	g_autoptr(GPtrArray) names = NULL;

	if (!slash) {
		read_place(volumes, what, directory, pattern);
		return;
	}
	if (strcmp(part, "*") != 0) {
		g_autofree char *below = g_build_filename(directory, part, NULL);

		read_places(volumes, what, below, slash + 1);
		return;
	}
	names = sysfs_list(directory, "");
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *below = g_build_filename(
			directory, (const char *)g_ptr_array_index(names, i), NULL);

		read_places(volumes, what, below, slash + 1);
	}
}

/* The disks of a mounted bcachefs, each a link: /sys/fs/bcachefs/UUID/dev-0/block. */
static void read_bcachefs(GPtrArray *volumes)
{
	g_autoptr(GPtrArray) systems = sysfs_list("/sys/fs/bcachefs", "");

	for (guint i = 0; i < systems->len; i++) {
		g_autofree char *system = g_build_filename(
			"/sys/fs/bcachefs", (const char *)g_ptr_array_index(systems, i), NULL);
		g_autoptr(GPtrArray) disks = sysfs_list(system, "dev-");

		for (guint k = 0; k < disks->len; k++) {
			g_autofree char *disk = g_build_filename(
				system, (const char *)g_ptr_array_index(disks, k), NULL);
			g_autofree char *name = sysfs_read_link(disk, "block");
			g_autofree char *path = name ? g_strconcat(DEV, name, NULL) : NULL;

			if (path)
				add(volumes, "a mounted bcachefs", path, NULL);
		}
	}
}

GPtrArray *volumes_read(void)
{
	GPtrArray *volumes = g_ptr_array_new_with_free_func(volume_free);

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		read_places(volumes, places[i].what, "/", places[i].pattern + 1);
	read_bcachefs(volumes);
	return volumes;
}

char *volume_of(const GPtrArray *volumes, const char *name, const char *number)
{
	g_autofree char *path = g_strconcat(DEV, name, NULL);

	for (guint i = 0; i < volumes->len; i++) {
		const struct volume *volume = g_ptr_array_index(volumes, i);
		bool same = volume->number ? g_strcmp0(volume->number, number) == 0
					   : g_strcmp0(volume->path, path) == 0;

		if (same)
			return g_strdup_printf("/dev/%s is part of %s", name, volume->what);
	}
	return NULL;
}

static char *zfs_mark(const char *name, const char *pool)
{
	g_autofree char *imported = NULL;

	if (access("/sys/module/zfs", F_OK) != 0)
		return NULL;
	if (pool && !strchr(pool, '/') && access(ZFS_POOLS, R_OK) == 0) {
		imported = g_build_filename(ZFS_POOLS, pool, NULL);
		if (access(imported, F_OK) != 0)
			return NULL;
	}
	return g_strdup_printf("/dev/%s is part of a ZFS pool", name);
}

static char *drbd_mark(const char *name)
{
	g_autoptr(GPtrArray) up = sysfs_list("/sys/class/block", "drbd");

	return up->len > 0 ? g_strdup_printf("/dev/%s is part of a DRBD device", name) : NULL;
}

char *volume_by_mark(const char *name)
{
	OWN(udev) udev = udev_new();
	OWN(udev_device)
	disk = udev ? udev_device_new_from_subsystem_sysname(udev, "block", name) : NULL;
	const char *type = disk ? udev_device_get_property_value(disk, "ID_FS_TYPE") : NULL;

	if (g_strcmp0(type, "zfs_member") == 0)
		return zfs_mark(name, udev_device_get_property_value(disk, "ID_FS_LABEL"));
	return g_strcmp0(type, "drbd") == 0 ? drbd_mark(name) : NULL;
}
