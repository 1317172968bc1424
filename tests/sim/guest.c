/* SPDX-License-Identifier: MIT */

/*
 * Guests from define to undefine: start, stop, managed save, snapshots, and what a restart of
 * libvirtd does to them.
 */

#include "sim.h"

#include <libvirt/libvirt.h>
#include <string.h>

enum libvirt_version libvirt_version;
GPtrArray *guests;
static int last_id;

void libvirt_boot(enum libvirt_version version)
{
	libvirt_version = version;
	libvirt_is_up = true;
	guests = g_ptr_array_new();
}

struct guest *guest_new(const char *name)
{
	struct guest *guest = g_new0(struct guest, 1);

	guest->name = g_strdup(name);
	guest->uuid = g_strdup_printf("00000000-0000-4000-8000-%012u", guests->len + 1);
	guest->id = -1;
	guest->persistent = guest->defined = true;
	guest->live = g_ptr_array_new();
	guest->config = g_ptr_array_new();
	guest->image = g_ptr_array_new_with_free_func(dev_free);
	guest->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_ptr_array_add(guests, guest);
	return guest;
}

struct guest *guest_find(const char *uuid)
{
	for (guint i = 0; i < guests->len; i++) {
		struct guest *guest = g_ptr_array_index(guests, i);

		if (guest->defined && strcmp(guest->uuid, uuid) == 0)
			return guest;
	}
	return NULL;
}

static struct gadget *only_with_ids(const struct entry *entry, unsigned int *ret_count)
{
	struct gadget *found = NULL;

	*ret_count = 0;
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		struct gadget *gadget = &host_gadgets[i];

		if (!gadget->incarnation || gadget->vendor != entry->vendor ||
		    gadget->product != entry->product)
			continue;
		found = gadget;
		++*ret_count;
	}
	return found;
}

/*
 * What a start makes of one entry. An address that nothing has fails the start, or with `optional`
 * leaves a placeholder; ids alone that two devices have fail it whatever the policy.
 */
static bool resolve(struct entry *entry, struct gadget **ret_gadget)
{
	bool optional = g_strcmp0(entry->policy, "optional") == 0;
	unsigned int count;

	if (!entry->dev) {
		*ret_gadget = only_with_ids(entry, &count);
		if (count > 1 || (count == 0 && !optional))
			return false;
		if (count == 1) {
			entry->bus = (*ret_gadget)->bus;
			entry->dev = (*ret_gadget)->dev;
		}
		return true;
	}
	*ret_gadget = host_at(entry->bus, entry->dev);
	if (*ret_gadget && dev_means(entry, *ret_gadget))
		return true;
	*ret_gadget = NULL;
	return optional;
}

void guest_give_back(struct guest *guest)
{
	for (guint i = 0; i < guest->live->len; i++) {
		struct entry *entry = g_ptr_array_index(guest->live, i);

		dev_close(entry);
		if (in_use_by(entry->bus, entry->dev) == guest)
			in_use_set(entry->bus, entry->dev, NULL);
	}
	g_ptr_array_set_size(guest->live, 0);
	g_hash_table_remove_all(guest->ids);
}

/* False: refused, as libvirt refuses a start. */
bool guest_take(struct guest *guest, const GPtrArray *entries)
{
	for (guint i = 0; i < entries->len; i++) {
		struct entry *entry = dev_copy(g_ptr_array_index(entries, i));
		struct gadget *gadget = NULL;

		if (!resolve(entry, &gadget)) {
			trace("libvirt", "%s: no start: did not find %u:%u", guest->name,
			      entry->bus, entry->dev);
			return false;
		}
		if (gadget && in_use_by(entry->bus, entry->dev)) {
			trace("libvirt", "%s: no start: %u:%u is in use", guest->name, entry->bus,
			      entry->dev);
			/* The way out uses the wrong index and takes the other owner's entry off
			 * the list (9.0.0, 11.3.0, 12.8.0). */
			if (i > 0)
				in_use_set(entry->bus, entry->dev, NULL);
			return false;
		}
		entry->missing = !gadget;
		if (!entry->alias)
			entry->alias = g_strdup_printf("hostdev%u", i);
		if (gadget) {
			in_use_set(entry->bus, entry->dev, guest);
			dev_open(entry, gadget);
		}
		g_ptr_array_add(guest->live, entry);
	}
	return true;
}

