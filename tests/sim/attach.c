/* SPDX-License-Identifier: MIT */

/*
 * Attaching and detaching, with libvirt's rules and codes, and what QEMU makes of it. What libvirt
 * lets go of late, and whom it then takes it for, is the part that hurts: see release().
 */

#include "sim.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <string.h>

uint64_t libvirt_acts, libvirt_last_act;
static GHashTable *in_use; /* "bus:dev" as a number -> struct guest * */

static void note_act(void)
{
	libvirt_acts++;
	libvirt_last_act = sim_now;
}

static void *key_of(unsigned int bus, unsigned int dev)
{
	return GUINT_TO_POINTER(bus * 1000 + dev + 1);
}

struct guest *in_use_by(unsigned int bus, unsigned int dev)
{
	return in_use ? g_hash_table_lookup(in_use, key_of(bus, dev)) : NULL;
}

void in_use_set(unsigned int bus, unsigned int dev, struct guest *guest)
{
	if (!in_use)
		in_use = g_hash_table_new(NULL, NULL);
	if (guest)
		g_hash_table_replace(in_use, key_of(bus, dev), guest);
	else
		g_hash_table_remove(in_use, key_of(bus, dev));
}

static struct gadget *gadget_with(uint64_t incarnation)
{
	for (unsigned int i = 0; incarnation && i < host_gadget_count; i++) {
		if (host_gadgets[i].incarnation == incarnation)
			return &host_gadgets[i];
	}
	return NULL;
}

void dev_open(struct entry *entry, struct gadget *gadget)
{
	entry->open = gadget->incarnation;
	host_claim(gadget, true);
}

void dev_close(struct entry *entry)
{
	struct gadget *gadget = gadget_with(entry->open);

	entry->open = 0;
	entry->closed = sim_now;
	if (gadget)
		host_claim(gadget, false);
}

/* ---- guest ports: the tablet has 1, the controller has 15 ---- */

static bool port_is_taken(const GPtrArray *side, const char *port)
{
	if (strcmp(port, "0:1") == 0)
		return true;
	for (guint i = 0; i < side->len; i++) {
		if (g_strcmp0(((struct entry *)g_ptr_array_index(side, i))->guest_port, port) == 0)
			return true;
	}
	return false;
}

static int find_port(const GPtrArray *side, struct entry *entry)
{
	if (entry->guest_port) {
		if (port_is_taken(side, entry->guest_port))
			return refuse(VIR_ERR_XML_ERROR, "Duplicate USB address bus 0 port %s",
				      entry->guest_port + 2);
		return 0;
	}
	for (unsigned int i = 1; i <= 15; i++) {
		g_autofree char *port = g_strdup_printf("0:%u", i);

		if (!port_is_taken(side, port)) {
			entry->guest_port = g_steal_pointer(&port);
			return 0;
		}
	}
	return refuse(VIR_ERR_INTERNAL_ERROR, "internal error: No free USB ports");
}

/* ---- attaching ---- */

/* libvirt reads every USB device's files to find one, and fails if any of them is just going (all
 * versions). */
static bool is_stormy(void)
{
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		if (sim_now > SEC && host_gadgets[i].since > sim_now - 5 * MS && sim_chance(30))
			return true;
	}
	return false;
}

/* 0 and *RET_GADGET, NULL for a placeholder; or -1. */
static int look_up(const struct entry *entry, struct gadget **ret_gadget)
{
	*ret_gadget = host_at(entry->bus, entry->dev);
	if (is_stormy())
		return refuse(VIR_ERR_SYSTEM_ERROR,
			      "Failed to open file '/sys/bus/usb/devices/1-2/idVendor'");
	if (*ret_gadget && dev_means(entry, *ret_gadget))
		return 0;
	*ret_gadget = NULL;
	/* On hotplug `requisite` is as good as `optional` (9.0.0 to 12.8.0). */
	if (entry->policy && strcmp(entry->policy, "mandatory") != 0)
		return 0;
	return refuse(VIR_ERR_INTERNAL_ERROR,
		      "internal error: Did not find USB device %04x:%04x bus:%u device:%u",
		      entry->vendor, entry->product, entry->bus, entry->dev);
}

