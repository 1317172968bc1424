/* SPDX-License-Identifier: MIT */
#include "state/devices.h"

#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "state/devices_port.h"
#include "state/devices_use.h"
#include "state/problem.h"
#include "state/sysfs.h"
#include "state/clock.h"

static void udev_free(struct udev *udev)
{
	udev_unref(udev);
}
OWN_DEFINE(udev)

static void udev_device_free(struct udev_device *device)
{
	udev_device_unref(device);
}
OWN_DEFINE(udev_device)

static void udev_enumerate_free(struct udev_enumerate *enumerate)
{
	udev_enumerate_unref(enumerate);
}
OWN_DEFINE(udev_enumerate)

/* A number that every device has. 0, 1 when it (or the device) is not there, or -1 with *err. */
static int read_number(const char *syspath, const char *attribute, int base, guint64 max,
		       guint64 *ret_number, char **err)
{
	g_autofree char *text = NULL;
	int rc = sysfs_read(syspath, attribute, &text, err);

	if (rc != 0)
		return rc;
	if (text && g_ascii_string_to_unsigned(text, (guint)base, 0, max, ret_number, NULL))
		return 0;
	*err = g_strdup_printf("%s/%s is not a number", syspath, attribute);
	return -1;
}

static int read_address_and_id(struct device *device, const char *syspath, char **err)
{
	guint64 bus = 0, dev = 0, vendor = 0, product = 0;
	int rc = read_number(syspath, "busnum", 10, G_MAXUINT16, &bus, err);

	if (rc == 0)
		rc = read_number(syspath, "devnum", 10, G_MAXUINT16, &dev, err);
	if (rc == 0)
		rc = read_number(syspath, "idVendor", 16, G_MAXUINT16, &vendor, err);
	if (rc == 0)
		rc = read_number(syspath, "idProduct", 16, G_MAXUINT16, &product, err);
	if (rc != 0)
		return rc;
	device->bus = (unsigned int)bus;
	device->dev = (unsigned int)dev;
	device->id.vendor = (uint16_t)vendor;
	device->id.product = (uint16_t)product;
	return 0;
}

/* What a device need not have: absent is NULL and no error. */
static int read_optional(const char *syspath, const char *attribute, char **ret_text, char **err)
{
	return sysfs_read(syspath, attribute, ret_text, err) < 0 ? -1 : 0;
}

static int read_strings(struct device *device, const char *syspath, char **err)
{
	if (read_optional(syspath, "serial", &device->untrusted_serial, err) < 0 ||
	    read_optional(syspath, "manufacturer", &device->untrusted_manufacturer, err) < 0 ||
	    read_optional(syspath, "product", &device->untrusted_product, err) < 0)
		return -1;
	return 0;
}

static int read_nature(struct device *device, const char *syspath, char **err)
{
	g_autofree char *speed = NULL;
	g_autofree char *class = NULL;
	g_autofree char *authorized = NULL;

	if (read_optional(syspath, "speed", &speed, err) < 0 ||
	    read_optional(syspath, "bDeviceClass", &class, err) < 0 ||
	    read_optional(syspath, "authorized", &authorized, err) < 0)
		return -1;
	device->speed = speed ? (unsigned int)strtoul(speed, NULL, 10) : 0;
	device->hub = g_str_has_prefix(device->sysname, "usb") || g_strcmp0(class, "09") == 0;
	device->authorized = g_strcmp0(authorized, "0") != 0;
	return 0;
}

/* usbfs is not a driver of the host's: it is bound while a program (QEMU) holds the interface. */
static char *read_driver(const char *sysname, const char *syspath)
{
	g_autofree char *prefix = g_strconcat(sysname, ":", NULL);
	g_autoptr(GPtrArray) interfaces = sysfs_list(syspath, prefix);

	for (guint i = 0; i < interfaces->len; i++) {
		g_autofree char *interface = g_build_filename(
			syspath, (const char *)g_ptr_array_index(interfaces, i), NULL);
		g_autofree char *driver = sysfs_read_link(interface, "driver");

		if (driver && strcmp(driver, "usbfs") != 0)
			return g_steal_pointer(&driver);
	}
	return NULL;
}

