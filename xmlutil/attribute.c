/* SPDX-License-Identifier: MIT */
#include "xmlutil/attribute.h"

#include <string.h>

#include "state/text.h"
#include "state/port.h"
#include "xmlutil/phrase.h"

#define LIMIT_MAX 999u

/* NAME="VALUE" is not what it should be. */
static void reject(struct entry_reading *entry, const char *name, const char *value,
		   const char *why, char *fix)
{
	g_autofree char *quoted = phrase_quote(value);

	reading_complain_of(entry, g_strdup_printf("%s=%s %s", name, quoted, why), fix);
}

static void read_name(struct entry_reading *entry, const char *name, const char *value)
{
	g_autofree char *better = NULL;

	if (tag_name_ok(value)) {
		g_free(entry->tag->name);
		entry->tag->name = g_strdup(value);
		return;
	}
	better = tag_name_from(value);
	reject(entry, name, value,
	       "cannot be part of an alias (1 to 40 letters, digits, - and _, without --)",
	       tag_name_ok(better) ? g_strdup_printf("write name=\"%s\"", better)
				   : g_strdup("write another name"));
}

static bool is_hex(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!g_ascii_isxdigit(text[i]))
			return false;
	}
	return length >= 1 && length <= 4;
}

/* lsusb writes both in one: 0403:6001. */
static char *hex_fix(const char *name, const char *value)
{
	const char *colon = strchr(value, ':');

	if (colon && is_hex(value, (size_t)(colon - value)) && is_hex(colon + 1, strlen(colon + 1)))
		return g_strdup_printf("write vendor=\"%.*s\" product=\"%s\"", (int)(colon - value),
				       value, colon + 1);
	return g_strdup_printf("write it as lsusb shows it, such as %s=\"0403\"", name);
}

bool attribute_read_hex(struct entry_reading *entry, const char *name, const char *value,
			uint16_t *ret_number)
{
	const char *hex = value;

	if (g_ascii_strncasecmp(hex, "0x", 2) == 0)
		hex += 2;
	if (!is_hex(hex, strlen(hex))) {
		reject(entry, name, value, "is not 1 to 4 hex digits", hex_fix(name, value));
		return false;
	}
	*ret_number = (uint16_t)g_ascii_strtoull(hex, NULL, 16);
	return true;
}

static void read_vendor(struct entry_reading *entry, const char *name, const char *value)
{
	entry->has_vendor = true;
	attribute_read_hex(entry, name, value, &entry->id.vendor);
}

static void read_product(struct entry_reading *entry, const char *name, const char *value)
{
	entry->has_product = true;
	attribute_read_hex(entry, name, value, &entry->id.product);
}

static void read_serial(struct entry_reading *entry, const char *name, const char *value)
{
	if (*value == '\0') {
		reject(entry, name, value,
		       "is empty, and a device without serial has none to match",
		       g_strdup("leave serial out and write port or vendor and product"));
		return;
	}
	entry->tag->serial = text_unspell(value);
	if (!entry->tag->serial)
		reject(entry, name, value, "has a backslash that does not begin a byte (\\xNN)",
		       g_strdup("write the backslash itself as \\x5c"));
}

static void read_port(struct entry_reading *entry, const char *name, const char *value)
{
	const char *why, *fix;
	char *port;

	switch (port_read(value, &port, &why, &fix)) {
	case PORT_ID_PATH:
		entry->tag->port = port;
		return;
	case PORT_SYSNAME:
		entry->tag->port_sysname = port;
		reading_warn(entry->reading, entry->tag,
			     g_strdup_printf("port=\"%s\" begins with a bus number, which may be "
					     "another one after the next boot",
					     port),
			     g_strdup("write the ID_PATH of that port instead; \"usbreconcile "
				      "devices\" shows it"));
		return;
	case PORT_NONE:
		reject(entry, name, value, why, g_strdup(fix));
		return;
	}
}

/* What a person meant by a boolean that is not spelt as one: "yes", "no", or NULL. */
static const char *meant_boolean(const char *value)
{
	static const char *const yes[] = {"yes", "y", "true", "t", "on", "1", NULL};
	static const char *const no[] = {"no", "n", "false", "f", "off", "0", NULL};
	g_autofree char *lower = g_ascii_strdown(value, -1);

	g_strstrip(lower);
	if (g_strv_contains(yes, lower))
		return "yes";
	return g_strv_contains(no, lower) ? "no" : NULL;
}

static void reject_boolean(struct entry_reading *entry, const char *name, const char *value)
{
	const char *meant = meant_boolean(value);

	reject(entry, name, value, "is neither yes nor no",
	       meant ? g_strdup_printf("write %s=\"%s\"", name, meant)
		     : g_strdup_printf("write %s=\"yes\" or %s=\"no\"", name, name));
}

