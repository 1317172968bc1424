/* SPDX-License-Identifier: MIT */

/*
 * What the daemon's pass costs: DOMAINS running domains, each with four tags and a hostdev of
 * somebody's own, on a host with DEVICES devices, which the first domains have attached. An event
 * pass follows the replug of one device; its actions are planned, and not begun. A resync pass is
 * about all domains. Prints one JSON object.  usage: bench_pass event|resync DOMAINS DEVICES PASSES
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "reconciler/daemon/act.h"
#include "reconciler/daemon/link.h"
#include "reconciler/daemon/serve.h"
#include "state/devices.h"
#include "world.h"

#define TAGS 4
/* As many as udev knows of a device. */
#define PROPERTIES 30

/* Each in a world of its own, as a world sorts itself again for each: a bench of thousands would be
 * one of that. */
static void add_devices(struct snapshot *world, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		OWN(snapshot) alone = world_new();
		g_autofree char *sysname = g_strdup_printf("%u-%u", 1 + i / 100 * 2, 1 + i % 100);
		g_autofree char *serial = g_strdup_printf("S%u", i);

		struct device *device =
			world_plug(alone, sysname, 2 + i % 100, 0x0403, 0x6001, serial);

		for (unsigned int k = 0; k < PROPERTIES; k++)
			g_hash_table_insert(device->properties, g_strdup_printf("ID_%u", k),
					    g_strdup_printf("value %u", k));
		g_ptr_array_add(world->devices, g_ptr_array_steal_index(alone->devices, 0));
	}
	snapshot_sort(world);
}

static void add_domain(struct snapshot *world, unsigned int number)
{
	g_autofree char *name = g_strdup_printf("vm%04u", number);
	OWN(snapshot) alone = world_new();
	struct domain *domain = world_domain(alone, name, true);
	struct hostdev *other = hostdev_new();

	for (unsigned int i = 0; i < TAGS; i++) {
		unsigned int which = number * TAGS + i;
		g_autofree char *tag = g_strdup_printf("t%u", i);
		g_autofree char *alias = g_strdup_printf(TAG_ALIAS_PREFIX "t%u", i);
		g_autofree char *serial = g_strdup_printf("S%u", which);

		world_tag(domain, tag, serial);
		if (which < world->devices->len)
			world_hostdev(domain->live, alias,
				      g_ptr_array_index(world->devices, which));
	}
	other->alias = g_strdup("hostdev0");
	other->has_address = true;
	other->bus = 200;
	other->dev = number + 1;
	g_ptr_array_add(domain->live, other);
	g_ptr_array_add(world->domains, g_ptr_array_steal_index(alone->domains, 0));
}

/* The daemon that knows this world. */
static void set_up(struct daemon *daemon, const struct snapshot *world)
{
	daemon_init(daemon);
	g_ptr_array_unref(daemon->devices);
	daemon->devices = g_ptr_array_ref(world->devices);
	daemon->everything = true;
	for (guint i = 0; i < world->domains->len; i++) {
		struct domain *domain = g_ptr_array_index(world->domains, i);
		struct known_domain *known = known_domains_get(daemon->known_domains, domain->uuid);

		known_domains_learn(daemon->known_domains, known, domain_ref(domain),
				    problem_list_new());
		/* As if a call were outstanding: what is planned is not begun. */
		known->dirty = 0;
		known->busy = true;
	}
}

/* The devices read anew, the first of them under the number DEV. */
static GPtrArray *read_again(unsigned int count, unsigned int dev)
{
	OWN(snapshot) world = world_new();
	struct device *first;

	add_devices(world, count);
	first = g_ptr_array_index(world->devices, 0);
	first->dev = dev;
	first->incarnation += dev;
	return g_ptr_array_ref(world->devices);
}

/* What is measured: run counts the instructions of this function. */
static __attribute__((noinline)) void daemon_pass(struct daemon *daemon, bool resync)
{
	daemon->everything = resync;
	link_read_dirty(daemon);
	act_pass(daemon, resync ? TRIGGER_RESYNC : TRIGGER_UDEV);
}

/* The first device is replugged, and a pass follows: microseconds. */
static gint64 replug_once(struct daemon *daemon, bool resync, unsigned int dev)
{
	GPtrArray *devices = read_again(daemon->devices->len, dev);
	gint64 start = g_get_monotonic_time();

	g_ptr_array_unref(daemon->devices);
	daemon->devices = devices;
	daemon_pass(daemon, resync);
	return g_get_monotonic_time() - start;
}

static int compare(const void *a, const void *b)
{
	gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

	return (left > right) - (left < right);
}

static unsigned int number(int argc, char **argv, int which)
{
	return argc > which ? (unsigned int)strtoul(argv[which], NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	static struct daemon daemon;
	bool resync = argc > 1 && strcmp(argv[1], "resync") == 0;
	unsigned int domains = number(argc, argv, 2), devices = number(argc, argv, 3);
	unsigned int passes = number(argc, argv, 4);
	g_autofree gint64 *usec = g_new0(gint64, passes + 1);
	OWN(snapshot) world = world_new();
	struct rusage usage;

	if (domains == 0 || devices == 0 || passes == 0)
		return EXIT_FAILURE;
	add_devices(world, devices);
	for (unsigned int i = 0; i < domains; i++)
		add_domain(world, i);
	snapshot_sort(world);
	set_up(&daemon, world);
	/* The first pass after a start is about all. */
	act_pass(&daemon, TRIGGER_START);
	for (unsigned int i = 0; i < passes; i++)
		usec[i] = replug_once(&daemon, resync, i % 2 ? 2 : 120);
	qsort(usec, passes, sizeof(*usec), compare);
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"usec\": %" G_GINT64_FORMAT ", \"rss_kib\": %ld}\n", usec[passes / 2],
	       usage.ru_maxrss);
	return EXIT_SUCCESS;
}
