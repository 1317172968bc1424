/* SPDX-License-Identifier: MIT */

/*
 * Guests on their way between hosts, and what happens when this host goes down and comes up again.
 *
 * A guest that leaves is somebody's job until it is gone or stays, and nobody says which when it
 * stays. One that arrives shows its old config and its new live XML meanwhile (9.0.0; newer ones
 * let a dump wait), and all its devices are dead when it is there.
 */

#include "people.h"

#include <libvirt/libvirt.h>
#include <signal.h>
#include <string.h>

struct leaving {
	struct guest *guest;
	int id;
	bool stays;
};

static void has_left(void *data)
{
	struct leaving *leaving = data;
	struct guest *guest = leaving->guest;

	if (guest->id == leaving->id && guest->leaving) {
		guest->leaving = guest->holds_job = false;
		guest->job_until = sim_now;
		fiber_wake_all(&guest->holds_job);
		trace("people", "%s %s", guest->name,
		      leaving->stays ? "stays after all" : "has left");
		if (!leaving->stays)
			guest_stop(guest, VIR_DOMAIN_EVENT_STOPPED_MIGRATED);
	}
	g_free(leaving);
}

void journey_leave(void)
{
	struct guest *guest = people_any_guest();
	struct leaving *leaving;
	uint64_t length = people_throw(40) * SEC + SEC;

	if (guest->id < 0 || guest->holds_job || guest->starting || !libvirt_is_up)
		return;
	trace("people", "%s leaves for another host", guest->name);
	guest->holds_job = guest->leaving = true;
	guest->job_since = sim_now;
	guest->job_until = sim_now + length;
	leaving = g_new0(struct leaving, 1);
	*leaving = (struct leaving){guest, guest->id, people_throw(3) == 0};
	sim_at(length, has_left, leaving);
}

/* What its document says for one tag: the number that it had there, which may be anybody's here;
 * or, where a hook has seen to it, one that nothing has. */
static struct entry *brought(const struct wish *wish)
{
	g_autofree char *alias = g_strdup_printf("ua-usbr-%s", wish->name);
	const struct gadget *gadget = &host_gadgets[people_throw(host_gadget_count)];
	struct entry *entry = dev_new(alias);

	if (people_throw(3) > 0 && gadget->known && !gadget->hub && gadget->vendor &&
	    (!wish->vendor || wish->vendor == gadget->vendor)) {
		entry->vendor = gadget->vendor;
		entry->product = gadget->product;
		entry->bus = gadget->bus;
		entry->dev = gadget->dev;
	} else {
		entry->bus = 70000;
		entry->dev = 123456780 + people_throw(9);
		entry->policy = g_strdup("optional");
	}
	return entry;
}

struct arrival {
	struct guest *guest;
	int id;
	bool fails, rests;
};

static void resume(void *data)
{
	struct arrival *arrival = data;
	struct guest *guest = arrival->guest;

	if (guest->id == arrival->id && !guest->paused)
		libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_RESUMED,
				       VIR_DOMAIN_EVENT_RESUMED_MIGRATED);
	g_free(arrival);
}

static void is_there(void *data)
{
	struct arrival *arrival = data;
	struct guest *guest = arrival->guest;

	if (guest->id != arrival->id || !guest->arriving) {
		g_free(arrival);
		return;
	}
	guest->arriving = guest->holds_job = false;
	guest->job_until = guest->changed = sim_now;
	fiber_wake_all(&guest->holds_job);
	trace("people", "%s %s", guest->name, arrival->fails ? "has not made it" : "is there");
	if (arrival->fails) {
		guest_stop(guest, VIR_DOMAIN_EVENT_STOPPED_FAILED);
		g_free(arrival);
		return;
	}
	guest_let_go(guest);
	guest->paused = arrival->rests;
	if (guest->paused) {
		libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_SUSPENDED,
				       VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
		g_free(arrival);
		return;
	}
	resume(arrival);
}

void journey_arrive(void)
{
	struct guest *guest = people_any_guest();
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(dev_free);
	struct arrival *arrival;

	if (guest->id >= 0 || !guest->defined || guest->saved || !libvirt_is_up)
		return;
	for (unsigned int i = 0; i < guest->wishes.count; i++) {
		const struct wish *wish = &guest->wishes.list[i];

		if (!wish->group && !wish->invalid && people_throw(2))
			g_ptr_array_add(entries, brought(wish));
	}
	if (!guest_take(guest, entries)) {
		guest_give_back(guest);
		return;
	}
	trace("people", "%s arrives from another host", guest->name);
	guest_number(guest);
	guest->paused = guest->arriving = true;
	/* Only newer versions keep others from it. */
	guest->holds_job = libvirt_version >= LIBVIRT_11_3;
	guest->job_since = sim_now;
	guest->live_wishes = guest->wishes;
	guest->changed = sim_now;
	libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED);
	arrival = g_new0(struct arrival, 1);
	*arrival = (struct arrival){guest, guest->id, people_throw(6) == 0, people_throw(4) == 0};
	sim_at(people_throw(80) * 100 * MS + 100 * MS, is_there, arrival);
}