static void read_boolean(struct entry_reading *entry, const char *name, const char *value,
			 bool *ret_boolean)
{
	if (strcmp(value, "yes") == 0)
		*ret_boolean = true;
	else if (strcmp(value, "no") == 0)
		*ret_boolean = false;
	else
		reject_boolean(entry, name, value);
}

static void read_required(struct entry_reading *entry, const char *name, const char *value)
{
	read_boolean(entry, name, value, &entry->tag->required);
}

static void read_enabled(struct entry_reading *entry, const char *name, const char *value)
{
	read_boolean(entry, name, value, &entry->tag->enabled);
}

static void read_force(struct entry_reading *entry, const char *name, const char *value)
{
	read_boolean(entry, name, value, &entry->tag->force);
}

static void read_persist(struct entry_reading *entry, const char *name, const char *value)
{
	/* "keep" is our word for its absence; the format has none. */
	if (!tag_persist_parse(value, &entry->tag->persist) ||
	    entry->tag->persist == TAG_PERSIST_KEEP)
		reject_boolean(entry, name, value);
}

static void read_guest_port(struct entry_reading *entry, const char *name, const char *value)
{
	if (guest_port_ok(value))
		entry->tag->guest_port = g_strdup(value);
	else
		reject(entry, name, value, "is not BUS:PORT on the guest's USB controller",
		       g_strdup("write it as in libvirt's <address type='usb' bus='0' port='3'/>, "
				"guestPort=\"0:3\""));
}

static void read_guest_reset(struct entry_reading *entry, const char *name, const char *value)
{
	if (!guest_reset_parse(value, &entry->tag->guest_reset) ||
	    entry->tag->guest_reset == GUEST_RESET_DEFAULT)
		reject(entry, name, value, "is not off, uninitialized or on",
		       g_strdup("write one of these, or leave guestReset out"));
}

static void read_limit(struct entry_reading *entry, const char *name, const char *value)
{
	size_t length = strspn(value, "0123456789");
	guint64 limit = g_ascii_strtoull(value, NULL, 10);

	if (length == 0 || value[length] != '\0' || limit < 1 || limit > LIMIT_MAX)
		reject(entry, name, value, "is not a number from 1 to 999",
		       g_strdup_printf("write how many devices at most, such as limit=\"4\", or "
				       "leave it out for %u",
				       TAG_GROUP_LIMIT));
	else
		entry->tag->limit = (unsigned int)limit;
}

static const struct attribute {
	const char *name;
	bool in_device;
	bool in_group;
	bool narrows; /* it says which device: tag_same_identity() compares it */
	void (*read)(struct entry_reading *entry, const char *name, const char *value);
	const char *why_not; /* why the other kind of entry has none, and what to do */
	const char *fix;
} attributes[] = {
	{"name", true, true, false, read_name, NULL, NULL},
	{"vendor", true, true, true, read_vendor, NULL, NULL},
	{"product", true, true, true, read_product, NULL, NULL},
	{"serial", true, true, true, read_serial, NULL, NULL},
	{"port", true, true, true, read_port, NULL, NULL},
	{"required", true, true, false, read_required, NULL, NULL},
	{"persist", true, true, false, read_persist, NULL, NULL},
	{"enabled", true, true, false, read_enabled, NULL, NULL},
	{"force", true, true, false, read_force, NULL, NULL},
	{"guestPort", true, false, false, read_guest_port,
	 "guestPort is for one device, and a group's members each need a port of their own",
	 "leave guestPort out"},
	{"guestReset", true, true, false, read_guest_reset, NULL, NULL},
	{"limit", false, true, false, read_limit, "limit is for groups, and this is a device",
	 "leave limit out, or make it a group"},
};

const char *const *attribute_names(void)
{
	static const char *const names[] = {
		"name",    "vendor", "product",   "serial",     "port",  "required", "persist",
		"enabled", "force",  "guestPort", "guestReset", "limit", NULL};

	G_STATIC_ASSERT(G_N_ELEMENTS(names) == G_N_ELEMENTS(attributes) + 1);
	return names;
}

bool attribute_narrows(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++) {
		if (strcmp(attributes[i].name, name) == 0)
			return attributes[i].narrows;
	}
	return false;
}

void attribute_read_all(struct entry_reading *entry, GHashTable *values)
{
	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++) {
		const struct attribute *attribute = &attributes[i];
		const char *value = g_hash_table_lookup(values, attribute->name);

		if (!value)
			continue;
		if (entry->tag->group ? attribute->in_group : attribute->in_device)
			attribute->read(entry, attribute->name, value);
		else
			reading_complain_of(entry, g_strdup(attribute->why_not),
					    g_strdup(attribute->fix));
	}
}
