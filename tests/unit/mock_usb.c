/* SPDX-License-Identifier: MIT */
#include "mock_usb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <umockdev.h>

#define CONTROLLER "/sys/devices/pci0000:00/0000:00:14.0"

struct mock_usb {
	UMockdevTestbed *bed;
};

/* Every kernel has them, and libudev before systemd 251 finds nothing where one is missing. */
static void add_roots(struct mock_usb *mock)
{
	mock_usb_file(mock, "sys/bus", NULL);
	mock_usb_file(mock, "sys/class", NULL);
}

struct mock_usb *mock_usb_new(void)
{
	struct mock_usb *mock = g_new0(struct mock_usb, 1);
	g_autofree char *bridge = NULL;
	g_autofree char *controller = NULL;

	mock->bed = umockdev_testbed_new();
	assert_true(umockdev_in_mock_environment());
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL);
	bridge = umockdev_testbed_add_device(mock->bed, "pci", "pci0000:00", NULL, NULL, NULL);
	controller =
		umockdev_testbed_add_device(mock->bed, "pci", "0000:00:14.0", bridge, NULL, NULL);
	assert_string_equal(controller, CONTROLLER);
	add_roots(mock);
	return mock;
}

void mock_usb_free(struct mock_usb *mock)
{
	g_object_unref(mock->bed);
	g_free(mock);
}

/* "1-1.6" -> CONTROLLER/usb1/1-1/1-1.6 */
char *mock_usb_syspath(const char *sysname)
{
	GString *path = g_string_new(CONTROLLER);
	size_t bus_length = strcspn(sysname, "-");

	if (g_str_has_prefix(sysname, "usb")) {
		g_string_append_printf(path, "/%s", sysname);
		return g_string_free(path, FALSE);
	}
	g_string_append_printf(path, "/usb%.*s", (int)bus_length, sysname);
	for (size_t i = bus_length + 1; i <= strlen(sysname); i++) {
		if (sysname[i] == '.' || sysname[i] == '\0')
			g_string_append_printf(path, "/%.*s", (int)i, sysname);
	}
	return g_string_free(path, FALSE);
}

/* Where PATH ("sys/…") really is. */
static char *real_path(struct mock_usb *mock, const char *path)
{
	g_autofree char *root = umockdev_testbed_get_root_dir(mock->bed);

	return g_build_filename(root, path, NULL);
}

void mock_usb_file(struct mock_usb *mock, const char *path, const char *text)
{
	g_autofree char *real = real_path(mock, path);
	g_autofree char *directory = text ? g_path_get_dirname(real) : g_strdup(real);

	assert_int_equal(g_mkdir_with_parents(directory, 0755), 0);
	if (text)
		assert_true(g_file_set_contents(real, text, -1, NULL));
}

void mock_usb_lose_file(struct mock_usb *mock, const char *path)
{
	g_autofree char *real = real_path(mock, path);

	assert_int_equal(g_unlink(real), 0);
}

void mock_usb_link(struct mock_usb *mock, const char *path, const char *target)
{
	g_autofree char *real = real_path(mock, path);
	g_autofree char *directory = g_path_get_dirname(real);

	assert_int_equal(g_mkdir_with_parents(directory, 0755), 0);
	g_unlink(real);
	assert_int_equal(symlink(target, real), 0);
}

static void set_bytes(struct mock_usb *mock, const char *syspath, const char *attribute,
		      const char *bytes)
{
	g_autofree char *copy = g_strdup(bytes);

	umockdev_testbed_set_attribute_binary(mock->bed, syspath, attribute, (guint8 *)copy,
					      (gint)strlen(copy));
}

/* An attribute of a device without its newline, a new string; NULL: there is none. */
static char *get_line(struct mock_usb *mock, const char *syspath, const char *attribute)
{
	g_autofree char *path = g_build_filename(syspath, attribute, NULL);
	g_autofree char *real = real_path(mock, path);
	char *text = NULL;

	return g_file_get_contents(real, &text, NULL, NULL) ? g_strchomp(text) : NULL;
}

/* The kernel fills the uevent file from what the attributes show, too; what an attribute cannot
 * show is not there either. */
static void tell_uevent(struct mock_usb *mock, const char *syspath)
{
	static const char *const own[] = {"BUSNUM=", "DEVNUM=", "PRODUCT=", "TYPE="};
	g_autofree char *bus = get_line(mock, syspath, "busnum");
	g_autofree char *dev = get_line(mock, syspath, "devnum");
	g_autofree char *vendor = get_line(mock, syspath, "idVendor");
	g_autofree char *product = get_line(mock, syspath, "idProduct");
	g_autofree char *class = get_line(mock, syspath, "bDeviceClass");
	g_autofree char *uevent = get_line(mock, syspath, "uevent");
	g_auto(GStrv) lines = g_strsplit(uevent, "\n", -1);
	GString *text = g_string_new(NULL);

	for (char **line = lines; *line; line++) {
		bool other = **line != '\0';

		for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
			other = other && !g_str_has_prefix(*line, own[i]);
		if (other)
			g_string_append_printf(text, "%s\n", *line);
	}
	if (bus)
		g_string_append_printf(text, "BUSNUM=%03lu\n", strtoul(bus, NULL, 10));
	if (dev)
		g_string_append_printf(text, "DEVNUM=%03lu\n", strtoul(dev, NULL, 10));
	if (vendor && product)
		g_string_append_printf(text, "PRODUCT=%s/%s/600\n", vendor, product);
	if (class)
		g_string_append_printf(text, "TYPE=%lu/0/0\n", strtoul(class, NULL, 16));
	set_bytes(mock, syspath, "uevent", text->str);
	g_string_free(text, TRUE);
}