/* What it was given is opened when its QEMU is up. */
static void guest_open_all(struct guest *guest)
{
	for (guint i = 0; i < guest->live->len; i++) {
		struct entry *entry = g_ptr_array_index(guest->live, i);
		struct gadget *gadget = host_at(entry->bus, entry->dev);

		if (!entry->missing && gadget && dev_means(entry, gadget))
			dev_open(entry, gadget);
	}
}

/* QEMU closes every device when it loads a state, and never opens it again: the XML does not say.
 */
void guest_let_go(struct guest *guest)
{
	for (guint i = 0; i < guest->live->len; i++)
		dev_close(g_ptr_array_index(guest->live, i));
}

void guest_number(struct guest *guest)
{
	guest->id = ++last_id;
	guest->paused = guest->starting = guest->leaving = guest->arriving = false;
}

struct starting {
	struct guest *guest;
	int id, detail;
};

static void is_up(void *data)
{
	struct starting *starting = data;
	struct guest *guest = starting->guest;

	if (guest->id == starting->id && guest->starting) {
		guest->starting = guest->paused = guest->holds_job = false;
		guest->job_until = sim_now;
		fiber_wake_all(&guest->holds_job);
		guest_open_all(guest);
		libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_RESUMED,
				       VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
		libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_STARTED, starting->detail);
	}
	g_free(starting);
}

/* Until its QEMU is up, it is paused, its XML has hostdevs that QEMU has not, and its job is
 * libvirt's own. */
static void be_starting(struct guest *guest, int detail)
{
	struct starting *starting = g_new0(struct starting, 1);

	*starting = (struct starting){guest, guest->id, detail};
	guest_let_go(guest);
	guest->starting = guest->paused = guest->holds_job = true;
	guest->job_since = sim_now;
	sim_at(sim_chance(20) ? sim_between(SEC, 8 * SEC) : sim_between(50 * MS, 700 * MS), is_up,
	       starting);
}

bool guest_start(struct guest *guest, int detail)
{
	bool restored = guest->saved;

	if (guest->id >= 0 || !libvirt_is_up)
		return false;
	if (!guest_take(guest, restored ? guest->image : guest->config)) {
		guest_give_back(guest);
		return false;
	}
	guest_number(guest);
	guest->live_wishes = restored ? guest->image_wishes : guest->wishes;
	guest->saved = false;
	guest->changed = sim_now;
	trace("people", "%s is %s", guest->name, restored ? "restored" : "started");
	if (restored) {
		guest_let_go(guest);
		libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_STARTED,
				       VIR_DOMAIN_EVENT_STARTED_RESTORED);
		libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_RESUMED,
				       VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT);
		return true;
	}
	be_starting(guest, detail);
	return true;
}

/* Its QEMU is gone, whatever it was doing. */
void guest_lose(struct guest *guest)
{
	bool own_job = guest->starting || guest->leaving || guest->arriving;

	guest_give_back(guest);
	guest->id = -1;
	guest->paused = guest->starting = guest->leaving = guest->arriving = false;
	if (own_job) {
		guest->holds_job = false;
		guest->job_until = sim_now;
		fiber_wake_all(&guest->holds_job);
	}
}

void guest_stop(struct guest *guest, int detail)
{
	if (guest->id < 0)
		return;
	trace("people", "%s stops", guest->name);
	guest_lose(guest);
	guest->changed = sim_now;
	libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_STOPPED, detail);
	if (!guest->persistent)
		guest->defined = false;
}

void guest_save(struct guest *guest)
{
	if (guest->id < 0 || !guest->persistent || guest->starting || guest->leaving ||
	    guest->arriving)
		return;
	trace("people", "%s is saved", guest->name);
	g_ptr_array_set_size(guest->image, 0);
	for (guint i = 0; i < guest->live->len; i++)
		g_ptr_array_add(guest->image, dev_copy(g_ptr_array_index(guest->live, i)));
	guest->image_wishes = guest->live_wishes;
	guest->saved = true;
	guest_stop(guest, VIR_DOMAIN_EVENT_STOPPED_SAVED);
}

void guest_snapshot(struct guest *guest)
{
	const GPtrArray *from = guest->id >= 0 ? guest->live : guest->config;

	trace("people", "%s: a snapshot", guest->name);
	guest->snapshot = g_ptr_array_new();
	for (guint i = 0; i < from->len; i++)
		g_ptr_array_add(guest->snapshot, dev_copy(g_ptr_array_index(from, i)));
	guest->snapshot_wishes = guest->wishes;
	guest->snapshot_runs = guest->id >= 0;
}

