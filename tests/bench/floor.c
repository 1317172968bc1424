/* SPDX-License-Identifier: MIT */

/*
 * The least that can follow a replug: one connection, kept open, and one device, known by its
 * serial number; attached when udev says `add`, detached by alias when it says `remove`. No
 * planning, no proof, no retry but one: the attach that comes before libvirt has let go of the last
 * one.  usage: floor DOMAIN SERIAL ALIAS
 */

#include <glib.h>
#include <libudev.h>
#include <libvirt/libvirt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 50

static void attach(virDomainPtr domain, struct udev_device *device, const char *alias)
{
	g_autofree char *xml = g_strdup_printf(
		"<hostdev mode='subsystem' type='usb' managed='no'><source><address bus='%s' "
		"device='%s'/></source><alias name='%s'/></hostdev>",
		udev_device_get_sysattr_value(device, "busnum"),
		udev_device_get_sysattr_value(device, "devnum"), alias);

	for (int i = 0; i < TRIES; i++) {
		if (virDomainAttachDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_LIVE) == 0)
			return;
		g_usleep(10000);
	}
}

static void follow(struct udev_monitor *monitor, virDomainPtr domain, const char *serial,
		   const char *alias)
{
	struct pollfd poll_fd = {.fd = udev_monitor_get_fd(monitor), .events = POLLIN};
	g_autofree char *attached = NULL;

	while (poll(&poll_fd, 1, -1) >= 0) {
		struct udev_device *device = udev_monitor_receive_device(monitor);
		const char *action = device ? udev_device_get_action(device) : NULL;
		const char *path = device ? udev_device_get_syspath(device) : NULL;

		if (g_strcmp0(action, "add") == 0 &&
		    g_strcmp0(udev_device_get_sysattr_value(device, "serial"), serial) == 0) {
			attach(domain, device, alias);
			g_free(attached);
			attached = g_strdup(path);
		} else if (g_strcmp0(action, "remove") == 0 && g_strcmp0(path, attached) == 0) {
			virDomainDetachDeviceAlias(domain, alias, VIR_DOMAIN_AFFECT_LIVE);
			g_clear_pointer(&attached, g_free);
		}
		if (device)
			udev_device_unref(device);
	}
}

int main(int argc, char **argv)
{
	struct udev *udev = udev_new();
	struct udev_monitor *monitor = udev_monitor_new_from_netlink(udev, "udev");
	virConnectPtr connection = virConnectOpen("qemu:///system");
	virDomainPtr domain =
		argc == 4 && connection ? virDomainLookupByName(connection, argv[1]) : NULL;

	if (!monitor || !domain)
		return EXIT_FAILURE;
	udev_monitor_filter_add_match_subsystem_devtype(monitor, "usb", "usb_device");
	udev_monitor_enable_receiving(monitor);
	follow(monitor, domain, argv[2], argv[3]);
	return EXIT_FAILURE;
}
