/* SPDX-License-Identifier: MIT */
#include "reconciler/core/interest.h"

#include <string.h>

#include "reconciler/core/claim.h"
#include "reconciler/core/match.h"

struct interests {
	GHashTable *members; /* a set of const struct domain * */
	GHashTable *by_key;  /* key -> GHashTable: a set of them */
};

/* What a key is about: its first letter. */
enum {
	KEY_SERIAL = 's',
	KEY_PORT = 'p',
	KEY_SYSNAME = 'n',
	KEY_ID = 'i',
	/* Property matches and groups by property cannot be looked up by one value, so all tags
	   that have nothing else share one key. */
	KEY_PROPERTY = 'm',
	/* Of a live hostdev. */
	KEY_ADDRESS = 'a',
	/* A hostdev that means the device with these ids, as long as it is the only one. */
	KEY_TWIN = 't',
};

typedef void (*key_func)(void *data, const char *key);

static void say(key_func func, void *data, char kind, const char *text)
{
	g_autofree char *key = g_strdup_printf("%c%s", kind, text);

	func(data, key);
}

static void say_id(key_func func, void *data, char kind, struct usb_id id)
{
	g_autofree char *text = g_strdup_printf("%04x:%04x", id.vendor, id.product);

	say(func, data, kind, text);
}

static void say_address(key_func func, void *data, unsigned int bus, unsigned int dev)
{
	g_autofree char *text = g_strdup_printf("%u:%u", bus, dev);

	say(func, data, KEY_ADDRESS, text);
}

/* PORT and all that it is below of: "1-3.2.1", "1-3.2", "1-3". */
static void say_port(key_func func, void *data, char kind, const char *port)
{
	g_autofree char *text = g_strdup(port);
	char *dot = NULL;

	if (!text)
		return;
	do {
		if (dot)
			*dot = '\0';
		say(func, data, kind, text);
		dot = strrchr(text, '.');
	} while (dot);
}

static void say_ids(key_func func, void *data, const GArray *ids)
{
	for (guint i = 0; i < ids->len; i++)
		say_id(func, data, KEY_ID, g_array_index(ids, struct usb_id, i));
}

/* All that a tag says must match, so one key is enough to find it: the rarest of what it says.
 * Whether the rest matches too is asked of what was found. */
static void say_tag(key_func func, void *data, const struct tag *tag)
{
	if (tag->serial)
		say(func, data, KEY_SERIAL, tag->serial);
	else if (tag->port)
		say(func, data, KEY_PORT, tag->port);
	else if (tag->port_sysname)
		say(func, data, KEY_SYSNAME, tag->port_sysname);
	else if (tag->ids->len > 0)
		say_ids(func, data, tag->ids);
	else
		say(func, data, KEY_PROPERTY, "");
}

static void say_hostdevs(key_func func, void *data, const struct domain *domain,
			 const GPtrArray *side)
{
	for (guint i = 0; i < side->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(side, i);

		bool own = claim_tag_of_alias(domain, hostdev->alias) != NULL;

		if (hostdev->has_address && (side == domain->live || !own))
			say_address(func, data, hostdev->bus, hostdev->dev);
		if (hostdev->has_id && !own)
			say_id(func, data, KEY_TWIN, hostdev->id);
	}
}

static void say_domain(key_func func, void *data, const struct domain *domain)
{
	for (guint i = 0; i < domain->tags->len; i++)
		say_tag(func, data, g_ptr_array_index(domain->tags, i));
	say_hostdevs(func, data, domain, domain->live);
	say_hostdevs(func, data, domain, domain->config);
}

static void say_device(key_func func, void *data, const struct device *device)
{
	const char *spelled = device_property(device, "ID_SERIAL_SHORT");

	if (device->untrusted_serial)
		say(func, data, KEY_SERIAL, device->untrusted_serial);
	if (spelled)
		say(func, data, KEY_SERIAL, spelled);
	say_port(func, data, KEY_PORT, device->port);
	say_port(func, data, KEY_PORT, device->port_v3);
	say_port(func, data, KEY_PORT, device->id_path);
	say_port(func, data, KEY_SYSNAME, device->sysname);
	say_port(func, data, KEY_SYSNAME, device->companion);
	say_id(func, data, KEY_ID, device->id);
	say(func, data, KEY_PROPERTY, "");
	say_address(func, data, device->bus, device->dev);
}

struct interests *interests_new(void)
{
	struct interests *interests = g_new0(struct interests, 1);

	interests->members = g_hash_table_new(NULL, NULL);
	interests->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						  (GDestroyNotify)g_hash_table_unref);
	return interests;
}

void interests_free(struct interests *interests)
{
	g_hash_table_unref(interests->members);
	g_hash_table_unref(interests->by_key);
	g_free(interests);
}

/* A domain whose keys are being told. */
struct keying {
	struct interests *interests;
	gpointer domain;
};

