/* SPDX-License-Identifier: MIT */
#include "state/devices_read.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/devices_port.h"
#include "state/devices_remote.h"
#include "state/devices_udev.h"
#include "state/sysfs.h"

/* A property that is a number, and ends where one of UNTIL comes. */
static bool take_number(const char **text, int base, guint64 max, char until, guint64 *ret_number)
{
	char *end;

	if (!*text || !g_ascii_isxdigit(**text))
		return false;
	*ret_number = g_ascii_strtoull(*text, &end, (guint)base);
	if (*end != until || *ret_number > max)
		return false;
	*text = end + 1;
	return true;
}

/* The kernel says PRODUCT=403/6001/600 in hex, and BUSNUM=001 and DEVNUM=005. 0, 1 when it does not
 * (any more), or -1 with *err. */
static int read_address_and_id(struct device *device, char **err)
{
	const char *bus_text = device_property(device, "BUSNUM");
	const char *dev_text = device_property(device, "DEVNUM");
	const char *product_text = device_property(device, "PRODUCT");
	guint64 bus, dev, vendor, product;

	if (!bus_text || !dev_text || !product_text)
		return 1;
	if (!take_number(&bus_text, 10, G_MAXUINT16, '\0', &bus) ||
	    !take_number(&dev_text, 10, G_MAXUINT16, '\0', &dev) ||
	    !take_number(&product_text, 16, G_MAXUINT16, '/', &vendor) ||
	    !take_number(&product_text, 16, G_MAXUINT16, '/', &product)) {
		*err = g_strdup_printf("its uevent says BUSNUM=%s DEVNUM=%s PRODUCT=%s, where "
				       "PRODUCT is idVendor/idProduct/…",
				       device_property(device, "BUSNUM"),
				       device_property(device, "DEVNUM"),
				       device_property(device, "PRODUCT"));
		return -1;
	}
	device->bus = (unsigned int)bus;
	device->dev = (unsigned int)dev;
	device->id.vendor = (uint16_t)vendor;
	device->id.product = (uint16_t)product;
	return 0;
}

/* What a device need not have: absent is NULL and no error. */
static int read_optional(int dir, const char *attribute, char **ret_text, char **err)
{
	return sysfs_read_at(dir, attribute, ret_text, err) < 0 ? -1 : 0;
}

static int read_strings(struct device *device, int dir, char **err)
{
	if (read_optional(dir, "manufacturer", &device->untrusted_manufacturer, err) < 0 ||
	    read_optional(dir, "product", &device->untrusted_product, err) < 0)
		return -1;
	return 0;
}

static bool is_root_hub(const char *sysname)
{
	return g_str_has_prefix(sysname, "usb");
}

static int read_speed(int dir, unsigned int *ret_speed, char **err)
{
	g_autofree char *speed = NULL;

	if (read_optional(dir, "speed", &speed, err) < 0)
		return -1;
	*ret_speed = speed ? (unsigned int)strtoul(speed, NULL, 10) : 0;
	return 0;
}

/* TYPE=9/0/1 is class, subclass and protocol, in decimal. */
static int read_nature(struct device *device, int dir, char **err)
{
	const char *type = device_property(device, "TYPE");
	g_autofree char *authorized = NULL;

	if (read_speed(dir, &device->speed, err) < 0 ||
	    read_optional(dir, "authorized", &authorized, err) < 0)
		return -1;
	device->hub = is_root_hub(device->sysname) || (type && g_str_has_prefix(type, "9/"));
	device->authorized = g_strcmp0(authorized, "0") != 0;
	return 0;
}

/* usbfs is not a driver of the host's: it is bound while a program (QEMU) holds the interface. */
static char *driver_among(int dir, const GPtrArray *interfaces, bool *ret_claimed)
{
	char *found = NULL;

	for (guint i = 0; interfaces && i < interfaces->len; i++) {
		g_autofree char *link = g_build_filename(
			(const char *)g_ptr_array_index(interfaces, i), "driver", NULL);
		g_autofree char *driver = sysfs_read_link_at(dir, link);

		if (g_strcmp0(driver, "usbfs") == 0)
			*ret_claimed = true;
		else if (!found)
			found = g_steal_pointer(&driver);
	}
	return found;
}

/* With usbip the device itself has a driver, and its interfaces have none. */
static char *read_exporter(int dir)
{
	g_autofree char *own = sysfs_read_link_at(dir, "driver");

	return g_strcmp0(own, "usbip-host") == 0 ? g_steal_pointer(&own) : NULL;
}

static void read_drivers(const struct devices_look *look, struct device *device, int dir,
			 const char *syspath)
{
	g_autofree char *prefix = g_strconcat(device->sysname, ":", NULL);
	g_autoptr(GPtrArray) list = look->interfaces ? NULL : sysfs_list(syspath, prefix);
	const GPtrArray *interfaces =
		list ? list : g_hash_table_lookup(look->interfaces, device->sysname);

	device->driver = driver_among(dir, interfaces, &device->claimed);
	if (!device->driver && !device->claimed)
		device->driver = read_exporter(dir);
}

