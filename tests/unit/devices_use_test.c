/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "host.h"
#include "state/devices_use.h"
#include "state/domain.h"

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

/* The look at one device finds what the look at all of them does. */
static void assert_use(struct host *host, const char *expected)
{
	const struct device *device = host_look_at(host, "1-1");
	g_autofree char *use = devices_use_now(device, false);

	assert_text(device->in_use, expected);
	assert_text(use, expected);
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

static void assert_use_now(const struct device *device, bool claimed, const char *expected)
{
	g_autofree char *use = devices_use_now(device, claimed);

	assert_text(use, expected);
}

static void what_has_come_into_use_since_is_seen_right_before(void **state)
{
	struct host *host = *state;
	const struct device *idle = host_look_at(host, "1-1");

	assert_use_now(idle, true, NULL);
	mount_it(host, "99 22 8:1 / /mnt rw - vfat /dev/sda1 rw");
	assert_use_now(idle, true, "/dev/sda1 is mounted on /mnt");
	mock_usb_unplug(host->mock, "1-1");
	assert_use_now(idle, true, NULL);
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

static void a_loop_device_on_a_disk_is_use(void **state)
{
	struct host *host = *state;

	mock_usb_file(host->mock, "sys/class/block/loop0/loop/backing_file", "/srv/image\n");
	mock_usb_file(host->mock, "sys/class/block/loop1/loop/backing_file", "/dev/sda12\n");
	assert_use(host, NULL);
	mock_usb_file(host->mock, "sys/class/block/loop1/loop/backing_file", "/dev/sda1\n");
	assert_use(host, "/dev/sda1 is part of a loop device");
}

static void a_disk_of_a_lio_target_is_in_use(void **state)
{
	struct host *host = *state;

	mock_usb_file(host->mock, "sys/kernel/config/target/core/iblock_0/other/info",
		      "Status: ACTIVATED\n        Major: 8 Minor: 17  CLAIMED: IBLOCK\n");
	assert_use(host, NULL);
	mock_usb_file(host->mock, "sys/kernel/config/target/core/iblock_0/disk/info",
		      "Status: ACTIVATED  Max Queue Depth: 0\n"
		      "        iBlock device: sda  UDEV PATH: /dev/disk/x readonly: 0\n"
		      "        Major: 8 Minor: 0  CLAIMED: IBLOCK\n");
	assert_use(host, "/dev/sda is part of a LIO target");
}

static void a_disk_behind_another_target_or_gadget_is_in_use(void **state)
{
	static const char nvme[] = "sys/kernel/config/nvmet/subsystems/s/namespaces/1/device_path";
	static const char gadget[] = "sys/kernel/config/usb_gadget/g/functions/mass_storage.0/"
				     "lun.0/file";
	struct host *host = *state;

	mock_usb_file(host->mock, nvme, "/dev/sda2\n");
	assert_use(host, "/dev/sda2 is part of an NVMe target");
	mock_usb_file(host->mock, nvme, "(null)\n");
	mock_usb_file(host->mock, gadget, "/dev/sda\n");
	assert_use(host, "/dev/sda is part of a USB gadget");
}

static void a_disk_of_a_bcachefs_of_several_is_in_use(void **state)
{
	struct host *host = *state;

	mock_usb_link(host->mock, "sys/fs/bcachefs/8a5c/dev-1/block", "../../../../block/sda2");
	assert_use(host, "/dev/sda2 is part of a mounted bcachefs");
}

/* As udev knows a block device: by an event that was processed. */
static void mark(struct host *host, const char *type, const char *label)
{
	mock_usb_block(host->mock, "1-1", "sdz", type, label);
}

static void a_member_of_a_zfs_pool_is_in_use_while_the_pool_is_imported(void **state)
{
	struct host *host = *state;

	mark(host, "zfs_member", "tank");
	assert_use(host, NULL);
	mock_usb_file(host->mock, "sys/module/zfs/version", "2.2\n");
	assert_use(host, "/dev/sdz is part of a ZFS pool");
	mock_usb_file(host->mock, "proc/spl/kstat/zfs/other/io", "");
	assert_use(host, NULL);
	mock_usb_file(host->mock, "proc/spl/kstat/zfs/tank/io", "");
	assert_use(host, "/dev/sdz is part of a ZFS pool");
}

static void a_disk_with_the_mark_of_drbd_is_in_use_while_that_is_up(void **state)
{
	struct host *host = *state;

	mark(host, "drbd", NULL);
	assert_use(host, NULL);
	mock_usb_file(host->mock, "sys/class/block/drbd0/size", "1\n");
	assert_use(host, "/dev/sdz is part of a DRBD device");
}

static void what_is_exported_over_usbip_is_in_use(void **state)
{
	struct host *host = *state;
	g_autofree char *stick = mock_usb_syspath("1-1");
	g_autofree char *driver = g_build_filename(stick + 1, "driver", NULL);

	mock_usb_link(host->mock, driver, "../../../../bus/usb/drivers/usb");
	assert_use(host, NULL);
	mock_usb_link(host->mock, driver, "../../../../bus/usb/drivers/usbip-host");
	assert_use(host, "it is exported over USB/IP (usbip-host)");
	/* The guest that should have it has lost it. */
	assert_string_equal(host_find(host, "1-1")->driver, "usbip-host");
	mock_usb_set(host->mock, "1-1", "usbip_status", "2\n");
	assert_use(host, "it is exported over USB/IP, and another host has imported it");
}

static void what_a_program_holds_through_usbfs_is_claimed(void **state)
{
	struct host *host = *state;
	const struct device *stick;

	mock_usb_interface(host->mock, "1-1:1.0", "ftdi_sio");
	stick = host_look_at(host, "1-1");
	assert_false(stick->claimed);
	mock_usb_interface(host->mock, "1-1:1.1", "usbfs");
	stick = host_look_at(host, "1-1");
	assert_true(stick->claimed);
	assert_null(stick->in_use);
	assert_use_now(stick, false, NULL);
	assert_use_now(stick, true, "a program on the host holds it through usbfs");
}

/* A network interface of the stick. */
static void add_net(struct host *host)
{
	g_autofree char *stick = mock_usb_syspath("1-1");
	g_autofree char *net = g_strconcat(stick, "/1-1:1.0/net/enx0", NULL);
	g_autofree char *address = g_build_filename(net, "address", NULL);
	g_autofree char *target = g_strconcat("../..", net + strlen("/sys"), NULL);

	mock_usb_file(host->mock, address, "02:00:00:00:00:01\n");
	mock_usb_link(host->mock, "sys/class/net/enx0", target);
	mock_usb_link(host->mock, "sys/class/net/eth0",
		      "../../devices/pci0000:00/0000:00:19.0/net/eth0");
}

static void an_interface_that_something_is_built_on_is_in_use(void **state)
{
	struct host *host = *state;
	g_autofree char *stick = mock_usb_syspath("1-1");
	g_autofree char *upper = g_strconcat(stick + 1, "/1-1:1.0/net/enx0/upper_br0", NULL);

	add_net(host);
	assert_use(host, NULL);
	mock_usb_link(host->mock, upper, "../../../../../../virtual/net/br0");
	assert_use(host, "the interface enx0 is part of br0");
}

#define ROUTE_HEAD                                                                                 \
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

static void an_interface_with_the_default_route_is_in_use(void **state)
{
	struct host *host = *state;

	add_net(host);
	mock_usb_file(host->mock, "proc/net/route",
		      ROUTE_HEAD "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
				 "enx0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n");
	assert_use(host, NULL);
	mock_usb_file(host->mock, "proc/net/route",
		      ROUTE_HEAD "enx0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n");
	assert_use(host, "the interface enx0 holds the host's default route");
	mock_usb_file(host->mock, "proc/net/route", ROUTE_HEAD);
	mock_usb_file(
		host->mock, "proc/net/ipv6_route",
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"fe800000000000000000000000000001 00000400 00000001 00000000 00000003     enx0\n");
	assert_use(host, "the interface enx0 holds the host's default route");
}

/* A guest that runs, with one use. */
static void add_guest(struct host *host, const char *name, const char *by, const char *what)
{
	struct domain *domain = domain_new(name, name);

	domain_add_use(domain->uses, by, what);
	g_ptr_array_add(host->domains, domain);
}

static void assert_guest_uses(struct host *host, const char *expected)
{
	const struct device *stick = host_look_at(host, "1-1");
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < stick->guest_uses->len; i++) {
		const struct guest_use *use = g_ptr_array_index(stick->guest_uses, i);

		g_string_append_printf(text, "%s%s: %s", i ? "; " : "", use->domain, use->how);
	}
	assert_string_equal(text->str, expected);
	g_string_free(text, TRUE);
}

static void a_guest_has_the_disk_whose_node_its_xml_names(void **state)
{
	struct host *host = *state;

	mock_usb_block(host->mock, "1-1", "sdz", NULL, NULL);
	add_guest(host, "vm2", "disk", "/dev/sdz");
	add_guest(host, "vm0", "disk", "/dev/nothing");
	add_guest(host, "vm1", "serial", "/dev/sdz");
	assert_guest_uses(host, "vm1: serial /dev/sdz; vm2: disk /dev/sdz");
}

static void a_guest_has_the_interface_below_its_macvtap(void **state)
{
	struct host *host = *state;

	add_net(host);
	add_guest(host, "vm1", "interface", "eth0");
	add_guest(host, "vm2", "interface", "enx0");
	add_guest(host, "vm3", "interface", "../enx0");
	assert_guest_uses(host, "vm2: interface enx0");
}

static void a_guest_has_what_its_own_command_line_asks_for(void **state)
{
	static const struct {
		const char *argument;
		bool is_it;
	} arguments[] = {
		{"usb-host,hostbus=1,hostaddr=5,id=x", true},
		{"usb-host,hostbus=1,hostaddr=50", false},
		{"usb-host,hostbus=2,hostaddr=5", false},
		{"usb-host,hostbus=1,hostport=1", true},
		{"usb-host,hostbus=1,hostport=1.1", false},
		{"usb-host,vendorid=0x0403,productid=0x6001", true},
		{"usb-host,vendorid=1027,productid=24577", true},
		{"usb-host,vendorid=0x0403,productid=0x6002", false},
		{"{\"driver\":\"usb-host\",\"hostbus\":1,\"hostaddr\": 5}", true},
		{"{\"driver\":\"usb-host\",\"hostport\":\"1\"}", true},
		{"usb-host", false},
		{"id=usb-hostile", false},
	};
	struct host *host = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(arguments); i++) {
		g_autofree char *expected =
			g_strconcat("vm1: qemu:commandline ", arguments[i].argument, NULL);

		g_ptr_array_set_size(host->domains, 0);
		add_guest(host, "vm1", "qemu:commandline", arguments[i].argument);
		assert_guest_uses(host, arguments[i].is_it ? expected : "");
	}
}