static void add_key(void *data, const char *key)
{
	const struct keying *keying = data;
	GHashTable *set = g_hash_table_lookup(keying->interests->by_key, key);

	if (!set) {
		set = g_hash_table_new(NULL, NULL);
		g_hash_table_insert(keying->interests->by_key, g_strdup(key), set);
	}
	g_hash_table_add(set, keying->domain);
}

static void remove_key(void *data, const char *key)
{
	const struct keying *keying = data;
	GHashTable *set = g_hash_table_lookup(keying->interests->by_key, key);

	if (set && g_hash_table_remove(set, keying->domain) && g_hash_table_size(set) == 0)
		g_hash_table_remove(keying->interests->by_key, key);
}

void interests_add(struct interests *interests, const struct domain *domain)
{
	struct keying keying = {interests, (gpointer)(uintptr_t)domain};

	g_hash_table_add(interests->members, keying.domain);
	say_domain(add_key, &keying, domain);
}

void interests_remove(struct interests *interests, const struct domain *domain)
{
	struct keying keying = {interests, (gpointer)(uintptr_t)domain};

	g_hash_table_remove(interests->members, keying.domain);
	say_domain(remove_key, &keying, domain);
}

/* The domains found so far, and the keys still to look up. */
struct search {
	const struct interests *interests;
	const GPtrArray *devices;
	const struct device *device; /* whose keys are being told */
	GHashTable *seen;            /* const struct domain * and const struct device * */
	GPtrArray *found;            /* const struct domain * */
};

static bool has_at(const GPtrArray *side, const struct device *device)
{
	for (guint i = 0; i < side->len; i++) {
		if (hostdev_at(g_ptr_array_index(side, i), device->bus, device->dev))
			return true;
	}
	return false;
}

/* Does DOMAIN ask for DEVICE, or hold its address? */
static bool wants(const struct domain *domain, const struct device *device)
{
	for (guint i = 0; i < domain->tags->len; i++) {
		const struct tag *tag = g_ptr_array_index(domain->tags, i);

		if (!tag->complaint && tag->enabled && match_device(tag, device))
			return true;
	}
	return has_at(domain->live, device) || has_at(domain->config, device);
}

static void find(struct search *search, const struct domain *domain)
{
	if (g_hash_table_add(search->seen, (gpointer)(uintptr_t)domain))
		g_ptr_array_add(search->found, (gpointer)(uintptr_t)domain);
}

static void find_by_key(void *data, const char *key)
{
	struct search *search = data;
	GHashTable *set = g_hash_table_lookup(search->interests->by_key, key);
	GHashTableIter iter;
	gpointer domain;

	if (!set)
		return;
	g_hash_table_iter_init(&iter, set);
	while (g_hash_table_iter_next(&iter, &domain, NULL)) {
		if (key[0] == KEY_TWIN || wants(domain, search->device))
			find(search, domain);
	}
}

/* Everybody who wants DEVICE. */
static void spread_device(struct search *search, const struct device *device)
{
	if (!g_hash_table_add(search->seen, (gpointer)(uintptr_t)device))
		return;
	search->device = device;
	say_device(find_by_key, search, device);
}

/* Whoever holds a hostdev by ids alone means "the only device with these ids": so any device with
 * those ids that comes, goes or changes is news for them. */
static void spread_changed(struct search *search, const struct device *device)
{
	spread_device(search, device);
	say_id(find_by_key, search, KEY_TWIN, device->id);
}

static void spread_domain(struct search *search, const struct domain *domain)
{
	for (guint i = 0; i < search->devices->len; i++) {
		const struct device *device = g_ptr_array_index(search->devices, i);

		if (!device->hub && wants(domain, device))
			spread_device(search, device);
	}
}

static void spread_changes(struct search *search, const GPtrArray *before)
{
	const GPtrArray *devices = search->devices;
	guint i = 0, k = 0;

	while (i < before->len || k < devices->len) {
		const struct device *old = i < before->len ? g_ptr_array_index(before, i) : NULL;
		const struct device *new = k < devices->len ? g_ptr_array_index(devices, k) : NULL;
		int order = !old ? 1 : !new ? -1 : old == new ? 0 : device_compare(old, new);

		if (order <= 0)
			i++;
		if (order >= 0)
			k++;
		if (order == 0 && (old == new || device_same(old, new)))
			continue;
		if (order <= 0)
			spread_changed(search, old);
		if (order >= 0)
			spread_changed(search, new);
	}
}

GPtrArray *interests_concerned(const struct interests *interests, const GPtrArray *before,
			       const GPtrArray *devices, const GPtrArray *news)
{
	struct search search = {
		.interests = interests,
		.devices = devices,
		.seen = g_hash_table_new(NULL, NULL),
		.found = g_ptr_array_new(),
	};

	spread_changes(&search, before);
	for (guint i = 0; i < news->len; i++) {
		const struct domain *domain = g_ptr_array_index(news, i);

		if (g_hash_table_contains(interests->members, domain))
			find(&search, domain);
		else
			spread_domain(&search, domain);
	}
	for (guint i = 0; i < search.found->len; i++)
		spread_domain(&search, g_ptr_array_index(search.found, i));
	g_hash_table_unref(search.seen);
	return search.found;
}
