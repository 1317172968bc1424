/* SPDX-License-Identifier: MIT */

/* Domain XML in and out, as libvirt writes it. */

#include "sim.h"

#include <stdlib.h>
#include <string.h>

struct entry *dev_new(const char *alias)
{
	struct entry *entry = g_new0(struct entry, 1);

	entry->alias = g_strdup(alias);
	return entry;
}

struct entry *dev_copy(const struct entry *entry)
{
	struct entry *copy = g_memdup2(entry, sizeof(*entry));

	copy->alias = g_strdup(entry->alias);
	copy->policy = g_strdup(entry->policy);
	copy->guest_port = g_strdup(entry->guest_port);
	copy->open = copy->releasing = copy->closed = 0;
	return copy;
}

void dev_free(void *data)
{
	struct entry *entry = data;

	g_free(entry->alias);
	g_free(entry->policy);
	g_free(entry->guest_port);
	g_free(entry);
}

struct entry *dev_find(const GPtrArray *side, const char *alias)
{
	for (guint i = 0; i < side->len; i++) {
		struct entry *entry = g_ptr_array_index(side, i);

		if (g_strcmp0(entry->alias, alias) == 0)
			return entry;
	}
	return NULL;
}

bool dev_means(const struct entry *entry, const struct gadget *gadget)
{
	if (!gadget->incarnation || (!entry->dev && !entry->vendor))
		return false;
	if (entry->dev && (entry->bus != gadget->bus || entry->dev != gadget->dev))
		return false;
	return !entry->vendor ||
	       (entry->vendor == gadget->vendor && entry->product == gadget->product);
}

/* ---- in ---- */

/* The value of ATTRIBUTE of the first ELEMENT before LIMIT, a new string, or NULL. */
static char *get(const char *xml, const char *limit, const char *element, const char *attribute)
{
	g_autofree char *open = g_strconcat("<", element, NULL);
	g_autofree char *name = g_strconcat(" ", attribute, "=", NULL);
	const char *at = g_strstr_len(xml, limit - xml, open);
	const char *end = at ? strchr(at, '>') : NULL;
	const char *value = end ? g_strstr_len(at, end - at, name) : NULL;
	const char *last;

	if (!value)
		return NULL;
	value += strlen(name);
	last = strchr(value + 1, value[0]);
	return g_strndup(value + 1, (gsize)(last - value - 1));
}

static unsigned int number(const char *xml, const char *limit, const char *element,
			   const char *attribute)
{
	g_autofree char *text = get(xml, limit, element, attribute);

	return text ? (unsigned int)strtoul(text, NULL, 0) : 0;
}

struct entry *dev_read(const char *xml)
{
	const char *limit = strstr(xml, "</hostdev>");
	const char *inner = strstr(xml, "</source>");
	struct entry *entry = dev_new(NULL);
	g_autofree char *bus = NULL;
	g_autofree char *port = NULL;

	if (!limit)
		limit = xml + strlen(xml);
	if (!inner || inner > limit)
		inner = limit;
	entry->alias = get(xml, limit, "alias", "name");
	entry->vendor = (uint16_t)number(xml, inner, "vendor", "id");
	entry->product = (uint16_t)number(xml, inner, "product", "id");
	entry->bus = number(xml, inner, "address", "bus");
	entry->dev = number(xml, inner, "address", "device");
	entry->policy = get(xml, inner, "source", "startupPolicy");
	bus = get(inner, limit, "address", "bus");
	port = get(inner, limit, "address", "port");
	if (bus && port)
		entry->guest_port = g_strconcat(bus, ":", port, NULL);
	return entry;
}

/* ---- out ---- */

static void write_entry(GString *xml, const struct entry *entry, bool live)
{
	g_string_append(xml, "    <hostdev mode='subsystem' type='usb' managed='yes'>\n"
			     "      <source");
	if (entry->policy)
		g_string_append_printf(xml, " startupPolicy='%s'", entry->policy);
	if (live && entry->missing)
		g_string_append(xml, " missing='yes'");
	g_string_append(xml, ">\n");
	if (entry->vendor || entry->product)
		g_string_append_printf(xml,
				       "        <vendor id='0x%04x'/>\n"
				       "        <product id='0x%04x'/>\n",
				       entry->vendor, entry->product);
	if (entry->dev)
		g_string_append_printf(xml, "        <address bus='%u' device='%u'/>\n", entry->bus,
				       entry->dev);
	g_string_append(xml, "      </source>\n");
	if (entry->alias)
		g_string_append_printf(xml, "      <alias name='%s'/>\n", entry->alias);
	if (entry->guest_port) {
		g_auto(GStrv) parts = g_strsplit(entry->guest_port, ":", 2);

		g_string_append_printf(xml, "      <address type='usb' bus='%s' port='%s'/>\n",
				       parts[0], parts[1]);
	}
	g_string_append(xml, "    </hostdev>\n");
}

static char *dump(const struct guest *guest, int id, const GPtrArray *side,
		  const struct wishes *wishes, bool live)
{
	GString *xml = g_string_new("<domain type='qemu'");
	g_autofree char *tags = dump_wishes(wishes);

	if (id >= 0)
		g_string_append_printf(xml, " id='%d'", id);
	g_string_append_printf(xml, ">\n  <name>%s</name>\n  <uuid>%s</uuid>\n", guest->name,
			       guest->uuid);
	if (wishes->count > 0)
		g_string_append_printf(xml,
				       "  <metadata>\n    <usb:devices xmlns:usb="
				       "'urn:usbreconcile:domain:1.0'>%s</usb:devices>\n"
				       "  </metadata>\n",
				       tags);
	g_string_append(xml, "  <devices>\n    <controller type='usb' index='0' "
			     "model='qemu-xhci' ports='15'/>\n"
			     "    <input type='tablet' bus='usb'><alias name='input0'/>"
			     "<address type='usb' bus='0' port='1'/></input>\n");
	for (guint i = 0; i < side->len; i++)
		write_entry(xml, g_ptr_array_index(side, i), live);
	g_string_append(xml, "  </devices>\n</domain>\n");
	return g_string_free(xml, FALSE);
}

char *dump_guest(const struct guest *guest, bool live)
{
	return live ? dump(guest, guest->id, guest->live, &guest->live_wishes, true)
		    : dump(guest, -1, guest->config, &guest->wishes, false);
}

char *dump_image(const struct guest *guest)
{
	return dump(guest, -1, guest->image, &guest->image_wishes, false);
}