static int attach_live(struct guest *guest, struct entry *entry)
{
	struct gadget *gadget = NULL;
	struct guest *user = in_use_by(entry->bus, entry->dev);

	if (entry->alias && dev_find(guest->live, entry->alias))
		return refuse(VIR_ERR_CONFIG_UNSUPPORTED, "non unique alias detected: %s",
			      entry->alias);
	if (find_port(guest->live, entry) < 0 || look_up(entry, &gadget) < 0)
		return -1;
	if (gadget && user)
		return refuse(VIR_ERR_OPERATION_INVALID,
			      "USB device %03u:%03u is in use by driver QEMU, domain %s",
			      entry->bus, entry->dev, user->name);
	if (entry->alias && g_hash_table_contains(guest->ids, entry->alias))
		return refuse(VIR_ERR_INTERNAL_ERROR,
			      "internal error: unable to execute QEMU command 'device_add': "
			      "Duplicate device ID '%s'",
			      entry->alias);
	entry->missing = !gadget;
	check_attach(guest, entry, true);
	in_use_set(entry->bus, entry->dev, guest);
	g_ptr_array_add(guest->live, entry);
	if (gadget)
		dev_open(entry, gadget);
	libvirt_tell_device(guest, ID_ADDED, entry->alias);
	return 0;
}

static bool is_same(const struct entry *a, const struct entry *b)
{
	if (a->dev && a->bus == b->bus && a->dev == b->dev)
		return true;
	return !a->dev && !b->dev && a->vendor == b->vendor && a->product == b->product;
}

static int attach_config(struct guest *guest, struct entry *entry)
{
	if (entry->alias && dev_find(guest->config, entry->alias))
		return refuse(VIR_ERR_CONFIG_UNSUPPORTED, "non unique alias detected: %s",
			      entry->alias);
	for (guint i = 0; i < guest->config->len; i++) {
		const struct entry *other = g_ptr_array_index(guest->config, i);

		if (is_same(other, entry))
			return refuse(VIR_ERR_OPERATION_INVALID,
				      "device is already in the domain configuration");
		/* One by its ids alone stands in the way of an addressed one (11.3.0, 12.8.0). */
		if (libvirt_version >= LIBVIRT_11_3 && !other->dev && entry->vendor &&
		    other->vendor == entry->vendor && other->product == entry->product)
			return refuse(VIR_ERR_XML_ERROR,
				      "Hostdev already exists in the domain configuration");
	}
	if (find_port(guest->config, entry) < 0)
		return -1;
	check_attach(guest, entry, false);
	g_ptr_array_add(guest->config, entry);
	/* 9.0.0 tells nobody. */
	if (libvirt_version >= LIBVIRT_11_3)
		libvirt_tell_lifecycle(guest, 0, 1);
	return 0;
}

int guest_attach(struct guest *guest, const char *xml, bool live)
{
	struct entry *entry = dev_read(xml);
	int result;

	trace("libvirt", "%s: attach %s %s %u:%u", guest->name, live ? "live" : "config",
	      entry->alias ? entry->alias : "-", entry->bus, entry->dev);
	result = live ? attach_live(guest, entry) : attach_config(guest, entry);
	if (result == 0) {
		note_act();
	} else {
		trace("libvirt", "%s: refused: %s", guest->name, virGetLastError()->message);
		dev_free(entry);
	}
	return result;
}

/* ---- detaching ---- */

static void drop(struct guest *guest, struct entry *entry)
{
	g_autofree char *alias = g_strdup(entry->alias);

	if (in_use_by(entry->bus, entry->dev) == guest)
		in_use_set(entry->bus, entry->dev, NULL);
	g_ptr_array_remove(guest->live, entry);
	libvirt_tell_device(guest, ID_REMOVED, alias);
}

