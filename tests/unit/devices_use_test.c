/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "host.h"
#include "state/devices.h"

/* Of the stick at 1-1; a partition is below its disk. */
static void add_block(struct host *host, const char *path, const char *number)
{
	g_autofree char *stick = mock_usb_syspath("1-1");
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *directory =
		g_strdup_printf("%s/1-1:1.0/host3/target3:0:0/3:0:0:0/block/%s", stick, path);
	g_autofree char *dev = g_build_filename(directory, "dev", NULL);
	g_autofree char *holders = g_build_filename(directory, "holders", NULL);
	g_autofree char *line = g_strconcat(number, "\n", NULL);
	g_autofree char *link = g_build_filename("sys/class/block", name, NULL);
	g_autofree char *target = g_strconcat("../..", directory + strlen("/sys"), NULL);

	mock_usb_file(host->mock, dev, line);
	mock_usb_file(host->mock, holders, NULL);
	mock_usb_link(host->mock, link, target);
}

static void hold(struct host *host, const char *name, const char *holder)
{
	g_autofree char *path = g_strdup_printf("sys/class/block/%s/holders/%s", name, holder);
	g_autofree char *target = g_strdup_printf("../../../%s", holder);

	mock_usb_link(host->mock, path, target);
}

/* A stick with two partitions, and a host that uses other disks. */
static int plug_stick(void **state)
{
	static const struct mock_device hub = {
		.sysname = "1-2", .id = "0409:005a", .dev = 7, .hub = true, .usec_initialized = 1};
	struct host *host;

	host_setup(state);
	host = *state;
	mock_usb_plug(host->mock, &ftdi);
	mock_usb_plug(host->mock, &hub);
	add_block(host, "sda", "8:0");
	add_block(host, "sda/sda1", "8:1");
	add_block(host, "sda/sda2", "8:2");
	mock_usb_file(host->mock, "proc/self/mountinfo",
		      "22 1 259:2 / / rw shared:1 - ext4 /dev/nvme0n1p2 rw\n"
		      "30 22 0:24 / /proc rw - proc proc rw\n");
	mock_usb_file(host->mock, "proc/swaps",
		      "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		      "/dev/nvme0n1p3                          partition\t8388604\t\t0\t\t-2\n");
	return 0;
}

static void mount_it(struct host *host, const char *line)
{
	g_autofree char *text = g_strconcat("22 1 259:2 / / rw shared:1 - ext4 /dev/nvme0n1p2 rw\n",
					    line, "\n", NULL);

	mock_usb_file(host->mock, "proc/self/mountinfo", text);
}

static void assert_use(struct host *host, const char *expected)
{
	assert_text(host_look_at(host, "1-1")->in_use, expected);
}

static void a_disk_that_lies_idle_is_free(void **state)
{
	assert_use(*state, NULL);
}

static void a_mounted_partition_is_in_use(void **state)
{
	mount_it(*state, "99 22 8:1 / /mnt/my\\040stick rw - vfat /dev/sda1 rw");
	assert_use(*state, "/dev/sda1 is mounted on /mnt/my stick");
}

static void what_is_mounted_since_is_not_what_it_was(void **state)
{
	struct host *host = *state;
	const struct device *idle = host_look_at(host, "1-1");

	assert_int_equal(devices_still_is(idle), 1);
	mount_it(host, "99 22 8:1 / /mnt rw - vfat /dev/sda1 rw");
	assert_int_equal(devices_still_is(idle), 0);
	assert_int_equal(devices_still_is(host_look_at(host, "1-1")), 1);
}

static void a_mount_is_known_by_its_number_whatever_its_source_says(void **state)
{
	mount_it(*state, "99 22 8:2 /sub /mnt rw shared:7 master:3 - ext4 /dev/disk/by-label/x rw");
	assert_use(*state, "/dev/sda2 is mounted on /mnt");
}

static void a_similar_number_or_name_is_another_disk(void **state)
{
	mount_it(*state, "99 22 8:17 / /mnt rw - ext4 /dev/sda12 rw");
	assert_use(*state, NULL);
	mount_it(*state, "99 22 18:1 / /mnt/sda1 rw - ext4 /dev/sdb1 rw");
	assert_use(*state, NULL);
}

static void a_mount_without_a_number_of_its_own_is_known_by_its_source(void **state)
{
	mount_it(*state, "99 22 0:45 / /srv rw - btrfs /dev/sda1 rw,subvol=/");
	assert_use(*state, "/dev/sda1 is mounted on /srv");
}

static void the_second_disk_of_a_btrfs_is_in_use(void **state)
{
	struct host *host = *state;

	mount_it(host, "99 22 0:45 / /srv rw - btrfs /dev/sdb1 rw");
	mock_usb_link(host->mock, "sys/fs/btrfs/8a5c/devices/sda2", "../../../../class/block/sda2");
	assert_use(host, "/dev/sda2 is part of a mounted btrfs");
}

static void a_mount_in_a_container_is_use_though_no_list_has_it(void **state)
{
	struct host *host = *state;

	mock_usb_file(host->mock, "sys/fs/xfs/sdb1/stats/stats", "");
	mock_usb_file(host->mock, "sys/fs/ext4/features/lazy_itable_init", "supported\n");
	assert_use(host, NULL);
	mock_usb_file(host->mock, "sys/fs/ext4/sda2/lifetime_write_kbytes", "1\n");
	assert_use(host, "/dev/sda2 is mounted (ext4) in another mount namespace, such as a "
			 "container's");
	mount_it(host, "99 22 8:2 / /srv rw - ext4 /dev/sda2 rw");
	assert_use(host, "/dev/sda2 is mounted on /srv");
}

static void swap_is_use(void **state)
{
	struct host *host = *state;

	mock_usb_file(host->mock, "proc/swaps",
		      "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		      "/dev/sda2                               partition\t8388604\t\t0\t\t-2\n");
	assert_use(host, "/dev/sda2 is used as swap");
}

static void a_member_of_lvm_is_in_use_and_its_volume_named(void **state)
{
	struct host *host = *state;

	mock_usb_file(host->mock, "sys/devices/virtual/block/dm-0/dm/name", "vg-backup\n");
	mock_usb_link(host->mock, "sys/class/block/dm-0", "../../devices/virtual/block/dm-0");
	hold(host, "sda1", "dm-0");
	assert_use(host, "/dev/sda1 is part of /dev/mapper/vg-backup");
}

static void a_member_of_md_is_in_use(void **state)
{
	hold(*state, "sda", "md127");
	assert_use(*state, "/dev/sda is part of /dev/md127");
}

static void only_the_device_whose_disk_it_is_is_in_use(void **state)
{
	struct host *host = *state;
	struct mock_device neighbour = ftdi_at("1-11", "pci-0000:00:14.0-usb-0:11", 9);

	mock_usb_plug(host->mock, &neighbour);
	mount_it(host, "99 22 8:1 / /mnt rw - vfat /dev/sda1 rw");
	host_look(host);
	assert_non_null(host_find(host, "1-1")->in_use);
	assert_null(host_find(host, "1-11")->in_use);
	assert_null(host_find(host, "usb1")->in_use);
	assert_null(host_find(host, "1-2")->in_use);
}

static void when_it_cannot_be_told_a_disk_counts_as_used(void **state)
{
	struct host *host = *state;
	const struct mock_device other = ftdi_at("1-3", "pci-0000:00:14.0-usb-0:3", 9);

	mock_usb_plug(host->mock, &other);
	mock_usb_lose_file(host->mock, "proc/self/mountinfo");
	mock_usb_file(host->mock, "proc/self/mountinfo", NULL);
	assert_use(host, "it cannot be told how /dev/sda is used: /proc/self/mountinfo cannot be "
			 "read");
	assert_null(host_find(host, "1-3")->in_use);
}

static void broken_lines_are_no_mounts(void **state)
{
	mount_it(*state,
		 "99 22 8:1\n-\n - - - - - -\n99 22 8:1 / /mnt rw - vfat\n99 22 8:1 / /mnt rw\n");
	assert_use(*state, NULL);
}

#define WITH_STICK(test) cmocka_unit_test_setup_teardown(test, plug_stick, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STICK(a_disk_that_lies_idle_is_free),
		WITH_STICK(a_mounted_partition_is_in_use),
		WITH_STICK(what_is_mounted_since_is_not_what_it_was),
		WITH_STICK(a_mount_is_known_by_its_number_whatever_its_source_says),
		WITH_STICK(a_similar_number_or_name_is_another_disk),
		WITH_STICK(a_mount_without_a_number_of_its_own_is_known_by_its_source),
		WITH_STICK(the_second_disk_of_a_btrfs_is_in_use),
		WITH_STICK(a_mount_in_a_container_is_use_though_no_list_has_it),
		WITH_STICK(swap_is_use),
		WITH_STICK(a_member_of_lvm_is_in_use_and_its_volume_named),
		WITH_STICK(a_member_of_md_is_in_use),
		WITH_STICK(only_the_device_whose_disk_it_is_is_in_use),
		WITH_STICK(when_it_cannot_be_told_a_disk_counts_as_used),
		WITH_STICK(broken_lines_are_no_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
