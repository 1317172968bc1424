/* SPDX-License-Identifier: MIT */
#include "state/devices_use_disk.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "state/devices_use_volume.h"
#include "state/sysfs.h"

#define BLOCKS "/sys/class/block"
#define BTRFS  "/sys/fs/btrfs"
/* Our own mount namespace is enough, also the one that systemd makes for a service (PrivateTmp= and
 * the like): it is a slave of the host's, so what is mounted and unmounted on the host follows,
 * also below our own /tmp (seen on Linux 6, systemd 252). /proc/1 would be hidden from the daemon
 * (ProtectProc=invisible). */
#define MOUNTS "/proc/self/mountinfo"
#define SWAPS  "/proc/swaps"

/* A disk or partition below any USB device. */
struct block {
	char *name;    /* "sda1" */
	char *syspath; /* "/sys/devices/…/block/sda/sda1" */
	char *number;  /* "8:1"; NULL when it has none any more, or */
	char *unread;  /* … this is why */
};

struct mount {
	char *number; /* "8:1" */
	char *source; /* "/dev/sda1" */
	char *point;
};

struct disk_uses {
	GPtrArray *blocks;  /* struct block * */
	GPtrArray *mounts;  /* struct mount * */
	GHashTable *swaps;  /* "sda2", a set */
	GHashTable *btrfs;  /* "sda3", a set: what mounted btrfs consist of */
	GPtrArray *volumes; /* struct volume * */
	char *unknown;      /* why mounts or swaps could not be read, or NULL */
};

static void block_free(gpointer data)
{
	struct block *block = data;

	g_free(block->name);
	g_free(block->syspath);
	g_free(block->number);
	g_free(block->unread);
	g_free(block);
}

static void mount_free(gpointer data)
{
	struct mount *mount = data;

	g_free(mount->number);
	g_free(mount->source);
	g_free(mount->point);
	g_free(mount);
}

void disk_uses_free(struct disk_uses *use)
{
	g_ptr_array_unref(use->blocks);
	g_ptr_array_unref(use->mounts);
	g_hash_table_unref(use->swaps);
	g_hash_table_unref(use->btrfs);
	g_ptr_array_unref(use->volumes);
	g_free(use->unknown);
	g_free(use);
}

static void add_block(GPtrArray *blocks, const char *syspath)
{
	struct block *block = g_new0(struct block, 1);

	block->name = g_path_get_basename(syspath);
	block->syspath = g_strdup(syspath);
	sysfs_read(block->syspath, "dev", &block->number, &block->unread);
	g_ptr_array_add(blocks, block);
}

static int compare_blocks(gconstpointer a, gconstpointer b)
{
	return strcmp((*(const struct block *const *)a)->name,
		      (*(const struct block *const *)b)->name);
}

/* proc(5): "36 35 98:0 /root /point options [optional fields] - type source options" */
static void read_mount(GPtrArray *mounts, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	guint count = g_strv_length(words);
	struct mount *mount;
	guint dash = 6;

	while (dash < count && strcmp(words[dash], "-") != 0)
		dash++;
	if (dash + 2 >= count)
		return;
	mount = g_new0(struct mount, 1);
	mount->number = g_strdup(words[2]);
	mount->source = g_strdup(words[dash + 2]);
	/* Blanks and such are octal (\040). */
	mount->point = g_strcompress(words[4]);
	g_ptr_array_add(mounts, mount);
}

static void read_mounts(struct disk_uses *use)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(MOUNTS, &text, NULL, NULL)) {
		use->unknown = g_strdup(MOUNTS " cannot be read");
		return;
	}
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++)
		read_mount(use->mounts, lines[i]);
}

/*
 * A kernel without swap has no such file. Neither has a service with ProcSubset=pid, but that
 * misses more.
 */
static void read_swaps(struct disk_uses *use)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(SWAPS, &text, NULL, NULL)) {
		if (!use->unknown && access("/proc/meminfo", R_OK) != 0)
			use->unknown = g_strdup(SWAPS " cannot be read; does the service have "
						      "ProcSubset=all?");
		return;
	}
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		g_auto(GStrv) words = g_strsplit(lines[i], " ", 2);

		if (words[0] && g_str_has_prefix(words[0], "/dev/"))
			g_hash_table_add(use->swaps, g_strdup(words[0] + strlen("/dev/")));
	}
}

/* A btrfs of several disks is mounted from one of them, by a number that is none of theirs. */
static void read_btrfs(GHashTable *members)
{
	g_autoptr(GPtrArray) volumes = sysfs_list(BTRFS, "");

	for (guint i = 0; i < volumes->len; i++) {
		g_autofree char *path = g_build_filename(
			BTRFS, (const char *)g_ptr_array_index(volumes, i), "devices", NULL);
		g_autoptr(GPtrArray) names = sysfs_list(path, "");

		for (guint j = 0; j < names->len; j++)
			g_hash_table_add(members, g_strdup(g_ptr_array_index(names, j)));
	}
}