#define WITH_STICK(test) cmocka_unit_test_setup_teardown(test, plug_stick, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STICK(a_disk_that_lies_idle_is_free),
		WITH_STICK(a_mounted_partition_is_in_use),
		WITH_STICK(what_has_come_into_use_since_is_seen_right_before),
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
		WITH_STICK(a_loop_device_on_a_disk_is_use),
		WITH_STICK(a_disk_of_a_lio_target_is_in_use),
		WITH_STICK(a_disk_behind_another_target_or_gadget_is_in_use),
		WITH_STICK(a_disk_of_a_bcachefs_of_several_is_in_use),
		WITH_STICK(a_member_of_a_zfs_pool_is_in_use_while_the_pool_is_imported),
		WITH_STICK(a_disk_with_the_mark_of_drbd_is_in_use_while_that_is_up),
		WITH_STICK(what_is_exported_over_usbip_is_in_use),
		WITH_STICK(what_a_program_holds_through_usbfs_is_claimed),
		WITH_STICK(an_interface_that_something_is_built_on_is_in_use),
		WITH_STICK(an_interface_with_the_default_route_is_in_use),
		WITH_STICK(a_guest_has_the_disk_whose_node_its_xml_names),
		WITH_STICK(a_guest_has_the_interface_below_its_macvtap),
		WITH_STICK(a_guest_has_what_its_own_command_line_asks_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
