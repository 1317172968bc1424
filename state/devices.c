/* SPDX-License-Identifier: MIT */
#include "state/devices.h"

#include <errno.h>
#include <libudev.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/devices_read.h"
#include "state/problem.h"
#include "state/sysfs.h"

OWN_DEFINE_AS(udev, udev_unref)
OWN_DEFINE_AS(udev_device, udev_device_unref)

/* ERR is taken over. */
static void note_problem(GPtrArray *problems, const char *sysname, char *err)
{
	problem_warn(problems, PROBLEM_DEVICE_UNREADABLE, NULL, NULL,
		     g_strdup_printf("the USB device %s is left out: %s", sysname, err),
		     "replug it, or look at dmesg");
	g_free(err);
}

static void add_device(const struct devices_look *look, const char *sysname, GPtrArray *problems,
		       GPtrArray *devices)
{
	struct device *device = NULL;
	char *err = NULL;
	int rc = devices_read_one(look, sysname, &device, &err);

	if (rc < 0)
		note_problem(problems, sysname, err);
	else if (rc == 0)
		g_ptr_array_add(devices, device);
}

static struct udev *open_udev(char **err)
{
	struct udev *udev = udev_new();

	if (!udev)
		*err = g_strdup("libudev cannot be used");
	return udev;
}

int devices_read(GPtrArray *problems, GPtrArray **ret_devices, char **err)
{
	g_autoptr(GPtrArray) devices = device_list_new();
	g_autoptr(GPtrArray) names = NULL;
	struct devices_look look;

	if (access(DEVICES_DIRECTORY, R_OK | X_OK) != 0 && errno != ENOENT) {
		*err = g_strdup_printf("the USB devices of this host cannot be listed: %s",
				       g_strerror(errno));
		return -1;
	}
	names = sysfs_list(DEVICES_DIRECTORY, "");
	devices_look_init(&look, names);
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);

		if (!strchr(name, ':'))
			add_device(&look, name, problems, devices);
	}
	devices_look_clear(&look);
	device_sort(devices);
	*ret_devices = g_steal_pointer(&devices);
	return 0;
}

static bool is_same(const struct device *a, const struct device *b)
{
	return a->bus == b->bus && a->dev == b->dev && usb_id_equal(a->id, b->id) &&
	       a->incarnation == b->incarnation &&
	       g_strcmp0(a->untrusted_serial, b->untrusted_serial) == 0;
}

int devices_still_is(const struct device *device)
{
	g_autofree char *err = NULL;
	g_autofree char *syspath = devices_syspath(device->sysname);
	OWN(device) today = device_new();

	if (!syspath || devices_read_identity(syspath, today, &err) != 0)
		return 0;
	return is_same(device, today) ? 1 : 0;
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