struct disk_uses *disk_uses_read(const GPtrArray *syspaths)
{
	struct disk_uses *use = g_new0(struct disk_uses, 1);
	g_autoptr(GPtrArray) all = syspaths ? NULL : sysfs_usb_devices(BLOCKS);

	syspaths = syspaths ? syspaths : all;
	use->blocks = g_ptr_array_new_with_free_func(block_free);
	use->mounts = g_ptr_array_new_with_free_func(mount_free);
	use->swaps = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	use->btrfs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < syspaths->len; i++)
		add_block(use->blocks, g_ptr_array_index(syspaths, i));
	g_ptr_array_sort(use->blocks, compare_blocks);
	/* Most hosts have no USB disk at all, and most devices are none. */
	if (use->blocks->len == 0) {
		use->volumes = g_ptr_array_new();
		return use;
	}
	read_mounts(use);
	read_swaps(use);
	read_btrfs(use->btrfs);
	use->volumes = volumes_read();
	return use;
}

static bool is_mount_of(const struct mount *mount, const struct block *block)
{
	if (block->number && strcmp(mount->number, block->number) == 0)
		return true;
	return g_str_has_prefix(mount->source, "/dev/") &&
	       strcmp(mount->source + strlen("/dev/"), block->name) == 0;
}

static char *mount_of(const struct disk_uses *use, const struct block *block)
{
	for (guint i = 0; i < use->mounts->len; i++) {
		const struct mount *mount = g_ptr_array_index(use->mounts, i);

		if (is_mount_of(mount, block))
			return g_strdup_printf("/dev/%s is mounted on %s", block->name,
					       mount->point);
	}
	return NULL;
}

/*
 * A container's mounts are in nobody's list but its own. Some file systems have a directory for
 * each of their disks, wherever that is mounted; FAT and NTFS have none.
 */
static char *hidden_mount_of(const struct block *block)
{
	static const char *const systems[] = {"ext4", "f2fs", "xfs"};

	for (size_t i = 0; i < G_N_ELEMENTS(systems); i++) {
		g_autofree char *path = g_build_filename("/sys/fs", systems[i], block->name, NULL);

		if (access(path, F_OK) == 0)
			return g_strdup_printf("/dev/%s is mounted (%s) in another mount "
					       "namespace, such as a container's",
					       block->name, systems[i]);
	}
	return NULL;
}

/* LVM, LUKS and multipath are all dm; md and bcache hold in the same way. */
static char *holder_of(const struct block *block)
{
	g_autofree char *directory = g_build_filename(block->syspath, "holders", NULL);
	g_autoptr(GPtrArray) holders = sysfs_list(directory, "");
	g_autofree char *path = NULL;
	g_autofree char *name = NULL;
	g_autofree char *err = NULL;
	const char *holder;

	if (holders->len == 0)
		return NULL;
	holder = g_ptr_array_index(holders, 0);
	path = g_build_filename(BLOCKS, holder, NULL);
	if (sysfs_read(path, "dm/name", &name, &err) == 0 && name)
		return g_strdup_printf("/dev/%s is part of /dev/mapper/%s", block->name, name);
	return g_strdup_printf("/dev/%s is part of /dev/%s", block->name, holder);
}

static char *use_of_block(const struct disk_uses *use, const struct block *block)
{
	char *sentence = mount_of(use, block);

	if (!sentence)
		sentence = hidden_mount_of(block);
	if (!sentence && g_hash_table_contains(use->swaps, block->name))
		sentence = g_strdup_printf("/dev/%s is used as swap", block->name);
	if (!sentence)
		sentence = holder_of(block);
	if (!sentence && g_hash_table_contains(use->btrfs, block->name))
		sentence = g_strdup_printf("/dev/%s is part of a mounted btrfs", block->name);
	if (!sentence)
		sentence = volume_of(use->volumes, block->name, block->number);
	if (!sentence)
		sentence = volume_by_mark(block->name);
	if (!sentence && (use->unknown || block->unread))
		sentence = g_strdup_printf("it cannot be told how /dev/%s is used: %s", block->name,
					   use->unknown ? use->unknown : block->unread);
	return sentence;
}

char *disk_uses_of(const struct disk_uses *use, const char *syspath)
{
	g_autofree char *below = g_strconcat(syspath, "/", NULL);

	for (guint i = 0; i < use->blocks->len; i++) {
		const struct block *block = g_ptr_array_index(use->blocks, i);
		char *sentence = NULL;

		if (g_str_has_prefix(block->syspath, below))
			sentence = use_of_block(use, block);
		if (sentence)
			return sentence;
	}
	return NULL;
}
