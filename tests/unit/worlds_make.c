/* SPDX-License-Identifier: MIT */
#include "worlds_make.h"

#include <stdlib.h>
#include <string.h>

#include "world.h"

static const char *const ports[] = {"1-1",  "1-2", "1-3", "1-3.1", "1-3.2", "1-3.2.1",
				    "1-31", "2-1", "2-4", "3-1",   "3-2",   "4-3"};
static const char *const serials[] = {NULL, "AAA", "BBB", "AA_BB", "AA BB", "CCC"};
static const unsigned int products[] = {0x6001, 0x6001, 0xea60, 0x0002};

static unsigned int pick(GRand *rand, size_t n)
{
	return (unsigned int)g_rand_int_range(rand, 0, (int)n);
}

static bool chance(GRand *rand, unsigned int percent)
{
	return pick(rand, 100) < percent;
}

static bool is_taken(const struct snapshot *world, const char *sysname)
{
	for (guint i = 0; i < world->devices->len; i++) {
		const struct device *device = g_ptr_array_index(world->devices, i);

		if (strcmp(device->sysname, sysname) == 0)
			return true;
	}
	return false;
}

static unsigned int free_number(const struct snapshot *world, unsigned int bus, GRand *rand)
{
	unsigned int dev;

	do
		dev = 2 + pick(rand, 20);
	while (snapshot_device_at(world, bus, dev));
	return dev;
}

static void plug(struct snapshot *world, GRand *rand)
{
	const char *sysname = ports[pick(rand, G_N_ELEMENTS(ports))];
	struct device *device;

	if (is_taken(world, sysname))
		return;
	device = world_plug(world, sysname, free_number(world, (unsigned int)atoi(sysname), rand),
			    chance(rand, 5) ? 0 : 0x0403,
			    products[pick(rand, G_N_ELEMENTS(products))],
			    serials[pick(rand, G_N_ELEMENTS(serials))]);
	device->incarnation = world->now + g_rand_int(rand);
	device->hub = chance(rand, 10);
	device->authorized = !chance(rand, 5);
	if (device->untrusted_serial) {
		char *spelled = g_strdelimit(g_strdup(device->untrusted_serial), " ", '_');

		g_hash_table_insert(device->properties, g_strdup("ID_SERIAL_SHORT"), spelled);
	}
	g_hash_table_insert(device->properties, g_strdup("ID_MODEL"),
			    g_strdup(chance(rand, 50) ? "stick" : "serial"));
	if (chance(rand, 5))
		device->in_use = g_strdup("mounted");
	if (chance(rand, 3))
		device_add_guest_use(device, "other", "disk /dev/sdb");
	device->claimed = chance(rand, 5);
	if (chance(rand, 3))
		g_hash_table_insert(device->properties, g_strdup("USBRECONCILE_IGNORE"),
				    g_strdup("1"));
	if (chance(rand, 10))
		device->driver = g_strdup("ftdi_sio");
	if (chance(rand, 20))
		changes_add(world->changes, device, world->now);
}

static const struct device *any_device(const struct snapshot *world, GRand *rand)
{
	return world->devices->len == 0
		       ? NULL
		       : g_ptr_array_index(world->devices, pick(rand, world->devices->len));
}

static void give_selectors(struct tag *tag, const struct snapshot *world, GRand *rand)
{
	const struct device *device = any_device(world, rand);
	const char *serial = device ? device->untrusted_serial : "CCC";

	if (serial && chance(rand, 60))
		tag->serial = g_strdup(serial);
	if (chance(rand, 30))
		tag->port = device ? g_strdup(device->port) : world_port("1-1");
	else if (chance(rand, 10))
		tag->port_sysname = g_strdup(device ? device->sysname : "1-2");
	if (chance(rand, 15))
		g_ptr_array_add(tag->matches,
				tag_match_new("ID_MODEL", chance(rand, 50) ? "s*" : "stick"));
	if (chance(rand, 30) ||
	    (!tag->serial && !tag->port && !tag->port_sysname && tag->matches->len == 0))
		world_tag_id(tag, 0x0403, device ? device->id.product : 0x6001);
	if (chance(rand, 10))
		world_tag_id(tag, 0x0403, 0xea60);
}

static void add_tag(struct snapshot *world, struct domain *domain, GRand *rand)
{
	g_autofree char *name = g_strdup_printf("t%u", pick(rand, 6));
	struct tag *tag;

	if (domain_find_tag(domain, name))
		return;
	tag = world_tag(domain, name, NULL);
	give_selectors(tag, world, rand);
	tag->group = chance(rand, 15);
	tag->limit = 1 + pick(rand, 4);
	tag->enabled = !chance(rand, 10);
	tag->force = chance(rand, 10);
	tag->persist = (enum tag_persist)pick(rand, 3);
	if (!tag->group && chance(rand, 10))
		tag->guest_port = g_strdup_printf("0:2%c", name[1]);
	if (chance(rand, 5)) {
		tag->complaint = g_strdup("bad");
		domain->metadata = METADATA_INVALID;
	}
}

static const char *const aliases[] = {"ua-usbr-t0",   "ua-usbr-t1", "ua-usbr-t2",
				      "ua-usbr-gone", "hostdev0",   "ua-mine"};

static bool address_is_used(const struct snapshot *world, unsigned int bus, unsigned int dev)
{
	for (guint i = 0; i < world->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(world->domains, i);

		for (guint k = 0; k < domain->live->len; k++) {
			if (hostdev_at(g_ptr_array_index(domain->live, k), bus, dev))
				return true;
		}
	}
	return false;
}

