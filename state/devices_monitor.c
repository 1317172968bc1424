/* SPDX-License-Identifier: MIT */
#include "state/devices_monitor.h"

#include <errno.h>
#include <glib.h>
#include <libudev.h>
#include <string.h>

/* As systemd's own monitors ask for; without CAP_NET_ADMIN the kernel gives net.core.rmem_max, and
 * an overflow is a full look, not a loss. */
#define RECEIVE_BUFFER (8 * 1024 * 1024)

struct devices_monitor {
	struct udev *udev;
	struct udev_monitor *monitor;
};

void devices_monitor_free(struct devices_monitor *monitor)
{
	if (monitor->monitor)
		udev_monitor_unref(monitor->monitor);
	if (monitor->udev)
		udev_unref(monitor->udev);
	g_free(monitor);
}

int devices_monitor_new(struct devices_monitor **ret_monitor, char **err)
{
	OWN(devices_monitor) monitor = g_new0(struct devices_monitor, 1);

	monitor->udev = udev_new();
	monitor->monitor =
		monitor->udev ? udev_monitor_new_from_netlink(monitor->udev, "udev") : NULL;
	if (!monitor->monitor ||
	    udev_monitor_filter_add_match_subsystem_devtype(monitor->monitor, "usb", NULL) < 0 ||
	    udev_monitor_enable_receiving(monitor->monitor) < 0) {
		*err = g_strdup("cannot listen to udev; is systemd-udevd running, and does the "
				"service have AF_NETLINK and the host's network namespace?");
		return -1;
	}
	udev_monitor_set_receive_buffer_size(monitor->monitor, RECEIVE_BUFFER);
	*ret_monitor = g_steal_pointer(&monitor);
	return 0;
}

int devices_monitor_fd(const struct devices_monitor *monitor)
{
	return udev_monitor_get_fd(monitor->monitor);
}

bool devices_monitor_is_idle(const struct devices_monitor *monitor)
{
	struct udev_queue *queue = udev_queue_new(monitor->udev);
	bool idle = !queue || udev_queue_get_queue_is_empty(queue);

	if (queue)
		udev_queue_unref(queue);
	return idle;
}

static enum devices_event classify(struct udev_device *device)
{
	const char *type = udev_device_get_devtype(device);

	if (g_strcmp0(type, "usb_device") == 0)
		return DEVICES_EVENT_CHANGED;
	return DEVICES_EVENT_BOUND;
}

/* An interface is called after its device: "1-1.6:1.0". */
static char *device_of(const char *sysname)
{
	return g_strndup(sysname, strcspn(sysname, ":"));
}

enum devices_event devices_monitor_take(struct devices_monitor *monitor, char **ret_sysname)
{
	struct udev_device *device;
	enum devices_event event;

	errno = 0;
	device = udev_monitor_receive_device(monitor->monitor);
	if (!device)
		return errno == ENOBUFS ? DEVICES_EVENT_LOST : DEVICES_EVENT_NONE;
	event = classify(device);
	if (ret_sysname)
		*ret_sysname = device_of(udev_device_get_sysname(device));
	udev_device_unref(device);
	return event;
}
