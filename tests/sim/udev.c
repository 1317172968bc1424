/* SPDX-License-Identifier: MIT */

/* libudev, as the program uses it: what udev has finished, and what it says of it. */

#include "sim.h"

#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct udev_list_entry {
	char *name, *value;
	struct udev_list_entry *next;
};

struct udev {
	int users;
};

struct udev_device {
	char *syspath, *devtype, *action;
	struct udev_list_entry *properties;
	bool known;
};

struct udev_enumerate {
	struct udev_list_entry *found;
};

struct udev_monitor {
	int fd;
};

struct udev_queue {
	int unused;
};

static struct udev the_udev;
static struct udev_monitor monitor = {-1};
static GQueue queue = G_QUEUE_INIT; /* struct udev_device * */
static bool overflowed;
static GHashTable *known; /* syspath -> when udev was done with it */

#define QUEUE_MOST 200

static void list_free(struct udev_list_entry *entry)
{
	while (entry) {
		struct udev_list_entry *next = entry->next;

		g_free(entry->name);
		g_free(entry->value);
		g_free(entry);
		entry = next;
	}
}

static void list_add(struct udev_list_entry **list, const char *name, const char *value)
{
	struct udev_list_entry *entry = g_new0(struct udev_list_entry, 1);

	entry->name = g_strdup(name);
	entry->value = g_strdup(value);
	entry->next = *list;
	*list = entry;
}

static const char *attribute(const char *syspath, const char *name)
{
	g_autofree char *path = g_build_filename(syspath, name, NULL);

	return vfs_read(path);
}

static const struct gadget *gadget_of(const char *syspath)
{
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		if (host_gadgets[i].incarnation && strcmp(host_gadgets[i].syspath, syspath) == 0)
			return &host_gadgets[i];
	}
	return NULL;
}

static void add_properties(struct udev_device *device, const struct gadget *gadget)
{
	struct udev_list_entry **list = &device->properties;
	g_autofree char *usec = NULL;
	const uint64_t *since = known ? g_hash_table_lookup(known, device->syspath) : NULL;

	list_add(list, "DEVTYPE", device->devtype);
	list_add(list, "SUBSYSTEM", "usb");
	list_add(list, "BUSNUM", attribute(device->syspath, "busnum"));
	list_add(list, "DEVNUM", attribute(device->syspath, "devnum"));
	if (!since)
		return;
	usec = g_strdup_printf("%" G_GUINT64_FORMAT, *since);
	list_add(list, "USEC_INITIALIZED", usec);
	if (!gadget)
		return;
	list_add(list, "ID_PATH", host_port(gadget));
	list_add(list, "ID_VENDOR_ID", attribute(device->syspath, "idVendor"));
	list_add(list, "ID_MODEL_ID", attribute(device->syspath, "idProduct"));
	if (gadget->serial)
		list_add(list, "ID_SERIAL_SHORT", gadget->serial);
}

static struct udev_device *device_new(const char *syspath, const char *devtype)
{
	struct udev_device *device = g_new0(struct udev_device, 1);

	device->syspath = g_strdup(syspath);
	device->devtype = g_strdup(devtype);
	device->known = known && g_hash_table_contains(known, syspath);
	add_properties(device, gadget_of(syspath));
	return device;
}

/* What udev has found out, as a file. */
static void write_database(const char *syspath)
{
	const struct gadget *gadget = gadget_of(syspath);
	unsigned int bus = (unsigned int)atoi(attribute(syspath, "busnum"));
	unsigned int dev = (unsigned int)atoi(attribute(syspath, "devnum"));
	g_autofree char *path = g_strdup_printf("/run/udev/data/c189:%u", bus * 128 + dev);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_append_printf(text, "I:%" G_GUINT64_FORMAT "\n", sim_now + 1);
	if (gadget)
		g_string_append_printf(text, "E:ID_PATH=%s\n", host_port(gadget));
	if (gadget && gadget->serial)
		g_string_append_printf(text, "E:ID_SERIAL_SHORT=%s\n", gadget->serial);
	g_string_append(text, "V:1\n");
	vfs_write(path, text->str);
}