static void read_properties(struct device *device, struct udev_device *handle)
{
	struct udev_list_entry *entry;

	udev_list_entry_foreach(entry, udev_device_get_properties_list_entry(handle))
	{
		const char *name = udev_list_entry_get_name(entry);
		const char *value = udev_list_entry_get_value(entry);

		if (g_utf8_validate(name, -1, NULL))
			g_hash_table_replace(device->properties, g_strdup(name),
					     g_strdup(value ? value : ""));
	}
}

static uint64_t incarnation_of(const struct device *device)
{
	const char *text = device_property(device, "USEC_INITIALIZED");
	guint64 usec = 0;

	if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &usec, NULL))
		return 0;
	return usec;
}

static void read_port(struct device *device, const char *syspath)
{
	device->companion = devices_port_companion(syspath);
	device->id_path = g_strdup(device_property(device, "ID_PATH"));
	if (!device->id_path)
		return;
	device->port = devices_port_canonical(syspath, device->id_path);
	if (devices_port_on_usb3(syspath))
		device->port_v3 = devices_port_v3(device->id_path);
}

/*
 * While it was read the device may have given its place to another one: then what was read is of
 * neither. The numbers tell, the kernel gives a new one each time: what udev's view began with
 * (DEVNUM, from the uevent file), what was read, and what is there now must be one.
 */
static bool is_of_one_device(const struct device *device, const char *syspath)
{
	const char *udev_number = device_property(device, "DEVNUM");
	g_autofree char *err = NULL;
	guint64 dev;

	if (udev_number && g_ascii_strtoull(udev_number, NULL, 10) != device->dev)
		return false;
	return read_number(syspath, "devnum", 10, G_MAXUINT16, &dev, &err) == 0 &&
	       dev == device->dev;
}

/* 0, 1 when the device vanished meanwhile, or -1 with *err. */
static int read_device(struct udev_device *handle, struct device **ret_device, char **err)
{
	const char *syspath = udev_device_get_syspath(handle);
	OWN(device) device = device_new();
	int rc;

	device->sysname = g_strdup(udev_device_get_sysname(handle));
	rc = read_address_and_id(device, syspath, err);
	if (rc != 0)
		return rc;
	if (read_strings(device, syspath, err) < 0 || read_nature(device, syspath, err) < 0)
		return -1;
	device->driver = read_driver(device->sysname, syspath);
	read_properties(device, handle);
	device->incarnation = incarnation_of(device);
	read_port(device, syspath);
	if (!is_of_one_device(device, syspath))
		return 1;
	*ret_device = g_steal_pointer(&device);
	return 0;
}

static void note_problem(GPtrArray *problems, struct udev_device *handle, char *err)
{
	/* An attribute of a device that is being removed can fail in any way. */
	if (access(udev_device_get_syspath(handle), F_OK) != 0) {
		g_free(err);
		return;
	}
	g_ptr_array_add(problems,
			problem_new(PROBLEM_DEVICE_UNREADABLE, SEVERITY_WARNING, NULL, NULL, 0,
				    g_strdup_printf("the USB device %s is left out: %s",
						    udev_device_get_sysname(handle), err),
				    "replug it, or look at dmesg"));
	g_free(err);
}

static void add_device(struct udev *udev, const struct devices_use *use, const char *syspath,
		       GPtrArray *problems, GPtrArray *devices)
{
	OWN(udev_device) handle = udev_device_new_from_syspath(udev, syspath);
	struct device *device = NULL;
	char *err = NULL;
	int rc;

	if (!handle)
		return;
	rc = read_device(handle, &device, &err);
	if (rc < 0)
		note_problem(problems, handle, err);
	if (rc != 0)
		return;
	/* What is below a hub is other devices'. */
	if (!device->hub)
		device->in_use = devices_use_of(use, syspath);
	g_ptr_array_add(devices, device);
}