/* Old tags and old numbers come back, in both XMLs. One whose device is gone makes it fail; 9.0.0
 * has ended the guest by then. */
void guest_revert(struct guest *guest)
{
	if (!guest->snapshot || !guest->persistent || guest->saved || guest->holds_job)
		return;
	trace("people", "%s is reverted to its snapshot", guest->name);
	if (guest->id >= 0 && !guest->snapshot_runs)
		guest_stop(guest, VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
	g_ptr_array_set_size(guest->config, 0);
	for (guint i = 0; i < guest->snapshot->len; i++) {
		struct entry *entry = dev_copy(g_ptr_array_index(guest->snapshot, i));

		if (entry->alias && g_str_has_prefix(entry->alias, "hostdev"))
			g_clear_pointer(&entry->alias, g_free);
		entry->missing = false;
		g_ptr_array_add(guest->config, entry);
	}
	guest->wishes = guest->snapshot_wishes;
	guest->wishes.since = guest->changed = sim_now;
	libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_DEFINED,
			       VIR_DOMAIN_EVENT_DEFINED_FROM_SNAPSHOT);
	if (!guest->snapshot_runs)
		return;
	guest_give_back(guest);
	if (!guest_take(guest, guest->snapshot)) {
		guest_give_back(guest);
		if (guest->id >= 0)
			guest_stop(guest, VIR_DOMAIN_EVENT_STOPPED_FAILED);
		return;
	}
	guest_let_go(guest);
	guest->live_wishes = guest->wishes;
	if (guest->id >= 0) {
		libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_RESUMED,
				       VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT);
		return;
	}
	guest_number(guest);
	libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_STARTED,
			       VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT);
}

void guest_undefine(struct guest *guest)
{
	if (guest->id >= 0)
		return;
	trace("people", "%s is undefined", guest->name);
	guest->defined = false;
	guest->changed = sim_now;
	libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_UNDEFINED, 0);
}

/* `virsh edit` of a running domain changes the config alone and says DEFINED; SetMetadata changes
 * both, and says so on its own. */
void guest_edited(struct guest *guest, bool with_virsh_edit)
{
	guest->wishes.since = guest->changed = sim_now;
	if (with_virsh_edit) {
		libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_DEFINED,
				       VIR_DOMAIN_EVENT_DEFINED_UPDATED);
		return;
	}
	if (guest->id >= 0)
		guest->live_wishes = guest->wishes;
	libvirt_tell_metadata(guest);
}

/* ---- libvirtd ---- */

/*
 * libvirtd lists anew who uses what, by number alone, not looking at `missing`, which it has
 * forgotten: two of one number make it kill the second guest (9.0.0, 11.3.0, 12.8.0).
 */
static void take_stock(void)
{
	for (unsigned int bus = 0; bus < 8; bus++) {
		for (unsigned int dev = 0; dev < 130; dev++)
			in_use_set(bus, dev, NULL);
	}
	for (guint i = 0; i < guests->len; i++) {
		struct guest *guest = g_ptr_array_index(guests, i);

		for (guint k = 0; k < guest->live->len; k++) {
			struct entry *entry = g_ptr_array_index(guest->live, k);

			entry->missing = false;
			if (in_use_by(entry->bus, entry->dev)) {
				trace("libvirt", "%s is killed: %u:%u twice", guest->name,
				      entry->bus, entry->dev);
				if (sim_now - guest->changed > 60 * SEC &&
				    g_str_has_prefix(entry->alias, "ua-usbr-") &&
				    libvirt_chaos == 0)
					fail("a running guest was killed: %s has %u:%u, which "
					     "%s has too",
					     guest->name, entry->bus, entry->dev,
					     in_use_by(entry->bus, entry->dev)->name);
				guest_stop(guest, VIR_DOMAIN_EVENT_STOPPED_FAILED);
				break;
			}
			in_use_set(entry->bus, entry->dev, guest);
		}
	}
}

static void come_up(void *data)
{
	(void)data;
	trace("libvirt", "libvirtd is up");
	take_stock();
	libvirt_is_up = true;
}

void libvirt_restart(void)
{
	if (!libvirt_is_up)
		return;
	libvirt_stop();
	sim_at(sim_between(200 * MS, sim_chance(20) ? 30 * SEC : 3 * SEC), come_up, NULL);
}

/* At the host's boot: nothing runs, and nobody uses anything. */
void libvirt_start_anew(void)
{
	come_up(NULL);
}
