/* SPDX-License-Identifier: MIT */

/* What happens to the host and its guests: a list of moments from the seed, each with a number of
 * its own, so that leaving some out changes nothing about the others. */

#include "people.h"

#include <libvirt/libvirt.h>
#include <string.h>

static uint64_t dice; /* the happening's own number, used up from below */

unsigned int people_throw(unsigned int limit)
{
	unsigned int result = (unsigned int)(dice % limit);

	dice /= limit;
	return result;
}

struct guest *people_any_guest(void)
{
	return g_ptr_array_index(guests, people_throw(guests->len));
}

static unsigned int any_gadget(void)
{
	return people_throw(host_gadget_count);
}

/* One that is plugged in, if there is any: to it more can happen. */
static unsigned int any_plugged(void)
{
	unsigned int first = any_gadget();

	for (unsigned int i = 0; i < host_gadget_count; i++) {
		unsigned int gadget = (first + i) % host_gadget_count;

		if (host_gadgets[gadget].incarnation)
			return gadget;
	}
	return first;
}

static unsigned int any_unplugged(void)
{
	unsigned int first = any_gadget();

	for (unsigned int i = 0; i < host_gadget_count; i++) {
		unsigned int gadget = (first + i) % host_gadget_count;

		if (!host_gadgets[gadget].incarnation)
			return gadget;
	}
	return first;
}

/* ---- the host ---- */

struct replug {
	unsigned int gadget, socket;
	bool same_number;
};

static void plug_again(void *data)
{
	struct replug *replug = data;

	host_plug(replug->gadget, replug->socket, replug->same_number);
	g_free(replug);
}

static void plug(void)
{
	unsigned int gadget = any_unplugged();

	host_plug(gadget, people_throw(host_socket_count), false);
}

static void unplug(void)
{
	host_unplug(any_plugged());
}

static void replug(unsigned int gadget, bool same_number, uint64_t after, int elsewhere)
{
	struct replug *again;

	if (!host_gadgets[gadget].incarnation)
		return;
	again = g_new0(struct replug, 1);
	*again = (struct replug){gadget, (unsigned int)host_gadgets[gadget].socket, same_number};
	if (elsewhere >= 0)
		again->socket = (unsigned int)elsewhere;
	host_unplug(gadget);
	sim_at(after, plug_again, again);
}

static void replug_here(void)
{
	replug(any_plugged(), false, people_throw(10) * 100 * MS + 5 * MS, -1);
}

static void replug_there(void)
{
	unsigned int gadget = any_plugged();

	replug(gadget, false, people_throw(30) * 100 * MS, (int)people_throw(host_socket_count));
}

/* A controller that is unbound and bound: the same number, and no event says that it is another. */
static void rebind(void)
{
	replug(any_plugged(), true, people_throw(5) * 50 * MS + 10 * MS, -1);
}

/* Somebody else comes under the number that has just become free. */
static void inherit(void)
{
	unsigned int gone = any_plugged(), heir = any_unplugged();
	struct replug *again;

	if (!host_gadgets[gone].incarnation || host_gadgets[heir].incarnation)
		return;
	again = g_new0(struct replug, 1);
	*again = (struct replug){heir, (unsigned int)host_gadgets[gone].socket, true};
	host_unplug(gone);
	sim_at(20 * MS, plug_again, again);
}

static void swap_twins(void)
{
	unsigned int first = people_throw(2) ? 0 : 5;
	int a = host_gadgets[first].socket, b = host_gadgets[first + 1].socket;

	if (a < 0 || b < 0)
		return;
	replug(first, false, people_throw(10) * 100 * MS, b);
	replug(first + 1, false, people_throw(10) * 100 * MS, a);
}

static void use_disk(void)
{
	host_use(3, people_throw(3) == 0 ? USE_SWAP : USE_MOUNT);
}

static void release_disk(void)
{
	host_use(3, USE_NONE);
}

/* ---- guests ---- */

static void start(void)
{
	struct guest *guest = people_any_guest();

	if (guest->defined)
		guest_start(guest, VIR_DOMAIN_EVENT_STARTED_BOOTED);
}