void udev_says(const char *action, const char *syspath, const char *devtype)
{
	struct udev_device *device;
	uint64_t once = 1;

	if (!known)
		known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (strcmp(devtype, "usb_device") == 0) {
		if (strcmp(action, "remove") == 0 && !gadget_of(syspath))
			g_hash_table_remove(known, syspath);
		else if (strcmp(action, "remove") != 0) {
			write_database(syspath);
			g_hash_table_replace(known, g_strdup(syspath),
					     g_memdup2(&sim_now, sizeof(sim_now)));
		}
	}
	if (monitor.fd < 0)
		return;
	if (queue.length >= QUEUE_MOST) {
		overflowed = true;
		return;
	}
	device = device_new(syspath, devtype);
	device->action = g_strdup(action);
	g_queue_push_tail(&queue, device);
	if (write(monitor.fd, &once, sizeof(once)) < 0)
		trace("host", "cannot tell of an event");
}

/* A monitor that overflows says so once and drops what comes meanwhile. */
void host_flood(void)
{
	trace("host", "udev has more to say than fits");
	overflowed = monitor.fd >= 0;
	while (queue.length > 0)
		udev_device_unref(g_queue_pop_head(&queue));
	if (monitor.fd >= 0) {
		uint64_t once = 1;
		ssize_t written G_GNUC_UNUSED = write(monitor.fd, &once, sizeof(once));
	}
}

void udev_reset(void)
{
	monitor.fd = -1;
	overflowed = false;
	while (queue.length > 0)
		udev_device_unref(g_queue_pop_head(&queue));
}

/* ---- the library ---- */

struct udev *udev_new(void)
{
	return &the_udev;
}

struct udev *udev_unref(struct udev *udev)
{
	(void)udev;
	return NULL;
}

const char *udev_list_entry_get_name(struct udev_list_entry *entry)
{
	return entry->name;
}

const char *udev_list_entry_get_value(struct udev_list_entry *entry)
{
	return entry->value;
}

struct udev_list_entry *udev_list_entry_get_next(struct udev_list_entry *entry)
{
	return entry->next;
}

struct udev_device *udev_device_new_from_syspath(struct udev *udev, const char *syspath)
{
	const char *name = strrchr(syspath, '/') + 1;

	(void)udev;
	if (!vfs_exists(syspath))
		return NULL;
	return device_new(syspath, strchr(name, ':') ? "usb_interface" : "usb_device");
}

struct udev_device *udev_device_new_from_subsystem_sysname(struct udev *udev, const char *subsystem,
							   const char *sysname)
{
	(void)subsystem;
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		const struct gadget *gadget = &host_gadgets[i];

		if (gadget->incarnation && strcmp(gadget->sysname, sysname) == 0)
			return udev_device_new_from_syspath(udev, gadget->syspath);
	}
	return NULL;
}

struct udev_device *udev_device_new_from_devnum(struct udev *udev, char type, dev_t number)
{
	(void)udev;
	(void)type;
	(void)number;
	return NULL;
}

struct udev_device *udev_device_unref(struct udev_device *device)
{
	list_free(device->properties);
	g_free(device->syspath);
	g_free(device->devtype);
	g_free(device->action);
	g_free(device);
	return NULL;
}

const char *udev_device_get_syspath(struct udev_device *device)
{
	return device->syspath;
}

const char *udev_device_get_sysname(struct udev_device *device)
{
	return strrchr(device->syspath, '/') + 1;
}

const char *udev_device_get_subsystem(struct udev_device *device)
{
	(void)device;
	return "usb";
}

const char *udev_device_get_devtype(struct udev_device *device)
{
	return device->devtype;
}

const char *udev_device_get_action(struct udev_device *device)
{
	return device->action;
}

int udev_device_get_is_initialized(struct udev_device *device)
{
	return device->known;
}

