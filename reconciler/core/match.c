/* SPDX-License-Identifier: MIT */
#include "reconciler/core/match.h"

#include <fnmatch.h>

static bool has_port(const struct tag *tag)
{
	return tag->port || tag->port_sysname;
}

enum specificity match_specificity(const struct tag *tag)
{
	if (tag->group)
		return SPECIFICITY_GROUP;
	if (tag->serial)
		return has_port(tag) ? SPECIFICITY_SERIAL_PORT : SPECIFICITY_SERIAL;
	if (has_port(tag))
		return SPECIFICITY_PORT;
	return tag->ids->len > 0 ? SPECIFICITY_IDS : SPECIFICITY_MATCH;
}

bool match_id(const struct tag *tag, struct usb_id id)
{
	for (guint i = 0; i < tag->ids->len; i++) {
		if (usb_id_equal(g_array_index(tag->ids, struct usb_id, i), id))
			return true;
	}
	return tag->ids->len == 0;
}

/* PORT itself, or for a group also what hangs below it. */
static bool at_port(const char *port, const char *asked, bool below)
{
	size_t length = strlen(asked);

	if (!port || strncmp(port, asked, length) != 0)
		return false;
	return port[length] == '\0' || (below && port[length] == '.');
}

/*
 * udev names a USB 3 device's port by its number on its own bus, as if it were a USB 2 port. That
 * may be another socket, or none. It is what people paste, so it counts too: for a device that is
 * where the tag says, or where two could be meant, see match_devices().
 */
static bool is_pasted(const struct tag *tag, const struct device *device)
{
	return tag->port && !at_port(device->port, tag->port, tag->group) &&
	       !at_port(device->port_v3, tag->port, tag->group);
}

static bool port_matches(const struct tag *tag, const struct device *device)
{
	if (tag->port)
		return at_port(device->port, tag->port, tag->group) ||
		       at_port(device->port_v3, tag->port, tag->group) ||
		       at_port(device->id_path, tag->port, tag->group);
	if (tag->port_sysname)
		return at_port(device->sysname, tag->port_sysname, tag->group) ||
		       at_port(device->companion, tag->port_sysname, tag->group);
	return true;
}

static bool properties_match(const struct tag *tag, const struct device *device)
{
	for (guint i = 0; i < tag->matches->len; i++) {
		const struct tag_match *match = g_ptr_array_index(tag->matches, i);
		const char *value = device_property(device, match->property);

		if (!value || fnmatch(match->value, value, 0) != 0)
			return false;
	}
	return true;
}

static bool serial_is(const struct tag *tag, const char *serial)
{
	return g_strcmp0(tag->serial, serial) == 0;
}

/* Every selector but the serial. */
static bool rest_matches(const struct tag *tag, const struct device *device)
{
	return match_id(tag, device->id) && port_matches(tag, device) &&
	       properties_match(tag, device);
}

static bool is_spelled(const struct tag *tag, const struct device *device)
{
	return serial_is(tag, device_property(device, "ID_SERIAL_SHORT"));
}

bool match_device(const struct tag *tag, const struct device *device)
{
	if (tag->serial && !serial_is(tag, device->untrusted_serial) && !is_spelled(tag, device))
		return false;
	return rest_matches(tag, device);
}

uint64_t match_still_at(const struct tag *tag, const GPtrArray *changes)
{
	uint64_t still = 0;

	for (guint i = 0; i < changes->len && !tag->serial && !has_port(tag); i++) {
		const struct change *change = g_ptr_array_index(changes, i);

		if (match_device(tag, change->device))
			still = MAX(still, change->when + CHANGES_FRESH);
	}
	return still;
}

/* Those that TAG may match, among them all that it does: a new reference. */
static GPtrArray *likely(const struct snapshot *snapshot, const struct tag *tag)
{
	return snapshot->index ? device_index_for_tag(snapshot->index, tag)
			       : g_ptr_array_ref(snapshot->devices);
}

/* A group has what is at its port; what only says so in its ID_PATH, when nothing is there. A
 * device tag must not guess which of the two was meant, and keeps both. */
static void drop_pasted(const struct tag *tag, GPtrArray *devices)
{
	guint pasted = 0;

	for (guint i = 0; i < devices->len; i++)
		pasted += is_pasted(tag, g_ptr_array_index(devices, i));
	if (!tag->group || pasted == devices->len)
		return;
	for (guint i = devices->len; pasted > 0 && i-- > 0;) {
		if (is_pasted(tag, g_ptr_array_index(devices, i)))
			g_ptr_array_remove_index(devices, i);
	}
}

/* The host's own rules keep it out of every guest. */
static bool is_passable(const struct device *device)
{
	return !device->hub && !device_is_ignored(device);
}

GPtrArray *match_devices(const struct tag *tag, const struct snapshot *snapshot, bool never)
{
	g_autoptr(GPtrArray) devices = likely(snapshot, tag);
	GPtrArray *exact = g_ptr_array_new();
	GPtrArray *spelled = g_ptr_array_new();

	for (guint i = 0; i < devices->len; i++) {
		struct device *device = g_ptr_array_index(devices, i);

		if (is_passable(device) == never || !rest_matches(tag, device))
			continue;
		if (!tag->serial || serial_is(tag, device->untrusted_serial))
			g_ptr_array_add(exact, device);
		else if (is_spelled(tag, device))
			g_ptr_array_add(spelled, device);
	}
	if (exact->len == 0) {
		g_ptr_array_unref(exact);
		exact = g_steal_pointer(&spelled);
	} else {
		g_ptr_array_unref(spelled);
	}
	drop_pasted(tag, exact);
	return exact;
}

const struct device *match_only_with_id(const struct snapshot *snapshot, struct usb_id id)
{
	g_autoptr(GPtrArray) devices = snapshot->index ? device_index_for_id(snapshot->index, id)
						       : g_ptr_array_ref(snapshot->devices);
	const struct device *only = NULL;

	for (guint i = 0; i < devices->len; i++) {
		const struct device *device = g_ptr_array_index(devices, i);

		if (device->hub || !usb_id_equal(device->id, id))
			continue;
		if (only)
			return NULL;
		only = device;
	}
	return only;
}
