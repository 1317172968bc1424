/* SPDX-License-Identifier: MIT */
#include "state/devices_remote.h"

#include <stdlib.h>
#include <string.h>

#include "state/sysfs.h"

/* All virtual controllers are told of by the first one, in as many files. */
#define CONTROLLER "/sys/devices/platform/vhci_hcd.0"
#define RECORDS    "/run/vhci_hcd"

/* "HOST TCP-PORT BUSID", of usbip (Linux: tools/usb/usbip/libsrc/vhci_driver.c). */
static char *recorded(const char *port)
{
	g_autofree char *name = g_strdup_printf("port%lu", strtoul(port, NULL, 10));
	g_autofree char *line = NULL;
	g_autofree char *err = NULL;
	g_auto(GStrv) words = NULL;

	if (sysfs_read(RECORDS, name, &line, &err) != 0 || !line)
		return NULL;
	words = g_strsplit(line, " ", 3);
	return g_strv_length(words) == 3 ? g_strdup_printf("%s of %s", words[2], words[0]) : NULL;
}

/* "hs  0000 006 002 00010004 000003 1-1": hub, port, status, speed, the device's bus and number
 * there, a socket, the device's name here (Linux: drivers/usb/usbip/vhci_sysfs.c). NULL: it is
 * about another one. */
static char *read_line(const char *line, const char *sysname)
{
	g_auto(GStrv) all = g_strsplit_set(line, " \t", -1);
	const char *words[7] = {NULL};
	unsigned long number;
	size_t count = 0;
	char *place;

	for (size_t i = 0; all[i] && count < G_N_ELEMENTS(words); i++) {
		if (all[i][0])
			words[count++] = all[i];
	}
	if (count < G_N_ELEMENTS(words) || strcmp(words[6], sysname) != 0)
		return NULL;
	place = recorded(words[1]);
	if (place)
		return place;
	number = strtoul(words[4], NULL, 16);
	return g_strdup_printf("bus %lu device %lu of another host", number >> 16, number & 0xffff);
}

static char *read_status(const char *name, const char *sysname)
{
	g_autofree char *text = NULL;
	g_autofree char *err = NULL;
	g_auto(GStrv) lines = NULL;
	char *place = NULL;

	if (sysfs_read(CONTROLLER, name, &text, &err) != 0 || !text)
		return NULL;
	lines = g_strsplit(text, "\n", -1);
	for (size_t i = 0; lines[i] && !place; i++)
		place = read_line(lines[i], sysname);
	return place;
}

char *devices_remote(const char *sysname, const char *syspath)
{
	g_autoptr(GPtrArray) names = NULL;
	char *place = NULL;

	if (!strstr(syspath, "/vhci_hcd.") || g_str_has_prefix(sysname, "usb"))
		return NULL;
	names = sysfs_list(CONTROLLER, "status");
	for (guint i = 0; i < names->len && !place; i++)
		place = read_status(g_ptr_array_index(names, i), sysname);
	return place ? place : g_strdup("another host");
}
