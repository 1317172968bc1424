/* SPDX-License-Identifier: MIT */

/*
 * What the daemon's pass costs when libvirt has nothing to say: planning for DOMAINS running
 * domains, each with four tags and a hostdev of somebody's own, on a host with DEVICES devices,
 * which the first domains have attached. Prints one JSON object.  usage: bench_pass DOMAINS DEVICES
 * PASSES
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "reconciler/daemon_parts.h"
#include "state/devices.h"
#include "world.h"

#define TAGS 4

static void add_devices(struct snapshot *world, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		g_autofree char *sysname = g_strdup_printf("%u-%u", 1 + i / 100 * 2, 1 + i % 100);
		g_autofree char *serial = g_strdup_printf("S%u", i);

		world_plug(world, sysname, 2 + i % 100, 0x0403, 0x6001, serial);
	}
}

static void add_domain(struct snapshot *world, unsigned int number)
{
	g_autofree char *name = g_strdup_printf("vm%04u", number);
	struct domain *domain = world_domain(world, name, true);
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
}

/* The daemon that knows this world. */
static void set_up(struct daemon *daemon, const struct snapshot *world)
{
	daemon->history = history_new();
	daemon->residents = residents_new();
	daemon->devices = g_ptr_array_ref(world->devices);
	daemon->still_since = 1;
	for (guint i = 0; i < world->domains->len; i++) {
		struct domain *domain = g_ptr_array_index(world->domains, i);
		struct resident *resident = residents_get(daemon->residents, domain->uuid);

		resident->dirty = 0;
		residents_learn(daemon->residents, resident, domain_ref(domain),
				g_ptr_array_new_with_free_func((GDestroyNotify)problem_free));
	}
}

static int compare(const void *a, const void *b)
{
	gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

	return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
	static struct daemon daemon;
	unsigned int domains = argc > 3 ? (unsigned int)strtoul(argv[1], NULL, 10) : 0;
	unsigned int devices = argc > 3 ? (unsigned int)strtoul(argv[2], NULL, 10) : 0;
	unsigned int passes = argc > 3 ? (unsigned int)strtoul(argv[3], NULL, 10) : 0;
	g_autofree gint64 *usec = g_new0(gint64, passes + 1);
	struct snapshot *world = world_new();
	struct rusage usage;

	if (passes == 0)
		return EXIT_FAILURE;
	add_devices(world, devices);
	for (unsigned int i = 0; i < domains; i++)
		add_domain(world, i);
	set_up(&daemon, world);
	for (unsigned int i = 0; i < passes; i++) {
		gint64 start = g_get_monotonic_time();

		act_pass(&daemon, TRIGGER_UDEV);
		usec[i] = g_get_monotonic_time() - start;
	}
	qsort(usec, passes, sizeof(*usec), compare);
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"usec\": %" G_GINT64_FORMAT ", \"rss_kib\": %ld}\n", usec[passes / 2],
	       usage.ru_maxrss);
	snapshot_free(world);
	return EXIT_SUCCESS;
}
