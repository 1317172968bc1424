/* SPDX-License-Identifier: MIT */
#include "state/devices_udev.h"

#include <libudev.h>
#include <string.h>

#include "state/sysfs.h"

#define DATABASE "/run/udev/data"

/* systemd 247 and later write it; what is older and without it is the same (seen with 247 to 258).
 */
#define DATABASE_VERSION "1"

GHashTable *devices_udev_table(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

/* NAME of LENGTH bytes. One that is no text cannot be asked for. */
static void add(GHashTable *properties, const char *name, size_t length, const char *value)
{
	if (g_utf8_validate_len(name, length, NULL))
		g_hash_table_replace(properties, g_strndup(name, length), g_strdup(value));
}

/* "NAME=VALUE" */
static void add_assignment(GHashTable *properties, const char *text)
{
	const char *equals = strchr(text, '=');

	if (equals)
		add(properties, text, (size_t)(equals - text), equals + 1);
}

static void put(GHashTable *properties, const char *name, const char *value)
{
	add(properties, name, strlen(name), value);
}

/* What libudev makes of the kernel's words. */
static void complete(GHashTable *properties, const char *syspath)
{
	const char *node = g_hash_table_lookup(properties, "DEVNAME");

	if (node && !g_str_has_prefix(node, "/dev/")) {
		g_autofree char *path = g_strconcat("/dev/", node, NULL);

		put(properties, "DEVNAME", path);
	}
	put(properties, "DEVPATH", syspath + strlen("/sys"));
	put(properties, "SUBSYSTEM", "usb");
}

int devices_udev_kernel(int dir, const char *syspath, GHashTable *properties, char **err)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	int rc = sysfs_read_at(dir, "uevent", &text, err);

	if (rc != 0)
		return rc;
	lines = g_strsplit(text ? text : "", "\n", -1);
	for (char **line = lines; *line; line++)
		add_assignment(properties, *line);
	complete(properties, syspath);
	return 0;
}

/* A device with a node is filed under that, as usb devices are, but for a fake host's. */
static char *database_path(const char *syspath, GHashTable *properties, bool *ret_node)
{
	const char *major = g_hash_table_lookup(properties, "MAJOR");
	const char *minor = g_hash_table_lookup(properties, "MINOR");

	*ret_node = major && minor && !strchr(major, '/') && !strchr(minor, '/');
	if (*ret_node)
		return g_strdup_printf(DATABASE "/c%s:%s", major, minor);
	return g_strdup_printf(DATABASE "/+usb:%s", strrchr(syspath, '/') + 1);
}

/* The lists that libudev makes one property of. */
struct lists {
	GString *links, *tags, *current_tags;
	bool foreign; /* a format that is not known */
};

static void add_tag(GString *tags, const char *tag)
{
	g_string_append_printf(tags, "%s%s:", tags->len == 0 ? ":" : "", tag);
}

/* A line is one letter, a colon and a value. */
static void read_line(GHashTable *properties, struct lists *lists, const char *line)
{
	const char *value = line + 2;

	if (line[0] == '\0' || line[1] != ':')
		return;
	switch (line[0]) {
	case 'E':
		add_assignment(properties, value);
		break;
	case 'I':
		put(properties, "USEC_INITIALIZED", value);
		break;
	case 'S':
		g_string_append_printf(lists->links, "%s/dev/%s", lists->links->len ? " " : "",
				       value);
		break;
	case 'G':
		add_tag(lists->tags, value);
		break;
	case 'Q':
		add_tag(lists->current_tags, value);
		break;
	case 'V':
		lists->foreign = strcmp(value, DATABASE_VERSION) != 0;
		break;
	}
}

/* Takes the text over. */
static void put_list(GHashTable *properties, const char *name, GString *text)
{
	if (text->len > 0)
		put(properties, name, text->str);
	g_string_free(text, TRUE);
}

bool devices_udev_parse(const char *text, GHashTable *properties)
{
	struct lists lists = {g_string_new(NULL), g_string_new(NULL), g_string_new(NULL), false};
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++)
		read_line(properties, &lists, *line);
	put_list(properties, "DEVLINKS", lists.links);
	put_list(properties, "TAGS", lists.tags);
	put_list(properties, "CURRENT_TAGS", lists.current_tags);
	return !lists.foreign;
}

int devices_udev_database(const char *syspath, GHashTable *properties, char **err)
{
	bool has_node;
	g_autofree char *path = database_path(syspath, properties, &has_node);
	g_autofree char *text = NULL;
	int rc = sysfs_read_file(path, &text, err);

	/* What has no node is finished when it is there. */
	if (rc != 0)
		return rc == 1 && !has_node ? 0 : rc;
	if (text && !devices_udev_parse(text, properties))
		return devices_udev_library(syspath, properties, err);
	return 0;
}

int devices_udev_library(const char *syspath, GHashTable *properties, char **err)
{
	struct udev *udev = udev_new();
	struct udev_device *device = udev ? udev_device_new_from_syspath(udev, syspath) : NULL;
	struct udev_list_entry *entry;
	int rc = 1;

	if (!udev) {
		*err = g_strdup("libudev cannot be used");
		return -1;
	}
	/* What has no node has no entry that could be missing. */
	if (device &&
	    (udev_device_get_is_initialized(device) > 0 || udev_device_get_devnum(device) == 0))
		rc = 0;
	udev_list_entry_foreach(entry,
				device ? udev_device_get_properties_list_entry(device) : NULL)
	{
		const char *value = udev_list_entry_get_value(entry);

		put(properties, udev_list_entry_get_name(entry), value ? value : "");
	}
	if (device)
		udev_device_unref(device);
	udev_unref(udev);
	return rc;
}
