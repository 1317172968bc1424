/* SPDX-License-Identifier: MIT */
#include "state/devices.h"

#include <string.h>

#include "state/devices_read.h"

/* A list that is being changed, and what is yet to be read for it. */
struct again {
	GPtrArray *devices;
	GHashTable *named; /* char *: to be read, or read already, a set */
	GQueue queue;      /* char *: to be read */
};

static void name(struct again *again, const char *sysname)
{
	if (!g_hash_table_add(again->named, g_strdup(sysname)))
		return;
	g_queue_push_tail(&again->queue, g_strdup(sysname));
}

static const char *path_of(const struct device *device)
{
	return device_property(device, "DEVPATH");
}

/* PATH with what is behind the last slash; a root hub's is its controller. */
static char *above(const char *path)
{
	return g_path_get_dirname(path);
}

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return path && strncmp(path, directory, length) == 0 && path[length] == '/';
}

static void name_below(struct again *again, const char *directory)
{
	for (guint i = 0; i < again->devices->len; i++) {
		const struct device *device = g_ptr_array_index(again->devices, i);

		if (is_below(path_of(device), directory))
			name(again, device->sysname);
	}
}

/*
 * When a hub comes, goes or changes: what is below it, and what is below the hub in the companion
 * of its port, as both halves of a USB 3 hub give each other's ports their peers. So do the two
 * root hubs of a controller.
 */
static void name_with_hub(struct again *again, const struct device *hub)
{
	const char *path = path_of(hub);
	g_autofree char *controller = path && !strchr(hub->sysname, '-') ? above(path) : NULL;
	const struct device *companion =
		hub->companion ? device_list_find(again->devices, hub->companion, NULL) : NULL;

	if (path)
		name_below(again, controller ? controller : path);
	if (companion && path_of(companion))
		name_below(again, path_of(companion));
}

/* In the place that the list's order gives it; takes DEVICE over. */
static void insert(GPtrArray *devices, struct device *device)
{
	guint at = devices->len;

	while (at > 0 && device_compare(g_ptr_array_index(devices, at - 1), device) > 0)
		at--;
	g_ptr_array_insert(devices, (gint)at, device);
}

static void read_named(struct again *again, const struct devices_look *look, const char *sysname)
{
	guint position;
	struct device *device = NULL;
	g_autofree char *err = NULL;

	if (device_list_find(again->devices, sysname, &position)) {
		OWN(device) old = g_ptr_array_steal_index(again->devices, position);

		if (old->hub)
			name_with_hub(again, old);
	}
	/* What cannot be read is left out, as in a full listing. */
	if (devices_read_one(look, sysname, &device, &err) != 0)
		return;
	insert(again->devices, device);
	if (device->hub)
		name_with_hub(again, device);
}

/* Is every device that was read plugged into a hub that is known? If not, something was missed. */
static bool is_whole(const struct again *again)
{
	for (guint i = 0; i < again->devices->len; i++) {
		const struct device *device = g_ptr_array_index(again->devices, i);
		g_autofree char *parent = g_hash_table_contains(again->named, device->sysname)
						  ? device_parent(device)
						  : NULL;

		if (parent && !device_list_find(again->devices, parent, NULL))
			return false;
	}
	return true;
}

GPtrArray *devices_read_again(const GPtrArray *devices, GHashTable *sysnames)
{
	struct again again = {.devices = device_list_new(), .queue = G_QUEUE_INIT};
	struct devices_look look;
	GHashTableIter iter;
	gpointer sysname;
	bool whole;

	again.named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < devices->len; i++)
		g_ptr_array_add(again.devices, device_ref(g_ptr_array_index(devices, i)));
	g_hash_table_iter_init(&iter, sysnames);
	while (g_hash_table_iter_next(&iter, &sysname, NULL))
		name(&again, sysname);
	devices_look_init(&look, NULL);
	while ((sysname = g_queue_pop_head(&again.queue))) {
		read_named(&again, &look, sysname);
		g_free(sysname);
	}
	devices_look_clear(&look);
	whole = is_whole(&again);
	g_hash_table_unref(again.named);
	if (!whole)
		g_clear_pointer(&again.devices, g_ptr_array_unref);
	return again.devices;
}