struct release {
	struct guest *guest;
	char *alias;
	int id;
	uint64_t number;
};

/*
 * QEMU's word that a device is gone, by its alias alone. If libvirt has meanwhile attached another
 * under that alias, it drops that one, and QEMU keeps it: "Duplicate device ID" until the guest's
 * next start (9.0.0 with QEMU 7.2). The word waits for the domain's job.
 */
static void release(void *data)
{
	struct release *late = data;
	struct guest *guest = late->guest;
	struct entry *entry = dev_find(guest->live, late->alias);

	if (guest->holds_job && guest->id == late->id) {
		sim_at(50 * MS, release, late);
		return;
	}
	if (entry && guest->id == late->id) {
		if (entry->releasing != late->number) {
			trace("qemu", "%s: the late word on %s hits another device", guest->name,
			      late->alias);
			g_hash_table_add(guest->ids, g_strdup(late->alias));
		}
		drop(guest, entry);
	}
	g_free(late->alias);
	g_free(late);
}

static uint64_t release_time(void)
{
	/* Until its RCU threads have come by: 22 s were seen on a busy machine. */
	if (libvirt_version < LIBVIRT_12_8 && sim_chance(3))
		return sim_between(10 * SEC, 22 * SEC);
	return libvirt_version >= LIBVIRT_12_8 ? sim_between(1 * MS, 5 * MS)
					       : sim_between(40 * MS, 75 * MS);
}

static int detach_live(struct guest *guest, struct entry *entry)
{
	static uint64_t numbers;
	struct release *late;

	check_detach(guest, entry, true);
	if (entry->releasing) {
		/* QEMU does not know it any more, so libvirt drops it. */
		drop(guest, entry);
		return 0;
	}
	entry->releasing = ++numbers;
	dev_close(entry);
	late = g_new0(struct release, 1);
	*late = (struct release){guest, g_strdup(entry->alias), guest->id, entry->releasing};
	sim_at(release_time(), release, late);
	return 0;
}

/* What the alias found is then looked for once more, by address if it has one, else by ids: the
 * first that is the same goes (all versions). */
static struct entry *first_same(const GPtrArray *side, const struct entry *found)
{
	for (guint i = 0; i < side->len; i++) {
		struct entry *entry = g_ptr_array_index(side, i);

		if (found->dev ? entry->bus == found->bus && entry->dev == found->dev
			       : entry->vendor == found->vendor && entry->product == found->product)
			return entry;
	}
	return NULL;
}

static int detach(struct guest *guest, struct entry *entry, bool live)
{
	note_act();
	if (live)
		return detach_live(guest, entry);
	check_detach(guest, entry, false);
	/* No version tells of this. */
	g_ptr_array_remove(guest->config, entry);
	return 0;
}

int guest_detach_alias(struct guest *guest, const char *alias, bool live)
{
	const GPtrArray *side = live ? guest->live : guest->config;
	struct entry *found = dev_find(side, alias);

	trace("libvirt", "%s: detach %s %s", guest->name, live ? "live" : "config", alias);
	if (!found)
		return refuse(VIR_ERR_INTERNAL_ERROR,
			      "internal error: no device found with alias %s", alias);
	return detach(guest, first_same(side, found), live);
}

int guest_detach_xml(struct guest *guest, const char *xml, bool live)
{
	const GPtrArray *side = live ? guest->live : guest->config;
	struct entry *asked = dev_read(xml);
	struct entry *found = first_same(side, asked);

	trace("libvirt", "%s: detach %s %u:%u by XML", guest->name, live ? "live" : "config",
	      asked->bus, asked->dev);
	dev_free(asked);
	if (!found)
		return refuse(VIR_ERR_DEVICE_MISSING, "device not present in domain configuration");
	return detach(guest, found, live);
}