const char *udev_device_get_property_value(struct udev_device *device, const char *name)
{
	for (struct udev_list_entry *entry = device->properties; entry; entry = entry->next) {
		if (strcmp(entry->name, name) == 0)
			return entry->value;
	}
	return NULL;
}

const char *udev_device_get_sysattr_value(struct udev_device *device, const char *name)
{
	return attribute(device->syspath, name);
}

struct udev_list_entry *udev_device_get_properties_list_entry(struct udev_device *device)
{
	return device->properties;
}

struct udev_device *udev_device_get_parent_with_subsystem_devtype(struct udev_device *device,
								  const char *subsystem,
								  const char *devtype)
{
	(void)device;
	(void)subsystem;
	(void)devtype;
	return NULL;
}

struct udev_enumerate *udev_enumerate_new(struct udev *udev)
{
	(void)udev;
	return g_new0(struct udev_enumerate, 1);
}

int udev_enumerate_add_match_subsystem(struct udev_enumerate *enumerate, const char *subsystem)
{
	(void)enumerate;
	(void)subsystem;
	return 0;
}

int udev_enumerate_add_match_property(struct udev_enumerate *enumerate, const char *name,
				      const char *value)
{
	(void)enumerate;
	(void)name;
	(void)value;
	return 0;
}

int udev_enumerate_add_match_is_initialized(struct udev_enumerate *enumerate)
{
	(void)enumerate;
	return 0;
}

int udev_enumerate_scan_devices(struct udev_enumerate *enumerate)
{
	g_autoptr(GList) paths = known ? g_hash_table_get_keys(known) : NULL;

	paths = g_list_sort(paths, (GCompareFunc)strcmp);
	for (GList *at = g_list_last(paths); at; at = at->prev) {
		if (vfs_exists(at->data))
			list_add(&enumerate->found, at->data, NULL);
	}
	return 0;
}

struct udev_list_entry *udev_enumerate_get_list_entry(struct udev_enumerate *enumerate)
{
	return enumerate->found;
}

struct udev_enumerate *udev_enumerate_unref(struct udev_enumerate *enumerate)
{
	list_free(enumerate->found);
	g_free(enumerate);
	return NULL;
}

struct udev_monitor *udev_monitor_new_from_netlink(struct udev *udev, const char *name)
{
	(void)udev;
	(void)name;
	monitor.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return &monitor;
}

int udev_monitor_filter_add_match_subsystem_devtype(struct udev_monitor *self,
						    const char *subsystem, const char *devtype)
{
	(void)self;
	(void)subsystem;
	(void)devtype;
	return 0;
}

int udev_monitor_enable_receiving(struct udev_monitor *self)
{
	(void)self;
	return 0;
}

int udev_monitor_set_receive_buffer_size(struct udev_monitor *self, int size)
{
	(void)self;
	(void)size;
	return 0;
}

int udev_monitor_get_fd(struct udev_monitor *self)
{
	return self->fd;
}

struct udev_device *udev_monitor_receive_device(struct udev_monitor *self)
{
	uint64_t times;

	errno = EAGAIN;
	if (overflowed && queue.length == 0) {
		overflowed = false;
		errno = ENOBUFS;
		return NULL;
	}
	if (queue.length > 0)
		return g_queue_pop_head(&queue);
	if (read(self->fd, &times, sizeof(times)) < 0)
		errno = EAGAIN;
	return NULL;
}

struct udev_monitor *udev_monitor_unref(struct udev_monitor *self)
{
	close(self->fd);
	udev_reset();
	return NULL;
}

struct udev_queue *udev_queue_new(struct udev *udev)
{
	(void)udev;
	return g_new0(struct udev_queue, 1);
}

struct udev_queue *udev_queue_unref(struct udev_queue *self)
{
	g_free(self);
	return NULL;
}

int udev_queue_get_queue_is_empty(struct udev_queue *self)
{
	(void)self;
	return 1;
}
