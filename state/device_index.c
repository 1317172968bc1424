/* SPDX-License-Identifier: MIT */
#include "state/device_index.h"

#include <string.h>

enum kind { KIND_SERIAL, KIND_PORT, KIND_SYSNAME, KIND_ID, KIND_ADDRESS, KINDS };

struct device_index {
	GPtrArray *devices;
	/* Text or number -> GPtrArray of those that have it, in the list's order; NULL: not made
	 * yet. */
	GHashTable *tables[KINDS];
	unsigned int questions[KINDS];
};

struct device_index *device_index_new(const GPtrArray *devices)
{
	struct device_index *index = g_new0(struct device_index, 1);

	index->devices = g_ptr_array_ref((GPtrArray *)(uintptr_t)devices);
	return index;
}

void device_index_free(struct device_index *index)
{
	for (int kind = 0; kind < KINDS; kind++)
		g_clear_pointer(&index->tables[kind], g_hash_table_unref);
	g_ptr_array_unref(index->devices);
	g_free(index);
}

static gpointer id_key(struct usb_id id)
{
	return GUINT_TO_POINTER((guint)id.vendor << 16 | id.product);
}

static gpointer address_key(unsigned int bus, unsigned int dev)
{
	return GUINT_TO_POINTER(bus << 16 ^ dev);
}

/* Once a key. */
static void note(GPtrArray *list, struct device *device)
{
	if (list->len == 0 || g_ptr_array_index(list, list->len - 1) != device)
		g_ptr_array_add(list, device);
}

static void note_number(GHashTable *table, gpointer key, struct device *device)
{
	GPtrArray *list = g_hash_table_lookup(table, key);

	if (!list) {
		list = g_ptr_array_new();
		g_hash_table_insert(table, key, list);
	}
	note(list, device);
}

static void note_text(GHashTable *table, const char *text, size_t length, struct device *device)
{
	g_autofree char *key = g_strndup(text, length);
	GPtrArray *list = g_hash_table_lookup(table, key);

	if (!list) {
		list = g_ptr_array_new();
		g_hash_table_insert(table, g_steal_pointer(&key), list);
	}
	note(list, device);
}

/* Under PORT and everything that it is below of: "1-3.2.1", "1-3.2", "1-3". */
static void note_port(GHashTable *table, const char *port, struct device *device)
{
	size_t length = port ? strlen(port) : 0;

	while (length > 0) {
		note_text(table, port, length, device);
		while (length > 0 && port[--length] != '.')
			continue;
	}
}

static void note_serial(GHashTable *table, const char *serial, struct device *device)
{
	if (serial)
		note_text(table, serial, strlen(serial), device);
}

static void note_device(GHashTable *table, enum kind kind, struct device *device)
{
	switch (kind) {
	case KIND_SERIAL:
		note_serial(table, device->untrusted_serial, device);
		note_serial(table, device_property(device, "ID_SERIAL_SHORT"), device);
		return;
	case KIND_PORT:
		note_port(table, device->port, device);
		note_port(table, device->port_v3, device);
		note_port(table, device->id_path, device);
		return;
	case KIND_SYSNAME:
		note_port(table, device->sysname, device);
		note_port(table, device->companion, device);
		return;
	case KIND_ID:
		note_number(table, id_key(device->id), device);
		return;
	case KIND_ADDRESS:
		note_number(table, address_key(device->bus, device->dev), device);
		return;
	case KINDS:
		return;
	}
}

static GHashTable *make_table(const GPtrArray *devices, enum kind kind)
{
	bool numbers = kind == KIND_ID || kind == KIND_ADDRESS;
	GHashTable *table =
		numbers ? g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref)
			: g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						(GDestroyNotify)g_ptr_array_unref);

	for (guint i = 0; i < devices->len; i++)
		note_device(table, kind, g_ptr_array_index(devices, i));
	return table;
}

/* NULL: it is not worth it yet. */
static GHashTable *table_of(struct device_index *index, enum kind kind)
{
	if (!index->tables[kind] && ++index->questions[kind] > DEVICE_INDEX_PATIENCE)
		index->tables[kind] = make_table(index->devices, kind);
	return index->tables[kind];
}

static GPtrArray *find(struct device_index *index, enum kind kind, gconstpointer key)
{
	GHashTable *table = table_of(index, kind);
	GPtrArray *list = table ? g_hash_table_lookup(table, key) : index->devices;

	return list ? g_ptr_array_ref(list) : g_ptr_array_new();
}

static GPtrArray *find_ids(struct device_index *index, const GArray *ids)
{
	GPtrArray *found = g_ptr_array_new();

	for (guint i = 0; i < ids->len; i++) {
		g_autoptr(GPtrArray) list =
			device_index_for_id(index, g_array_index(ids, struct usb_id, i));

		if (list == index->devices) {
			g_ptr_array_unref(found);
			return g_steal_pointer(&list);
		}
		g_ptr_array_extend(found, list, NULL, NULL);
	}
	device_sort(found);
	/* A device has one id, but a tag may ask for that twice. */
	for (guint i = found->len; i > 1; i--) {
		if (g_ptr_array_index(found, i - 1) == g_ptr_array_index(found, i - 2))
			g_ptr_array_remove_index(found, i - 1);
	}
	return found;
}

/* By what is rarest: everything that a tag says must match. */
GPtrArray *device_index_for_tag(struct device_index *index, const struct tag *tag)
{
	if (tag->serial)
		return find(index, KIND_SERIAL, tag->serial);
	if (tag->port)
		return find(index, KIND_PORT, tag->port);
	if (tag->port_sysname)
		return find(index, KIND_SYSNAME, tag->port_sysname);
	if (tag->ids->len > 1)
		return find_ids(index, tag->ids);
	if (tag->ids->len > 0)
		return device_index_for_id(index, g_array_index(tag->ids, struct usb_id, 0));
	return g_ptr_array_ref(index->devices);
}

GPtrArray *device_index_for_id(struct device_index *index, struct usb_id id)
{
	return find(index, KIND_ID, id_key(id));
}

const struct device *device_index_at(struct device_index *index, unsigned int bus, unsigned int dev)
{
	g_autoptr(GPtrArray) found = find(index, KIND_ADDRESS, address_key(bus, dev));

	for (guint i = 0; i < found->len; i++) {
		const struct device *device = g_ptr_array_index(found, i);

		if (device->bus == bus && device->dev == dev)
			return device;
	}
	return NULL;
}
