/* SPDX-License-Identifier: MIT */
#include "reconciler/commands/pick.h"

#include <stdio.h>
#include <string.h>

#include "reconciler/core/match.h"
#include "reconciler/show/words.h"
#include "state/devices.h"
#include "state/text.h"
#include "state/port.h"

/* Two hex numbers of 1 to 4 digits. */
static bool read_ids(const char *text, struct usb_id *ret_id)
{
	unsigned int vendor, product;
	int length = 0;

	if (strspn(text, "0123456789abcdefABCDEF:") != strlen(text) ||
	    sscanf(text, "%4x:%4x%n", &vendor, &product, &length) != 2 || text[length] != '\0')
		return false;
	*ret_id = (struct usb_id){(uint16_t)vendor, (uint16_t)product};
	return true;
}

/* What TEXT asks for, as a tag would; NULL: it is no way to write that. */
static struct tag *read_query(const char *text)
{
	OWN(tag) tag = tag_new();
	g_autofree char *port = NULL;
	const char *why, *fix;
	struct usb_id id;

	if (g_str_has_prefix(text, "serial=")) {
		tag->serial = text_unspell(text + strlen("serial="));
		return tag->serial && *tag->serial ? g_steal_pointer(&tag) : NULL;
	}
	if (read_ids(text, &id)) {
		g_array_append_val(tag->ids, id);
		return g_steal_pointer(&tag);
	}
	switch (port_read(text, &port, &why, &fix)) {
	case PORT_ID_PATH:
		tag->port = g_steal_pointer(&port);
		return g_steal_pointer(&tag);
	case PORT_SYSNAME:
		tag->port_sysname = g_steal_pointer(&port);
		return g_steal_pointer(&tag);
	case PORT_NONE:
		break;
	}
	return NULL;
}

/* Hubs only if there is nothing else. */
static GPtrArray *find_matches(const struct snapshot *snapshot, const struct tag *query)
{
	g_autoptr(GPtrArray) devices = match_devices(query, snapshot, false);

	if (devices->len > 0)
		return g_steal_pointer(&devices);
	return match_devices(query, snapshot, true);
}

/* As `devices` shows it; two numbers that are the ids of something mean that. */
static const struct device *find_address(const struct snapshot *snapshot, const char *text)
{
	unsigned int bus, dev;
	int length = 0;

	if (strspn(text, "0123456789:") != strlen(text) ||
	    sscanf(text, "%3u:%3u%n", &bus, &dev, &length) != 2 || text[length] != '\0')
		return NULL;
	return snapshot_device_at(snapshot, bus, dev);
}

static char *list(const GPtrArray *devices)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < devices->len; i++) {
		const struct device *device = g_ptr_array_index(devices, i);
		g_autofree char *words = words_device(device);

		g_string_append_printf(text, "%s%s (%s)", text->len ? ", " : "", device->sysname,
				       words);
	}
	return g_string_free(text, FALSE);
}

static int answer(const char *text, const GPtrArray *matches, const struct device **ret_device,
		  char **ret_hint, char **err)
{
	g_autofree char *candidates = NULL;

	if (matches->len == 1) {
		*ret_device = g_ptr_array_index(matches, 0);
		return 0;
	}
	if (matches->len == 0) {
		*ret_hint = g_strdup("`usbreconcile devices` lists what there is");
		*err = g_strdup_printf("no USB device \"%s\" is plugged in", text);
		return -1;
	}
	candidates = list(matches);
	*ret_hint = g_strdup_printf("say which, by its first word: %s", candidates);
	*err = g_strdup_printf("%u devices are \"%s\"", matches->len, text);
	return -1;
}

/* Nothing was changed meanwhile: a node that is there is of a device that the snapshot has, or that
 * has come since. */
static int pick_node(const struct snapshot *snapshot, const char *path,
		     const struct device **ret_device, char **ret_hint, char **err)
{
	g_autofree char *sysname = devices_sysname_of_node(path);

	*ret_device = sysname ? snapshot_find_device(snapshot, sysname) : NULL;
	if (*ret_device)
		return 0;
	*err = g_strdup_printf("%s is not there, or is not of a USB device", path);
	*ret_hint = g_strdup("`usbreconcile devices` lists what there is");
	return -1;
}

int pick_device(const struct snapshot *snapshot, const char *text, const struct device **ret_device,
		char **ret_hint, char **err)
{
	OWN(tag) query = NULL;
	g_autoptr(GPtrArray) matches = NULL;

	if (g_str_has_prefix(text, "/dev/"))
		return pick_node(snapshot, text, ret_device, ret_hint, err);
	*ret_device = snapshot_find_device(snapshot, text);
	if (*ret_device)
		return 0;
	query = read_query(text);
	if (!query) {
		*err = g_strdup_printf("\"%s\" does not say which device", text);
		*ret_hint = g_strdup("write its sysname (1-1.6), ID_PATH, ids (0403:6001), "
				     "serial=... or a path below /dev");
		return -1;
	}
	if (query->port_sysname)
		*ret_device = snapshot_find_device(snapshot, query->port_sysname);
	if (*ret_device)
		return 0;
	matches = find_matches(snapshot, query);
	if (matches->len == 0)
		*ret_device = find_address(snapshot, text);
	return *ret_device ? 0 : answer(text, matches, ret_device, ret_hint, err);
}
