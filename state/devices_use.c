/* SPDX-License-Identifier: MIT */
#include "state/devices_use.h"

#include "state/devices_read.h"
#include "state/devices_use_below.h"
#include "state/devices_use_disk.h"
#include "state/devices_use_guest.h"
#include "state/devices_use_net.h"
#include "state/sysfs.h"

struct devices_use {
	struct disk_uses *disks;
	struct net_uses *nets;
	struct guest_uses *guests;
};

static void use_clear(struct devices_use *use)
{
	disk_uses_free(use->disks);
	net_uses_free(use->nets);
	guest_uses_free(use->guests);
}

/* Of all devices, or (SYSPATH) of one. */
static struct devices_use use_read(const char *syspath, const GPtrArray *domains)
{
	g_autoptr(GPtrArray) blocks = syspath ? g_ptr_array_new_with_free_func(g_free) : NULL;
	g_autoptr(GPtrArray) nets = syspath ? g_ptr_array_new_with_free_func(g_free) : NULL;

	if (syspath)
		devices_below_find(syspath, blocks, nets);
	return (struct devices_use){.disks = disk_uses_read(blocks),
				    .nets = net_uses_read(nets),
				    .guests = guest_uses_read(domains)};
}

static bool is_claimed(const struct device *device, const char *syspath)
{
	g_autofree char *prefix = g_strconcat(device->sysname, ":", NULL);
	g_autoptr(GPtrArray) interfaces = sysfs_list(syspath, prefix);

	for (guint i = 0; i < interfaces->len; i++) {
		g_autofree char *interface = g_build_filename(
			syspath, (const char *)g_ptr_array_index(interfaces, i), NULL);
		g_autofree char *driver = sysfs_read_link(interface, "driver");

		if (g_strcmp0(driver, "usbfs") == 0)
			return true;
	}
	return false;
}

/* With usbip it is the device that gets a driver of its own; its interfaces have none. */
static char *export_of(const char *syspath)
{
	g_autofree char *driver = sysfs_read_link(syspath, "driver");
	g_autofree char *status = NULL;
	g_autofree char *err = NULL;

	if (g_strcmp0(driver, "usbip-host") != 0)
		return NULL;
	/* SDEV_ST_USED (Linux: tools/usb/usbip): somebody has imported it. */
	if (sysfs_read(syspath, "usbip_status", &status, &err) == 0 && g_strcmp0(status, "2") == 0)
		return g_strdup("it is exported over USB/IP, and another host has imported it");
	return g_strdup("it is exported over USB/IP (usbip-host)");
}

static char *use_by_host(const struct devices_use *use, const char *syspath)
{
	char *sentence = export_of(syspath);

	if (!sentence)
		sentence = disk_uses_of(use->disks, syspath);
	return sentence ? sentence : net_uses_of(use->nets, syspath);
}

static void forget(struct device *device)
{
	g_clear_pointer(&device->in_use, g_free);
	g_ptr_array_set_size(device->guest_uses, 0);
}

static void note(const struct devices_use *use, struct device *device, const char *syspath)
{
	forget(device);
	/* What is below a hub is other devices'. */
	if (device->hub || !syspath)
		return;
	device->in_use = use_by_host(use, syspath);
	guest_uses_note(use->guests, device, syspath);
}

void devices_use_note(struct device *device, const GPtrArray *domains)
{
	g_autofree char *syspath = device->hub ? NULL : devices_syspath(device->sysname);
	struct devices_use use;

	if (!syspath) {
		forget(device);
		return;
	}
	use = use_read(syspath, domains);
	note(&use, device, syspath);
	use_clear(&use);
}

void devices_use_note_all(GPtrArray *devices, const GPtrArray *domains)
{
	struct devices_use use = use_read(NULL, domains);

	for (guint i = 0; i < devices->len; i++) {
		struct device *device = g_ptr_array_index(devices, i);
		g_autofree char *syspath = devices_syspath(device->sysname);

		note(&use, device, syspath);
	}
	use_clear(&use);
}

static bool is_used_anew(const struct devices_use *use, const struct device *device)
{
	const char *path = device_property(device, "DEVPATH");
	g_autofree char *syspath = path ? g_strconcat("/sys", path, NULL) : NULL;
	g_autofree char *sentence = NULL;

	if (device->hub || !syspath)
		return false;
	sentence = disk_uses_of(use->disks, syspath);
	return device->guest_uses->len > 0 || guest_uses_concern(use->guests, device, syspath) ||
	       g_strcmp0(sentence, device->in_use) != 0;
}

void devices_use_find(const GPtrArray *devices, const GPtrArray *domains, GHashTable *found)
{
	struct devices_use use = use_read(NULL, domains);

	for (guint i = 0; i < devices->len; i++) {
		const struct device *device = g_ptr_array_index(devices, i);

		if (is_used_anew(&use, device))
			g_hash_table_add(found, g_strdup(device->sysname));
	}
	use_clear(&use);
}

char *devices_use_now(const struct device *device, bool claimed)
{
	g_autofree char *syspath = devices_syspath(device->sysname);
	struct devices_use use;
	char *sentence;

	if (!syspath)
		return NULL;
	use = use_read(syspath, NULL);
	sentence = use_by_host(&use, syspath);
	use_clear(&use);
	if (!sentence && claimed && is_claimed(device, syspath))
		sentence = g_strdup("a program on the host holds it through usbfs");
	return sentence;
}