/* As libvirt keeps its lists: aliases and guest ports once a side, addresses once on a side of the
 * config and once in all that is live. */
static void add_hostdev(struct snapshot *world, struct domain *domain, GPtrArray *side, GRand *rand)
{
	const struct device *device = any_device(world, rand);
	const char *alias = aliases[pick(rand, G_N_ELEMENTS(aliases))];
	struct hostdev *hostdev;
	unsigned int dev;

	if (!device || domain_find_hostdev(side, alias))
		return;
	dev = chance(rand, 60) ? device->dev : 2 + pick(rand, 20);
	for (guint i = 0; i < side->len; i++) {
		if (hostdev_at(g_ptr_array_index(side, i), device->bus, dev))
			return;
	}
	if (side == domain->live && address_is_used(world, device->bus, dev))
		return;
	hostdev = world_hostdev(side, alias, device);
	hostdev->dev = dev;
	hostdev->guest_port = g_strdup_printf("0:%u", side->len);
	/* By ids alone, or by its address alone. */
	if (side == domain->config && hostdev->has_id && chance(rand, 10)) {
		hostdev->has_address = false;
		hostdev->bus = hostdev->dev = 0;
	} else if (chance(rand, 10)) {
		hostdev->has_id = false;
		hostdev->id = (struct usb_id){0, 0};
	}
	hostdev->missing = side == domain->live && chance(rand, 10);
}

/* A tablet, say, on a port that a tag may ask for or a hostdev had. */
static void take_port(GPtrArray *ports_taken, GRand *rand)
{
	static const char *const taken[] = {"0:1", "0:2", "0:21", "0:22"};

	if (chance(rand, 20))
		domain_add_port(ports_taken, taken[pick(rand, G_N_ELEMENTS(taken))], "input");
}

/* Transient, saved or unreadable, now and then. */
static void make_special(struct snapshot *world, struct domain *domain, GRand *rand)
{
	if (domain->running && chance(rand, 10)) {
		domain->persistent = false;
		g_ptr_array_set_size(domain->config, 0);
	}
	if (!domain->running && chance(rand, 30)) {
		domain->saved = true;
		for (unsigned int k = pick(rand, 3); k > 0; k--)
			add_hostdev(world, domain, domain->image, rand);
	}
	if (chance(rand, 5))
		domain->unreadable = g_strdup("busy");
}

struct snapshot *worlds_make(GRand *rand)
{
	struct snapshot *world = world_new();
	unsigned int domains = 1 + pick(rand, 4);

	for (unsigned int i = pick(rand, 9); i > 0; i--)
		plug(world, rand);
	for (unsigned int i = 0; i < domains; i++) {
		g_autofree char *name = g_strdup_printf("g%u", i);
		struct domain *domain = world_domain(world, name, chance(rand, 60));

		for (unsigned int k = pick(rand, 4); k > 0; k--)
			add_tag(world, domain, rand);
		for (unsigned int k = pick(rand, 4); k > 0; k--)
			add_hostdev(world, domain, domain->config, rand);
		for (unsigned int k = pick(rand, 4); domain->running && k > 0; k--)
			add_hostdev(world, domain, domain->live, rand);
		take_port(domain->config_ports, rand);
		if (domain->running)
			take_port(domain->live_ports, rand);
		make_special(world, domain, rand);
	}
	return world;
}

/* The host came up with other bus numbers: the ports are what they were. */
static void move_buses(struct snapshot *world)
{
	for (guint i = 0; i < world->devices->len; i++) {
		struct device *device = g_ptr_array_index(world->devices, i);
		unsigned int bus = (device->bus + 3) % 8 + 1;
		char *sysname = g_strdup_printf("%u%s", bus, strchr(device->sysname, '-'));

		device->bus = bus;
		g_free(device->sysname);
		device->sysname = sysname;
		g_clear_pointer(&device->companion, g_free);
	}
	snapshot_sort(world);
}

/* Off or on: what was live is gone, and nothing is saved any more. */
static void switch_power(struct domain *domain)
{
	if (!domain->persistent)
		return;
	domain->running = !domain->running;
	domain->saved = false;
	g_ptr_array_set_size(domain->live, 0);
	g_ptr_array_set_size(domain->image, 0);
}

/* To devices, or to DOMAIN. */
void worlds_happen(struct snapshot *world, struct domain *domain, GRand *rand)
{
	struct device *device = (struct device *)(uintptr_t)any_device(world, rand);

	switch (pick(rand, 9)) {
	case 0:
		if (device)
			world_unplug(world, device);
		return;
	case 1:
		plug(world, rand);
		return;
	case 2:
		switch_power(domain);
		return;
	case 3:
		add_tag(world, domain, rand);
		return;
	case 4:
		if (domain->tags->len > 0)
			g_ptr_array_remove_index(domain->tags, pick(rand, domain->tags->len));
		return;
	case 5:
		if (device)
			world_move(device, free_number(world, device->bus, rand));
		return;
	case 6:
		move_buses(world);
		return;
	case 7:
		g_clear_pointer(&domain->unreadable, g_free);
		return;
	case 8:
		if (device && device->in_use)
			g_clear_pointer(&device->in_use, g_free);
		else if (device)
			device->in_use = g_strdup("mounted");
		return;
	}
}
