/* SPDX-License-Identifier: MIT */
#include "state/device.h"

#include <string.h>

static void guest_use_free(gpointer data)
{
	struct guest_use *use = data;

	g_free(use->domain);
	g_free(use->how);
	g_free(use);
}

struct device *device_new(void)
{
	struct device *device = g_new0(struct device, 1);

	device->references = 1;
	device->authorized = true;
	device->guest_uses = g_ptr_array_new_with_free_func(guest_use_free);
	device->properties = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return device;
}

void device_free(struct device *device)
{
	if (!device || !g_atomic_int_dec_and_test(&device->references))
		return;
	g_free(device->sysname);
	g_free(device->untrusted_serial);
	g_free(device->untrusted_manufacturer);
	g_free(device->untrusted_product);
	g_free(device->id_path);
	g_free(device->port);
	g_free(device->port_v3);
	g_free(device->companion);
	g_free(device->remote);
	g_free(device->driver);
	g_free(device->in_use);
	g_ptr_array_unref(device->guest_uses);
	g_hash_table_unref(device->properties);
	g_free(device);
}

struct device *device_ref(struct device *device)
{
	g_atomic_int_inc(&device->references);
	return device;
}

void device_add_guest_use(struct device *device, const char *domain, const char *how)
{
	struct guest_use *use = g_new0(struct guest_use, 1);

	use->domain = g_strdup(domain);
	use->how = g_strdup(how);
	g_ptr_array_add(device->guest_uses, use);
}

const char *device_property(const struct device *device, const char *name)
{
	return g_hash_table_lookup(device->properties, name);
}

const char *device_untrusted_name(const struct device *device)
{
	return device->untrusted_product ? device->untrusted_product
					 : device_property(device, "ID_MODEL_FROM_DATABASE");
}

bool device_is_ignored(const struct device *device)
{
	return g_strcmp0(device_property(device, "USBRECONCILE_IGNORE"), "1") == 0;
}

/* Compares the runs of digits that A and B begin with as numbers of any size, and steps over them.
 */
static int compare_numbers(const char **a, const char **b)
{
	size_t a_length, b_length;
	int order;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	a_length = strspn(*a, "0123456789");
	b_length = strspn(*b, "0123456789");
	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	order = memcmp(*a, *b, a_length);
	*a += a_length;
	*b += b_length;
	return order;
}

/* Port 10 comes after port 9, as a person counts. */
static int compare_counting(const char *a, const char *b)
{
	const char *whole_a = a, *whole_b = b;

	while (*a && *b) {
		int order;

		if (g_ascii_isdigit(*a) && g_ascii_isdigit(*b)) {
			order = compare_numbers(&a, &b);
		} else {
			order = (guchar)*a - (guchar)*b;
			a++;
			b++;
		}
		if (order != 0)
			return order;
	}
	if (*a || *b)
		return *a ? 1 : -1;
	/* "01" and "1" are the same number but not the same name. */
	return strcmp(whole_a, whole_b);
}

static int compare_or_last(const char *a, const char *b)
{
	if (a && b)
		return compare_counting(a, b);
	return (a ? 0 : 1) - (b ? 0 : 1);
}

int device_compare(const struct device *a, const struct device *b)
{
	int order = compare_or_last(a->port, b->port);

	return order != 0 ? order : compare_or_last(a->sysname, b->sysname);
}

static int compare_items(gconstpointer a, gconstpointer b)
{
	return device_compare(*(const struct device *const *)a, *(const struct device *const *)b);
}

void device_sort(GPtrArray *devices)
{
	g_ptr_array_sort(devices, compare_items);
}

char *device_parent(const struct device *device)
{
	const char *dash = strchr(device->sysname, '-');
	const char *dot = strrchr(device->sysname, '.');

	if (!dash)
		return NULL;
	if (dot)
		return g_strndup(device->sysname, (gsize)(dot - device->sysname));
	return g_strdup_printf("usb%.*s", (int)(dash - device->sysname), device->sysname);
}

static bool same_properties(GHashTable *a, GHashTable *b)
{
	GHashTableIter iter;
	gpointer name, value;

	if (g_hash_table_size(a) != g_hash_table_size(b))
		return false;
	g_hash_table_iter_init(&iter, a);
	while (g_hash_table_iter_next(&iter, &name, &value)) {
		if (g_strcmp0(value, g_hash_table_lookup(b, name)) != 0)
			return false;
	}
	return true;
}

static bool same_guest_uses(const GPtrArray *a, const GPtrArray *b)
{
	bool same = a->len == b->len;

	for (guint i = 0; i < a->len && same; i++) {
		const struct guest_use *one = g_ptr_array_index(a, i);
		const struct guest_use *other = g_ptr_array_index(b, i);

		same = g_strcmp0(one->domain, other->domain) == 0 &&
		       g_strcmp0(one->how, other->how) == 0;
	}
	return same;
}

bool device_is_used(const struct device *device)
{
	return device->in_use || device->guest_uses->len > 0;
}

static bool same_text(const struct device *a, const struct device *b)
{
	return strcmp(a->sysname, b->sysname) == 0 &&
	       g_strcmp0(a->untrusted_serial, b->untrusted_serial) == 0 &&
	       g_strcmp0(a->untrusted_manufacturer, b->untrusted_manufacturer) == 0 &&
	       g_strcmp0(a->untrusted_product, b->untrusted_product) == 0 &&
	       g_strcmp0(a->id_path, b->id_path) == 0 && g_strcmp0(a->port, b->port) == 0 &&
	       g_strcmp0(a->port_v3, b->port_v3) == 0 &&
	       g_strcmp0(a->companion, b->companion) == 0 && g_strcmp0(a->remote, b->remote) == 0 &&
	       g_strcmp0(a->driver, b->driver) == 0;
}

bool device_same_itself(const struct device *a, const struct device *b)
{
	return a->bus == b->bus && a->dev == b->dev && usb_id_equal(a->id, b->id) &&
	       a->speed == b->speed && a->hub == b->hub && a->authorized == b->authorized &&
	       a->incarnation == b->incarnation && a->claimed == b->claimed && same_text(a, b) &&
	       same_properties(a->properties, b->properties);
}

bool device_same(const struct device *a, const struct device *b)
{
	return device_same_itself(a, b) && g_strcmp0(a->in_use, b->in_use) == 0 &&
	       same_guest_uses(a->guest_uses, b->guest_uses);
}

GPtrArray *device_list_new(void)
{
	return g_ptr_array_new_with_free_func(device_drop);
}

struct device *device_list_find(const GPtrArray *devices, const char *sysname, guint *ret_at)
{
	for (guint i = 0; i < devices->len; i++) {
		struct device *device = g_ptr_array_index(devices, i);

		if (strcmp(device->sysname, sysname) != 0)
			continue;
		if (ret_at)
			*ret_at = i;
		return device;
	}
	return NULL;
}