static uint64_t incarnation_of(const struct device *device)
{
	const char *text = device_property(device, "USEC_INITIALIZED");
	guint64 usec = 0;

	if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &usec, NULL))
		return 0;
	return usec;
}

/* Is the device on a USB 3 bus? Asked once a bus. */
static bool is_on_usb3(const struct devices_look *look, const char *syspath)
{
	g_autofree char *root = devices_port_root(syspath);
	g_autofree char *err = NULL;
	gpointer known;
	unsigned int speed = 0;
	int dir;

	if (g_hash_table_lookup_extended(look->speeds, root, NULL, &known))
		return devices_port_is_usb3(GPOINTER_TO_UINT(known));
	dir = sysfs_open(root);
	if (dir >= 0) {
		read_speed(dir, &speed, &err);
		close(dir);
	}
	g_hash_table_insert(look->speeds, g_steal_pointer(&root), GUINT_TO_POINTER(speed));
	return devices_port_is_usb3(speed);
}

static void read_port(const struct devices_look *look, struct device *device, const char *syspath)
{
	bool usb3 = is_on_usb3(look, syspath);

	device->companion = devices_port_companion(syspath);
	device->id_path = g_strdup(device_property(device, "ID_PATH"));
	if (!device->id_path)
		return;
	device->port = usb3 ? devices_port_canonical(syspath, device->id_path, device->companion)
			    : g_strdup(device->id_path);
	if (usb3)
		device->port_v3 = devices_port_v3(device->id_path);
}

char *devices_syspath(const char *sysname)
{
	g_autofree char *link = g_build_filename(DEVICES_DIRECTORY, sysname, NULL);

	return sysfs_device(link);
}

/* What a device is known by: address, ids, serial and incarnation, each read once. 0, 1 when it is
 * not there or udev has not finished it, or -1 with *err. */
static int read_identity(struct device *device, int dir, const char *syspath, char **err)
{
	int rc = devices_udev_kernel(dir, syspath, device->properties, err);

	if (rc == 0)
		rc = read_address_and_id(device, err);
	if (rc == 0)
		rc = devices_udev_database(syspath, device->properties, err);
	if (rc != 0)
		return rc;
	device->incarnation = incarnation_of(device);
	return read_optional(dir, "serial", &device->untrusted_serial, err);
}

/* Before udev is done there is neither an ID_PATH nor a node with its final owner. */
static int read_in(const struct devices_look *look, struct device *device, int dir,
		   const char *syspath, char **err)
{
	int rc = read_identity(device, dir, syspath, err);

	if (rc != 0)
		return rc;
	if (read_strings(device, dir, err) < 0 || read_nature(device, dir, err) < 0)
		return -1;
	read_drivers(look, device, dir, syspath);
	read_port(look, device, syspath);
	device->remote = devices_remote(device->sysname, syspath);
	return 0;
}

int devices_read_one(const struct devices_look *look, const char *sysname,
		     struct device **ret_device, char **err)
{
	OWN(device) device = device_new();
	g_autofree char *syspath = devices_syspath(sysname);
	int dir = syspath ? sysfs_open(syspath) : -1;
	int rc;

	if (dir < 0)
		return 1;
	device->sysname = g_strdup(sysname);
	rc = read_in(look, device, dir, syspath, err);
	/* An attribute of a device that is being removed can fail in any way. */
	if (rc < 0 && faccessat(dir, "uevent", F_OK, 0) != 0) {
		g_clear_pointer(err, g_free);
		rc = 1;
	}
	close(dir);
	if (rc == 0)
		*ret_device = g_steal_pointer(&device);
	return rc;
}

/* Sorts out the NAMES, which are those of devices and of interfaces: "1-1:1.0" is one of "1-1". */
static GHashTable *interfaces_of(const GPtrArray *names)
{
	GHashTable *interfaces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						       (GDestroyNotify)g_ptr_array_unref);

	for (guint i = 0; i < names->len; i++) {
		char *name = g_ptr_array_index(names, i);
		g_autofree char *owner = g_strndup(name, strcspn(name, ":"));
		GPtrArray *own = g_hash_table_lookup(interfaces, owner);

		if (!strchr(name, ':'))
			continue;
		if (!own) {
			own = g_ptr_array_new();
			g_hash_table_insert(interfaces, g_steal_pointer(&owner), own);
		}
		g_ptr_array_add(own, name);
	}
	return interfaces;
}

void devices_look_init(struct devices_look *look, const GPtrArray *names)
{
	look->interfaces = names ? interfaces_of(names) : NULL;
	look->speeds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void devices_look_clear(struct devices_look *look)
{
	g_clear_pointer(&look->interfaces, g_hash_table_unref);
	g_hash_table_unref(look->speeds);
}

int devices_read_identity(const char *syspath, struct device *device, char **err)
{
	int dir = sysfs_open(syspath);
	int rc;

	if (dir < 0)
		return 1;
	rc = read_identity(device, dir, syspath, err);
	close(dir);
	return rc;
}