static void stop(void)
{
	guest_stop(people_any_guest(), VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
}

static void save(void)
{
	guest_save(people_any_guest());
}

static void snapshot(void)
{
	struct guest *guest = people_any_guest();

	if (guest->defined)
		guest_snapshot(guest);
}

static void revert(void)
{
	struct guest *guest = people_any_guest();

	if (guest->defined && libvirt_is_up)
		guest_revert(guest);
}

static void undefine(void)
{
	struct guest *guest = people_any_guest();

	if (guest->id < 0 && guest->defined && libvirt_is_up)
		guest_undefine(guest);
}

static void define(void)
{
	struct guest *guest = people_any_guest();

	if (guest->defined || !libvirt_is_up)
		return;
	trace("people", "%s is defined", guest->name);
	guest->defined = guest->persistent = true;
	guest->saved = false;
	guest_edited(guest, true);
}

/* The commands may add some more. */
#define TAGS_MOST 4

static const char *free_name(const struct wishes *wishes, unsigned int number)
{
	static const char *const names[] = {"one", "two", "three", "four", "five", "six"};

	for (unsigned int i = number; i < number + G_N_ELEMENTS(names); i++) {
		const char *name = names[i % G_N_ELEMENTS(names)];
		bool taken = false;

		for (unsigned int k = 0; k < wishes->count; k++)
			taken = taken || (k != number && strcmp(wishes->list[k].name, name) == 0);
		if (!taken)
			return name;
	}
	g_assert_not_reached();
}

static struct wish any_wish(const struct wishes *wishes, unsigned int number)
{
	const struct gadget *gadget = &host_gadgets[any_plugged()];
	unsigned int how = people_throw(6);
	struct wish wish = {.socket = -1};

	g_strlcpy(wish.name, free_name(wishes, number), sizeof(wish.name));
	wish.persist = (int)people_throw(3) - 1;
	wish.force = people_throw(8) == 0;
	wish.required = people_throw(4) == 0;
	wish.disabled = people_throw(12) == 0;
	wish.invalid = people_throw(40) == 0;
	if (people_throw(10) == 0)
		wish.guest_port = people_throw(2) ? "0:7" : "0:9";
	if (how == 5) {
		wish.group = true;
		wish.guest_port = NULL;
		wish.socket = people_throw(2) ? 4 : (int)people_throw(host_socket_count);
		return wish;
	}
	if (how != 3 || people_throw(2)) {
		wish.vendor = gadget->vendor;
		wish.product = gadget->product;
	}
	if (how == 1 || how == 2)
		wish.serial = gadget->serial;
	if (how == 2 || how == 3)
		wish.socket = gadget->socket >= 0 && people_throw(3)
				      ? gadget->socket
				      : (int)people_throw(host_socket_count);
	if (!wish.vendor && !wish.product && !wish.serial && wish.socket < 0)
		wish.socket = 0;
	return wish;
}

static void tag(void)
{
	struct guest *guest = people_any_guest();
	struct wishes *wishes = &guest->wishes;
	unsigned int number = people_throw(TAGS_MOST);
	bool with_virsh_edit = people_throw(2);
	g_autofree char *text = NULL;

	if (!guest->defined || !libvirt_is_up)
		return;
	if (number >= wishes->count && wishes->count < TAGS_MOST)
		number = wishes->count++;
	else
		number = MIN(number, wishes->count - 1);
	wishes->list[number] = any_wish(wishes, number);
	text = dump_wishes(wishes);
	trace("people", "%s is tagged%s: %s", guest->name, with_virsh_edit ? " (virsh edit)" : "",
	      text);
	guest_edited(guest, with_virsh_edit);
}

static void untag(void)
{
	struct guest *guest = people_any_guest();

	if (guest->wishes.count == 0 || !guest->defined || !libvirt_is_up)
		return;
	guest->wishes.count--;
	trace("people", "%s: the last tag goes", guest->name);
	guest_edited(guest, people_throw(2));
}

/* virsh attach-device and virt-manager, by address and ids. */
static void attach_by_hand(void)
{
	struct guest *guest = people_any_guest();
	const struct gadget *gadget = &host_gadgets[any_plugged()];
	struct entry *entry;
	GPtrArray *side = people_throw(2) ? guest->live : guest->config;

	if (!gadget->known || gadget->hub || !guest->defined || gadget->vendor == 0 ||
	    in_use_by(gadget->bus, gadget->dev) || (side == guest->live && guest->id < 0) ||
	    !libvirt_is_up || guest->holds_job || guest->arriving)
		return;
	for (guint i = 0; i < side->len; i++) {
		if (dev_means(g_ptr_array_index(side, i), gadget))
			return;
	}
	trace("people", "%s gets %s by hand, %s", guest->name, gadget->name,
	      side == guest->live ? "live" : "in the config");
	entry = dev_new(NULL);
	entry->foreign = true;
	entry->vendor = gadget->vendor;
	entry->product = gadget->product;
	entry->bus = gadget->bus;
	entry->dev = gadget->dev;
	entry->guest_port = g_strdup_printf("0:%u", people_throw(6) + 2);
	for (guint i = 0; i < side->len; i++) {
		const struct entry *other = g_ptr_array_index(side, i);

		if (g_strcmp0(other->guest_port, entry->guest_port) == 0)
			g_clear_pointer(&entry->guest_port, g_free);
	}
	if (!entry->guest_port) {
		dev_free(entry);
		return;
	}
	guest->changed = sim_now;
	g_ptr_array_add(side, entry);
	if (side == guest->config) {
		if (libvirt_version >= LIBVIRT_11_3)
			libvirt_tell_lifecycle(guest, VIR_DOMAIN_EVENT_DEFINED, 1);
		return;
	}
	entry->alias = g_strdup_printf("hostdev%u", people_throw(100) + 10);
	in_use_set(entry->bus, entry->dev, guest);
	dev_open(entry, host_at(entry->bus, entry->dev));
	libvirt_tell_device(guest, ID_ADDED, entry->alias);
}

static const struct {
	void (*happen)(void);
	unsigned int weight, intensity; /* from which on */
} kinds[] = {
	{plug, 30, 0},
	{unplug, 12, 0},
	{replug_here, 14, 0},
	{replug_there, 10, 0},
	{rebind, 5, 0},
	{inherit, 5, 0},
	{swap_twins, 4, 0},
	{use_disk, 5, 0},
	{release_disk, 5, 0},
	{start, 20, 0},
	{stop, 8, 0},
	{save, 4, 0},
	{snapshot, 2, 0},
	{revert, 3, 0},
	{tag, 18, 0},
	{untag, 5, 0},
	{trouble_request_run, 3, 0},
	{trouble_request_replug, 3, 0},
	{trouble_reload_daemon, 1, 0},
	{attach_by_hand, 6, 1},
	{undefine, 1, 1},
	{define, 2, 1},
	{trouble_hold_job, 5, 1},
	{trouble_break_xml, 2, 1},
	{trouble_restart_libvirt, 3, 2},
	{trouble_break_connection, 3, 2},
	{trouble_hang_libvirt, 2, 2},
	{trouble_chaos, 3, 2},
	{host_flood, 3, 1},
	{trouble_kill_daemon, 3, 1},
	{trouble_kill_in_call, 3, 1},
	{journey_pause, 3, 0},
	{journey_leave, 4, 1},
	{journey_arrive, 6, 1},
	{journey_shutdown, 1, 1},
	{journey_power_loss, 1, 1},
	{command_happen, 12, 0},
	{trouble_end_daemon, 1, 1},
};

GArray *people_plan(uint64_t seed, unsigned int intensity, uint64_t length)
{
	GArray *plan = g_array_new(FALSE, FALSE, sizeof(struct happening));
	uint64_t at = 5 * SEC;

	sim_seed(seed);
	while (at < length) {
		struct happening happening = {.at = at};
		unsigned int sum = 0;
		uint64_t chosen;

		for (unsigned int i = 0; i < G_N_ELEMENTS(kinds); i++)
			sum += kinds[i].intensity <= intensity ? kinds[i].weight : 0;
		chosen = sim_below(sum);
		for (unsigned int i = 0; i < G_N_ELEMENTS(kinds); i++) {
			unsigned int weight = kinds[i].intensity <= intensity ? kinds[i].weight : 0;

			happening.kind = i;
			if (chosen < weight)
				break;
			chosen -= weight;
		}
		happening.random = sim_random() >> 1;
		g_array_append_val(plan, happening);
		/* Bursts, and time to think between them. */
		at += sim_chance(60) ? sim_between(1 * MS, 800 * MS) : sim_between(SEC, 20 * SEC);
	}
	return plan;
}

void people_do(const struct happening *happening)
{
	dice = happening->random;
	kinds[happening->kind].happen();
}

void people_calm(void)
{
	for (guint i = 0; i < guests->len; i++) {
		struct guest *guest = g_ptr_array_index(guests, i);

		if (guest->broken) {
			guest->broken = false;
			guest_edited(guest, true);
		}
	}
	program_kill_in_call(0, false);
	libvirt_chaos = 0;
	if (libvirt_hangs)
		trouble_end_hang(NULL);
	if (!program_runs())
		program_start();
}

/* Some devices, three guests, some tags. */
void people_begin(uint64_t seed)
{
	static const char *const names[] = {"alpha", "beta", "gamma"};

	sim_seed(seed ^ 0x5eed);
	for (unsigned int i = 0; i < G_N_ELEMENTS(names); i++)
		guest_new(names[i]);
	for (unsigned int i = 0; i < 24; i++) {
		dice = sim_random() >> 1;
		if (i < 12)
			plug();
		else if (i < 20)
			tag();
		else
			start();
	}
}
