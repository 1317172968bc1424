/* SPDX-License-Identifier: MIT */
#include "state/devices_use.h"

#include <string.h>

#include "state/devices_read.h"
#include "state/devices_use_disk.h"
#include "state/devices_use_guest.h"
#include "state/devices_use_net.h"
#include "state/sysfs.h"

struct devices_use {
	struct disk_uses *disks;
	struct net_uses *nets;
	struct guest_uses *guests;
};

struct devices_use *devices_use_read(const GPtrArray *domains)
{
	struct devices_use *use = g_new0(struct devices_use, 1);

	use->disks = disk_uses_read();
	use->nets = net_uses_read();
	use->guests = guest_uses_read(domains);
	return use;
}

void devices_use_free(struct devices_use *use)
{
	disk_uses_free(use->disks);
	net_uses_free(use->nets);
	guest_uses_free(use->guests);
	g_free(use);
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

static void note(const struct devices_use *use, struct device *device, const char *syspath)
{
	g_clear_pointer(&device->in_use, g_free);
	g_ptr_array_set_size(device->guest_uses, 0);
	/* What is below a hub is other devices'. */
	if (device->hub || !syspath)
		return;
	device->in_use = use_by_host(use, syspath);
	guest_uses_note(use->guests, device, syspath);
}

void devices_use_note(const struct devices_use *use, struct device *device)
{
	g_autofree char *syspath = devices_syspath(device->sysname);

	device->claimed = syspath && is_claimed(device, syspath);
	note(use, device, syspath);
}

void devices_use_note_all(GPtrArray *devices, const GPtrArray *domains)
{
	OWN(devices_use) use = devices_use_read(domains);

	for (guint i = 0; i < devices->len; i++) {
		struct device *device = g_ptr_array_index(devices, i);
		g_autofree char *syspath = devices_syspath(device->sysname);

		note(use, device, syspath);
	}
}

char *devices_use_now(const struct device *device, bool claimed)
{
	OWN(devices_use) use = devices_use_read(NULL);
	g_autofree char *syspath = devices_syspath(device->sysname);
	char *sentence = syspath ? use_by_host(use, syspath) : NULL;

	if (!sentence && claimed && syspath && is_claimed(device, syspath))
		sentence = g_strdup("a program on the host holds it through usbfs");
	return sentence;
}