static int scan(struct udev *udev, struct udev_enumerate **ret_enumerate, char **err)
{
	OWN(udev_enumerate) enumerate = udev_enumerate_new(udev);
	int rc = enumerate ? 0 : -errno;

	if (rc >= 0)
		rc = udev_enumerate_add_match_subsystem(enumerate, "usb");
	if (rc >= 0)
		rc = udev_enumerate_add_match_property(enumerate, "DEVTYPE", "usb_device");
	/* Before udev is done there is neither an ID_PATH nor a node with its final owner. */
	if (rc >= 0)
		rc = udev_enumerate_add_match_is_initialized(enumerate);
	if (rc >= 0)
		rc = udev_enumerate_scan_devices(enumerate);
	if (rc < 0) {
		*err = g_strdup_printf("the USB devices of this host cannot be listed: %s",
				       g_strerror(-rc));
		return -1;
	}
	*ret_enumerate = g_steal_pointer(&enumerate);
	return 0;
}

static int compare_devices(gconstpointer a, gconstpointer b)
{
	return device_compare(*(const struct device *const *)a, *(const struct device *const *)b);
}

/* udev's clock stands still while the host sleeps, ours does not. */
static uint64_t youngest(const GPtrArray *devices)
{
	uint64_t latest = 0;

	for (guint i = 0; i < devices->len; i++) {
		const struct device *device = g_ptr_array_index(devices, i);

		latest = MAX(latest, device->incarnation);
	}
	return latest == 0 ? 0 : latest + clock_now() - clock_awake();
}

static struct udev *open_udev(char **err)
{
	struct udev *udev = udev_new();

	if (!udev)
		*err = g_strdup("libudev cannot be used");
	return udev;
}

int devices_read(GPtrArray *problems, GPtrArray **ret_devices, uint64_t *ret_still_since,
		 char **err)
{
	OWN(udev) udev = open_udev(err);
	OWN(udev_enumerate) enumerate = NULL;
	OWN(devices_use) use = NULL;
	g_autoptr(GPtrArray) devices = device_list_new();
	struct udev_list_entry *entry;

	if (!udev || scan(udev, &enumerate, err) < 0)
		return -1;
	use = devices_use_read();
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(enumerate))
	{
		add_device(udev, use, udev_list_entry_get_name(entry), problems, devices);
	}
	g_ptr_array_sort(devices, compare_devices);
	*ret_still_since = youngest(devices);
	*ret_devices = g_steal_pointer(&devices);
	return 0;
}

static bool is_same(const struct device *a, const struct device *b)
{
	return a->bus == b->bus && a->dev == b->dev && a->id.vendor == b->id.vendor &&
	       a->id.product == b->id.product && a->incarnation == b->incarnation &&
	       g_strcmp0(a->untrusted_serial, b->untrusted_serial) == 0;
}

static bool has_come_into_use(const struct device *device, struct udev_device *handle)
{
	OWN(devices_use) use = NULL;
	g_autofree char *in_use = NULL;

	if (device->in_use)
		return false;
	use = devices_use_read();
	in_use = devices_use_of(use, udev_device_get_syspath(handle));
	return in_use != NULL;
}

int devices_still_is(const struct device *device)
{
	g_autofree char *err = NULL;
	OWN(udev) udev = open_udev(&err);
	OWN(udev_device) handle = NULL;
	OWN(device) today = NULL;

	if (!udev)
		return 0;
	handle = udev_device_new_from_subsystem_sysname(udev, "usb", device->sysname);
	if (!handle || read_device(handle, &today, &err) != 0)
		return 0;
	return is_same(device, today) && !has_come_into_use(device, handle) ? 1 : 0;
}

/* The node's own device when that is a USB device, else the USB device it hangs on. */
static struct udev_device *usb_device_of(struct udev_device *device)
{
	if (g_strcmp0(udev_device_get_subsystem(device), "usb") == 0 &&
	    g_strcmp0(udev_device_get_devtype(device), "usb_device") == 0)
		return device;
	/* The reference stays the child's. */
	return udev_device_get_parent_with_subsystem_devtype(device, "usb", "usb_device");
}

char *devices_sysname_of_node(const char *path)
{
	g_autofree char *err = NULL;
	OWN(udev) udev = open_udev(&err);
	OWN(udev_device) node = NULL;
	struct udev_device *device;
	struct stat st;

	if (!udev || stat(path, &st) < 0 || (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)))
		return NULL;
	node = udev_device_new_from_devnum(udev, S_ISBLK(st.st_mode) ? 'b' : 'c', st.st_rdev);
	device = node ? usb_device_of(node) : NULL;
	return device ? g_strdup(udev_device_get_sysname(device)) : NULL;
}