void mock_usb_set(struct mock_usb *mock, const char *sysname, const char *attribute,
		  const char *bytes)
{
	g_autofree char *syspath = mock_usb_syspath(sysname);

	set_bytes(mock, syspath, attribute, bytes);
	tell_uevent(mock, syspath);
}

void mock_usb_lose(struct mock_usb *mock, const char *sysname, const char *attribute)
{
	g_autofree char *syspath = mock_usb_syspath(sysname);
	g_autofree char *path = g_build_filename(syspath, attribute, NULL);
	g_autofree char *real = real_path(mock, path);

	assert_int_equal(g_unlink(real), 0);
	tell_uevent(mock, syspath);
}

void mock_usb_property(struct mock_usb *mock, const char *sysname, const char *name,
		       const char *value)
{
	g_autofree char *syspath = mock_usb_syspath(sysname);

	umockdev_testbed_set_property(mock->bed, syspath, name, value);
}

static void set_line(struct mock_usb *mock, const char *syspath, const char *attribute,
		     const char *text)
{
	g_autofree char *line = text ? g_strconcat(text, "\n", NULL) : NULL;

	if (line)
		set_bytes(mock, syspath, attribute, line);
}

static void set_number(struct mock_usb *mock, const char *syspath, const char *attribute,
		       unsigned int number)
{
	g_autofree char *text = g_strdup_printf("%u", number);

	set_line(mock, syspath, attribute, text);
}

/* With a number of its own udev looks for it in its database, which has nothing. */
static void leave_unfinished(struct mock_usb *mock, const struct mock_device *device,
			     unsigned int bus)
{
	g_autofree char *syspath = mock_usb_syspath(device->sysname);
	g_autofree char *node = g_strdup_printf("dev/bus/usb/%03u/%03u", bus, device->dev);
	g_autofree char *numbers = g_strdup_printf("189:%u", device->dev);
	g_autofree char *dot_node =
		g_strdup_printf("dev/.node/bus_usb_%03u_%03u", bus, device->dev);
	g_autofree char *by_number = g_strdup_printf("sys/dev/char/%s", numbers);
	g_autofree char *relative = g_strconcat("../..", syspath + strlen("/sys"), NULL);

	umockdev_testbed_set_property_int(mock->bed, syspath, "MAJOR", 189);
	umockdev_testbed_set_property_int(mock->bed, syspath, "MINOR", (gint)device->dev);
	mock_usb_file(mock, node, "");
	mock_usb_link(mock, dot_node, numbers);
	mock_usb_link(mock, by_number, relative);
}

static char *add(struct mock_usb *mock, const char *sysname, const char *devtype)
{
	g_autofree char *syspath = mock_usb_syspath(sysname);
	g_autofree char *parent = g_path_get_dirname(syspath);

	return umockdev_testbed_add_device(mock->bed, "usb", sysname, parent, NULL, "DEVTYPE",
					   devtype, NULL);
}

void mock_usb_plug(struct mock_usb *mock, const struct mock_device *device)
{
	g_autofree char *syspath = add(mock, device->sysname, "usb_device");
	g_auto(GStrv) id = g_strsplit(device->id, ":", 2);
	g_autofree char *usec = g_strdup_printf("%" G_GUINT64_FORMAT, device->usec_initialized);
	const char *number = device->sysname + strcspn(device->sysname, "0123456789");
	unsigned int bus = (unsigned int)g_ascii_strtoull(number, NULL, 10);

	set_number(mock, syspath, "busnum", bus);
	set_number(mock, syspath, "devnum", device->dev);
	set_line(mock, syspath, "idVendor", id[0]);
	set_line(mock, syspath, "idProduct", id[1]);
	set_line(mock, syspath, "serial", device->serial);
	set_line(mock, syspath, "manufacturer", device->manufacturer);
	set_line(mock, syspath, "product", device->product);
	set_line(mock, syspath, "speed", device->speed ? device->speed : "480");
	set_line(mock, syspath, "bDeviceClass", device->hub ? "09" : "00");
	set_line(mock, syspath, "authorized", device->unauthorized ? "0" : "1");
	umockdev_testbed_set_property(mock->bed, syspath, "USEC_INITIALIZED", usec);
	if (device->id_path)
		umockdev_testbed_set_property(mock->bed, syspath, "ID_PATH", device->id_path);
	if (device->unfinished)
		leave_unfinished(mock, device, bus);
	tell_uevent(mock, syspath);
}

