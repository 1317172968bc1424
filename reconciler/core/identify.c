/* SPDX-License-Identifier: MIT */
#include "reconciler/core/identify.h"

#include <string.h>

#include "reconciler/core/match.h"
#include "state/text.h"

void identity_free(struct identity *identity)
{
	tag_free(identity->tag);
	g_free(identity->why);
	g_free(identity->warning);
	g_free(identity);
}

static struct tag *new_tag(const struct device *device, unsigned int parts)
{
	struct tag *tag = tag_new();

	if (parts & IDENTITY_IDS)
		g_array_append_val(tag->ids, device->id);
	if (parts & IDENTITY_SERIAL)
		tag->serial = g_strdup(device->untrusted_serial);
	if (parts & IDENTITY_PORT) {
		tag->port = g_strdup(device->port);
		tag->port_sysname = device->port ? NULL : g_strdup(device->sysname);
	}
	return tag;
}

/* The sysnames of the devices that match, but DEVICE: "1-2, 1-3", or NULL. */
static char *others(const struct snapshot *snapshot, const struct tag *tag,
		    const struct device *device)
{
	g_autoptr(GPtrArray) matches = match_devices(tag, snapshot, false);
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < matches->len; i++) {
		const struct device *other = g_ptr_array_index(matches, i);

		if (other != device)
			g_string_append_printf(names, "%s%s", names->len ? ", " : "",
					       other->sysname);
	}
	return names->len ? g_string_free(g_steal_pointer(&names), FALSE) : NULL;
}

static char *serial_others(const struct snapshot *snapshot, const struct device *device)
{
	OWN(tag) tag = new_tag(device, IDENTITY_IDS | IDENTITY_SERIAL);

	return others(snapshot, tag, device);
}

/* TWINS: who else has ids and serial, or NULL. */
static unsigned int choose(const struct device *device, const char *twins, char **ret_why)
{
	if (device->untrusted_serial && !twins) {
		*ret_why =
			g_strdup_printf("by its serial, which no other %04x:%04x on this host has",
					device->id.vendor, device->id.product);
		return IDENTITY_IDS | IDENTITY_SERIAL;
	}
	*ret_why = g_strdup(twins ? "by its port, as its serial is not unique on this host"
				  : "by its port, as it has no serial");
	return IDENTITY_IDS | IDENTITY_PORT;
}

/* "by ids and port, as asked" */
static char *describe_parts(unsigned int parts)
{
	static const char *const names[] = {"ids", "serial", "port"};
	GString *text = g_string_new("by");

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (parts & (1u << i))
			g_string_append_printf(text, "%s %s", text->len > 2 ? " and" : "",
					       names[i]);
	}
	g_string_append(text, ", as asked");
	return g_string_free(text, FALSE);
}

/* By its interfaces (":ff4201:ffff00:"): Android's debug bridge and boot loader, and DFU, in which
 * a device is given another firmware. */
static bool changes_its_ids(const struct device *device)
{
	static const char *const interfaces[] = {":ff4201", ":ff4203", ":fe0101", ":fe0102"};
	const char *has = device_property(device, "ID_USB_INTERFACES");

	for (size_t i = 0; has && i < G_N_ELEMENTS(interfaces); i++) {
		if (strstr(has, interfaces[i]))
			return true;
	}
	return false;
}

static char *find_warning(const struct snapshot *snapshot, const struct device *device,
			  const struct tag *tag, const char *twins)
{
	g_autofree char *same = others(snapshot, tag, device);
	g_autofree char *serial = NULL;

	if (same)
		return g_strdup_printf("%s matches as well, and which one is meant is then not "
				       "known; add a serial or a port",
				       same);
	if (tag->ids->len > 0 && tag->serial && changes_its_ids(device))
		return g_strdup_printf("%s shows other ids in another mode (adb, fastboot, DFU): "
				       "`--by serial` knows it in all of them",
				       device->sysname);
	if (tag->port_sysname)
		return g_strdup_printf("udev gives %s no ID_PATH, so the port begins with a bus "
				       "number, which may be another one after the next boot",
				       device->sysname);
	if (!twins)
		return NULL;
	serial = text_spell(device->untrusted_serial);
	return g_strdup_printf("the serial %s is not unique on this host, %s has it too: leave "
			       "each of them in its port",
			       serial, twins);
}

static char *objection(const struct device *device, unsigned int parts)
{
	if (device->hub)
		return g_strdup_printf(
			"%s is a %s, and hubs are never passed through: tag what is plugged into "
			"it, or all of that as a <group> with the hub's port",
			device->sysname,
			g_str_has_prefix(device->sysname, "usb") ? "root hub" : "hub");
	if (device_is_ignored(device))
		return g_strdup_printf("%s is kept by the host: a udev rule says "
				       "USBRECONCILE_IGNORE=1",
				       device->sysname);
	if ((parts & IDENTITY_SERIAL) && !device->untrusted_serial)
		return g_strdup_printf("%s has no serial to be known by; its port does it",
				       device->sysname);
	return NULL;
}

struct identity *identify(const struct snapshot *snapshot, const struct device *device,
			  unsigned int parts, char **err)
{
	g_autofree char *twins = NULL;
	struct identity *identity;

	*err = objection(device, parts);
	if (*err)
		return NULL;
	if (device->untrusted_serial)
		twins = serial_others(snapshot, device);
	identity = g_new0(struct identity, 1);
	if (parts == 0)
		parts = choose(device, twins, &identity->why);
	else
		identity->why = describe_parts(parts);
	identity->tag = new_tag(device, parts);
	identity->warning = find_warning(snapshot, device, identity->tag, twins);
	return identity;
}