void journey_pause(void)
{
	struct guest *guest = people_any_guest();

	if (guest->id < 0 || guest->holds_job || guest->starting || guest->arriving ||
	    !libvirt_is_up)
		return;
	guest->paused = !guest->paused;
	trace("people", "%s is %s", guest->name, guest->paused ? "paused" : "resumed");
	libvirt_tell_lifecycle(
		guest, guest->paused ? VIR_DOMAIN_EVENT_SUSPENDED : VIR_DOMAIN_EVENT_RESUMED,
		0 /* PAUSED, UNPAUSED */);
}

/* ---- the host ---- */

struct boot {
	int sockets[16];
	bool ordered;
};

static bool host_is_down;

static void start_guests(void *data)
{
	bool ordered = data != NULL;

	for (guint i = 0; i < guests->len; i++) {
		struct guest *guest = g_ptr_array_index(guests, i);

		if (!guest->starts_at_boot || !guest->defined || guest->id >= 0)
			continue;
		guest->starts_at_boot = false;
		if (!guest_start(guest, VIR_DOMAIN_EVENT_STARTED_BOOTED) && ordered)
			check_start(guest);
	}
}

static void start_daemon(void *unused)
{
	(void)unused;
	program_start();
}

static void plug_all(void *data)
{
	struct boot *boot = data;

	/* The hub before what is in it. */
	for (unsigned int pass = 0; pass < 2; pass++) {
		for (unsigned int i = 0; i < host_gadget_count; i++) {
			if (boot->sockets[i] >= 0 && host_gadgets[i].hub == (pass == 0))
				host_plug(i, (unsigned int)boot->sockets[i], false);
		}
	}
}

/*
 * The kernel finds the devices in another order than they were plugged in, libvirtd starts some of
 * the guests with no regard for that, the daemon comes, and after it what was saved is restored.
 */
static void come_up(void *data)
{
	struct boot *boot = data;

	host_is_down = false;
	trace("host", "boots");
	sim_at(sim_between(0, 2 * SEC), plug_all, boot);
	libvirt_start_anew();
	sim_at(sim_between(2 * SEC, 4 * SEC), start_daemon, NULL);
	/* After the daemon is ready where that was orderly. */
	sim_at(boot->ordered ? 25 * SEC : sim_between(0, 4 * SEC), start_guests,
	       boot->ordered ? boot : NULL);
}

static void lose_power(struct boot *boot)
{
	program_kill();
	for (guint i = 0; i < guests->len; i++) {
		struct guest *guest = g_ptr_array_index(guests, i);

		guest->starts_at_boot = guest->starts_at_boot || guest->id >= 0;
		guest_lose(guest);
	}
	libvirt_stop();
	for (unsigned int i = 0; i < host_gadget_count; i++)
		boot->sockets[i] = host_gadgets[i].socket;
	host_boot();
	host_is_down = true;
	sim_at(sim_between(5 * SEC, 20 * SEC), come_up, boot);
}

void journey_power_loss(void)
{
	if (host_is_down)
		return;
	trace("host", "the power is gone");
	check_trouble_until = MAX(check_trouble_until, sim_now + 90 * SEC);
	lose_power(g_new0(struct boot, 1));
}

static void go_down(void *data)
{
	struct boot *boot = data;

	trace("host", "goes down");
	program_host_stops(false);
	lose_power(boot);
}

/* What libvirt-guests does, once the daemon has ended: saves them, or shuts them down. */
static void end_guests(void *data)
{
	check_left();
	for (guint i = 0; i < guests->len; i++) {
		struct guest *guest = g_ptr_array_index(guests, i);

		if (guest->id < 0 || guest->holds_job)
			continue;
		guest->starts_at_boot = true;
		if (i % 2 == 0)
			guest_save(guest);
		else
			guest_stop(guest, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
	}
	sim_at(SEC, go_down, data);
}

void journey_shutdown(void)
{
	struct boot *boot;

	if (host_is_down || program_host_is_stopping())
		return;
	check_before_leaving();
	check_trouble_until = MAX(check_trouble_until, sim_now + 90 * SEC);
	trace("host", "shuts down");
	program_host_stops(true);
	program_signal(SIGTERM);
	boot = g_new0(struct boot, 1);
	boot->ordered = true;
	sim_at(20 * SEC, end_guests, boot);
}
