/* SPDX-License-Identifier: MIT */
#include "state/devices_port.h"

#include <string.h>

#include "state/sysfs.h"

/* What udev's path_id puts between controller and port chain ("usb-0:1.6"). */
#define USB_PART    "-usb-0:"
#define USB_V3_PART "-usbv3-0:"
#define PORT_PART   "-port"

/* The slowest USB 3 speed, in Mbit/s. */
#define SUPER_SPEED 5000

static bool is_root_hub(const char *sysname)
{
	return g_str_has_prefix(sysname, "usb");
}

/* Makes SYSPATH that of the hub it is plugged into; false when it is the root hub already. */
static bool climb(char **syspath)
{
	g_autofree char *sysname = g_path_get_basename(*syspath);
	char *parent;

	if (is_root_hub(sysname) || !strchr(sysname, '-'))
		return false;
	parent = g_path_get_dirname(*syspath);
	g_free(*syspath);
	*syspath = parent;
	return true;
}

char *devices_port_root(const char *syspath)
{
	char *root = g_strdup(syspath);

	while (climb(&root))
		continue;
	return root;
}

bool devices_port_is_usb3(unsigned int speed)
{
	return speed >= SUPER_SPEED;
}

/* "usb1-port5" is the port of a device "1-5", "1-3-port2" that of "1-3.2". */
static char *sysname_of_port(const char *port)
{
	const char *number = g_strrstr(port, PORT_PART);
	g_autofree char *hub = NULL;

	if (!number || number == port)
		return NULL;
	hub = g_strndup(port, (size_t)(number - port));
	number += strlen(PORT_PART);
	if (is_root_hub(hub))
		return g_strconcat(hub + strlen("usb"), "-", number, NULL);
	return g_strconcat(hub, ".", number, NULL);
}

char *devices_port_companion(const char *syspath)
{
	g_autofree char *peer = sysfs_read_link(syspath, "port/peer");

	return peer ? sysname_of_port(peer) : NULL;
}

/* "2-3.1" -> "3.1" */
static const char *chain_of(const char *sysname)
{
	const char *dash = strchr(sysname, '-');

	return dash ? dash + 1 : sysname;
}

/* "2-3.1" -> "1", "2-3" -> "3" */
static const char *last_number_of(const char *sysname)
{
	const char *dot = strrchr(sysname, '.');

	return dot ? dot + 1 : chain_of(sysname);
}

/*
 * The chain of the USB 2 ports that belong to the device's place: its own port's COMPANION, or that
 * of the nearest hub on the way up that has one, and the same numbers from there on. NULL: none
 * has.
 */
static char *usb2_chain(const char *syspath, const char *companion)
{
	g_autofree char *at = g_strdup(syspath);
	g_autofree char *next = g_strdup(companion);
	g_autofree char *below = g_strdup("");

	for (;;) {
		g_autofree char *sysname = g_path_get_basename(at);
		char *longer;

		if (next)
			return g_strconcat(chain_of(next), below, NULL);
		longer = g_strconcat(".", last_number_of(sysname), below, NULL);
		g_free(below);
		below = longer;
		if (!climb(&at))
			return NULL;
		next = devices_port_companion(at);
	}
}

/* ID_PATH with PART and CHAIN in the place of its last USB part; CHAIN NULL: its own. */
static char *respell(const char *id_path, const char *part, const char *chain)
{
	const char *own = g_strrstr(id_path, USB_PART);
	g_autofree char *controller = NULL;

	if (!own)
		return NULL;
	controller = g_strndup(id_path, (size_t)(own - id_path));
	return g_strconcat(controller, part, chain ? chain : own + strlen(USB_PART), NULL);
}

char *devices_port_v3(const char *id_path)
{
	return respell(id_path, USB_V3_PART, NULL);
}

char *devices_port_canonical(const char *syspath, const char *id_path, const char *companion)
{
	g_autofree char *chain = usb2_chain(syspath, companion);
	char *port = chain ? respell(id_path, USB_PART, chain) : devices_port_v3(id_path);

	return port ? port : g_strdup(id_path);
}
