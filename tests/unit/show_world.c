/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "show_world.h"

struct snapshot *show_world_small(void)
{
	struct snapshot *world = world_new();
	struct device *stick = world_plug(world, "1-1.6", 7, 0x10c4, 0xea60, "2eba");
	struct domain *domain = world_domain(world, "hassio", true);
	struct tag *ups = world_tag(domain, "ups", "UPS-1");

	world_tag_id(ups, 0x051d, 2);
	ups->required = true;
	world_tag(domain, "zigbee", "2eba");
	world_hostdev(domain->live, "ua-usbr-zigbee", stick)->guest_port = g_strdup("0:3");
	return world;
}

void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" in:\n%s", part, text);
}

static struct device *root_hub(struct snapshot *world, unsigned int bus, unsigned int speed)
{
	g_autofree char *plugged = g_strdup_printf("%u-0", bus);
	g_autofree char *name = g_strdup_printf("usb%u", bus);
	struct device *hub = world_plug(world, plugged, 1, 0x1d6b, 2, "0000:00:14.0");

	g_free(hub->sysname);
	hub->sysname = g_steal_pointer(&name);
	g_free(hub->port);
	hub->port = g_strdup("pci-0000:00:14.0");
	hub->hub = true;
	hub->speed = speed;
	hub->untrusted_product = g_strdup("xHCI Host Controller");
	snapshot_sort(world);
	return hub;
}

struct snapshot *show_world_forest(void)
{
	struct snapshot *world = world_new();
	struct domain *first = world_domain(world, "hassio", true);
	struct domain *second = world_domain(world, "nas", true);
	struct device *device;

	root_hub(world, 1, 480);
	root_hub(world, 2, 5000);
	world_plug(world, "1-3", 4, 0x0424, 0x2514, NULL)->hub = true;
	device = world_plug(world, "1-3.1", 5, 0x0403, 0x6001, "AAA");
	device->untrusted_product = g_strdup("FT232R USB UART");
	world_hostdev(first->live, "ua-usbr-a", device);
	world_plug(world, "1-3.10", 6, 0x0403, 0x6001, "BBB")->driver = g_strdup("ftdi_sio");
	world_plug(world, "1-3.2", 7, 0x46f4, 1, "S\x1b[2J\n")->authorized = false;
	device = world_plug(world, "2-4", 2, 0x0951, 0x1666, "60A44C413FAEF2B0B9A5017A");
	device->in_use = g_strdup("/dev/sda1 is mounted on /srv/backup");
	device->untrusted_product = g_strdup("DataTraveler 3.0");
	device->speed = 5000;
	world_tag(first, "a", "AAA");
	world_tag(second, "stick", "AAA");
	return world;
}