void mock_usb_bus(struct mock_usb *mock, unsigned int bus, const char *speed)
{
	g_autofree char *sysname = g_strdup_printf("usb%u", bus);

	mock_usb_plug(mock, &(struct mock_device){
				    .sysname = sysname,
				    .id = "1d6b:0002",
				    .dev = 1,
				    .serial = "0000:00:14.0",
				    .id_path = "pci-0000:00:14.0",
				    .speed = speed,
				    .usec_initialized = 1000000,
				    .hub = true,
			    });
}

void mock_usb_unplug(struct mock_usb *mock, const char *sysname)
{
	g_autofree char *syspath = mock_usb_syspath(sysname);

	umockdev_testbed_remove_device(mock->bed, syspath);
}

void mock_usb_event(struct mock_usb *mock, const char *sysname, const char *action)
{
	g_autofree char *syspath = mock_usb_syspath(sysname);

	umockdev_testbed_uevent(mock->bed, syspath, action);
}

/* The kernel's name of a port: "2-3" -> usb2/2-0:1.0/usb2-port3, "2-3.1" -> …/2-3:1.0/2-3-port1 */
static char *port_path(const char *sysname)
{
	g_autofree char *syspath = mock_usb_syspath(sysname);
	g_autofree char *hub_path = g_path_get_dirname(syspath);
	g_autofree char *hub = g_path_get_basename(hub_path);
	const char *dot = strrchr(sysname, '.');
	int bus_length = (int)strcspn(sysname, "-");

	if (dot)
		return g_strdup_printf("%s/%s:1.0/%s-port%s", hub_path, hub, hub, dot + 1);
	return g_strdup_printf("%s/%.*s-0:1.0/%s-port%s", hub_path, bus_length, sysname, hub,
			       sysname + bus_length + 1);
}

void mock_usb_port(struct mock_usb *mock, const char *sysname, const char *peer)
{
	g_autofree char *syspath = mock_usb_syspath(sysname);
	g_autofree char *port = port_path(sysname);
	g_autofree char *port_name = g_path_get_basename(port);
	g_autofree char *own_link = g_build_filename(syspath, "port", NULL);
	g_autofree char *peer_link = g_build_filename(port, "peer", NULL);
	g_autofree char *hub_interface = g_path_get_dirname(port);
	g_autofree char *hub_name = g_path_get_basename(hub_interface);
	g_autofree char *own_target = g_build_filename("..", hub_name, port_name, NULL);
	g_autofree char *peer_path = peer ? port_path(peer) : NULL;
	g_autofree char *peer_target = NULL;
	GString *up = g_string_new(NULL);

	mock_usb_file(mock, port, NULL);
	mock_usb_link(mock, own_link, own_target);
	if (!peer) {
		g_autofree char *lost = real_path(mock, peer_link);

		g_unlink(lost);
		g_string_free(up, TRUE);
		return;
	}
	for (const char *c = port + strlen(CONTROLLER); *c; c++) {
		if (*c == '/')
			g_string_append(up, "../");
	}
	peer_target = g_strconcat(up->str, peer_path + strlen(CONTROLLER "/"), NULL);
	g_string_free(up, TRUE);
	mock_usb_file(mock, peer_path, NULL);
	mock_usb_link(mock, peer_link, peer_target);
}

void mock_usb_interface(struct mock_usb *mock, const char *name, const char *driver)
{
	g_autofree char *sysname = g_strndup(name, strcspn(name, ":"));
	g_autofree char *parent = mock_usb_syspath(sysname);
	g_autofree char *syspath = umockdev_testbed_add_device(mock->bed, "usb", name, parent, NULL,
							       "DEVTYPE", "usb_interface", NULL);
	g_autofree char *link = g_build_filename(syspath, "driver", NULL);
	g_autofree char *target =
		driver ? g_strconcat("../../../../../../bus/usb/drivers/", driver, NULL) : NULL;

	if (target)
		mock_usb_link(mock, link, target);
}

/* The short way of adding a device makes no node. */
void mock_usb_block(struct mock_usb *mock, const char *sysname, const char *name, const char *type,
		    const char *label)
{
	g_autofree char *parent = mock_usb_syspath(sysname);
	g_autofree char *syspath = g_strdup_printf("%s/block/%s", parent, name);
	g_autofree char *text =
		g_strdup_printf("P: %s\nN: %s\nE: SUBSYSTEM=block\nE: DEVTYPE=disk\n"
				"E: DEVNAME=/dev/%s\nE: MAJOR=8\nE: MINOR=240\n"
				"A: dev=8:240\\n\n",
				syspath + strlen("/sys"), name, name);

	assert_true(umockdev_testbed_add_from_string(mock->bed, text, NULL));
	if (type)
		umockdev_testbed_set_property(mock->bed, syspath, "ID_FS_TYPE", type);
	if (label)
		umockdev_testbed_set_property(mock->bed, syspath, "ID_FS_LABEL", label);
}
