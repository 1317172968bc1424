/* SPDX-License-Identifier: MIT */
/*
 * Properties of the planner on random worlds: hosts with hubs, twins and equal serials; several
 * domains, also transient, saved and unreadable ones, with random tags of every selector; hostdevs
 * right, stale, foreign and gone; then random events, bus numbers that move among them. WORLDS=N
 * sets how many (5,000), SEED=N where to begin: a failure names the seed of its world.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/interest.h"
#include "reconciler/core/match.h"
#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "state/json.h"
#include "world.h"
#include "worlds_check.h"

static const char *const ports[] = {"1-1",  "1-2", "1-3", "1-3.1", "1-3.2", "1-3.2.1",
				    "1-31", "2-1", "2-4", "3-1",   "3-2",   "4-3"};
static const char *const serials[] = {NULL, "AAA", "BBB", "AA_BB", "AA BB", "CCC"};
static const unsigned int products[] = {0x6001, 0x6001, 0xea60, 0x0002};

/* No ping-pong. 180,000 settlings needed no more, and a world that needed six had many
 * tags, each waiting for something else. */
#define PASSES_MAX 6

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
	g_autofree char *port = world_port(sysname);

	for (guint i = 0; i < world->devices->len; i++) {
		const struct device *device = g_ptr_array_index(world->devices, i);

		if (strcmp(device->port, port) == 0)
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
			    0x0403, products[pick(rand, G_N_ELEMENTS(products))],
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
	hostdev->missing = side == domain->live && chance(rand, 10);
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

static struct snapshot *random_world(GRand *rand)
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
		make_special(world, domain, rand);
	}
	return world;
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *sorted_lines(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	qsort(lines, g_strv_length(lines), sizeof(char *), compare_lines);
	return g_strjoinv("\n", lines);
}

static void shuffle(GPtrArray *array, GRand *rand)
{
	for (guint i = array->len; i > 1; i--) {
		guint k = pick(rand, i);
		gpointer swap = array->pdata[i - 1];

		array->pdata[i - 1] = array->pdata[k];
		array->pdata[k] = swap;
	}
}

static char *decide(const struct snapshot *world, const struct history *history)
{
	OWN(plan) plan = planner_plan(world, history);
	g_autofree char *actions = world_actions(plan);
	g_autofree char *verdicts = world_verdicts(plan);
	g_autofree char *both = g_strconcat(actions, verdicts, NULL);

	worlds_check_plan(world, plan);
	return sorted_lines(both);
}

/* The order of domains and tags is how they were read, and says nothing. */
static void check_order(struct snapshot *world, const struct history *history, GRand *rand)
{
	g_autofree char *straight = decide(world, history);
	g_autofree char *shuffled = NULL;

	shuffle(world->domains, rand);
	for (guint i = 0; i < world->domains->len; i++)
		shuffle(((struct domain *)g_ptr_array_index(world->domains, i))->tags, rand);
	snapshot_sort(world);
	shuffled = decide(world, history);
	assert_string_equal(straight, shuffled);
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
static void happen(struct snapshot *world, struct domain *domain, GRand *rand)
{
	struct device *device = (struct device *)(uintptr_t)any_device(world, rand);

	switch (pick(rand, 8)) {
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
	}
}

static unsigned int number(const char *name, unsigned int otherwise)
{
	const char *value = g_getenv(name);

	return value ? (unsigned int)strtoul(value, NULL, 10) : otherwise;
}

/* Nothing comes back by itself, however long one waits. */
static void check_rest(struct snapshot *world, const struct history *history)
{
	OWN(plan) plan = NULL;

	world->now += 3600 * (uint64_t)G_USEC_PER_SEC;
	plan = planner_plan(world, history);
	assert_int_equal(plan->actions->len, 0);
}

static struct snapshot *copy(const struct snapshot *world, const struct history *history)
{
	OWN(plan) nothing = plan_new();
	g_autofree char *text = json_write_status(world, nothing, history);
	OWN(history) other = NULL;
	struct snapshot *copied = NULL;
	char *err = NULL;

	if (json_read_status(text, &copied, &other, &err) < 0)
		fail_msg("%s", err);
	return copied;
}

/* What is decided for one domain. */
static char *decided_for(const struct snapshot *world, const struct history *history,
			 const char *name)
{
	OWN(plan) plan = planner_plan(world, history);
	g_autofree char *actions = world_actions(plan);
	g_autofree char *verdicts = world_verdicts(plan);
	g_autofree char *both = g_strconcat(actions, verdicts, NULL);
	g_auto(GStrv) lines = g_strsplit(both, "\n", -1);
	g_autofree char *action = g_strdup_printf(" %s ", name);
	g_autofree char *verdict = g_strdup_printf("%s/", name);
	GString *own = g_string_new(NULL);

	for (char **line = lines; *line; line++) {
		if (strstr(*line, action) || g_str_has_prefix(*line, verdict))
			g_string_append_printf(own, "%s\n", *line);
	}
	return g_string_free(own, FALSE);
}

static struct snapshot *part_of(const struct snapshot *world, const GPtrArray *domains)
{
	struct snapshot *part = snapshot_new();

	g_ptr_array_unref(part->devices);
	part->devices = g_ptr_array_ref(world->devices);
	for (guint i = 0; i < domains->len; i++)
		g_ptr_array_add(part->domains, domain_ref(g_ptr_array_index(domains, i)));
	part->now = world->now;
	g_ptr_array_unref(part->changes);
	part->changes = g_ptr_array_ref(world->changes);
	snapshot_sort(part);
	return part;
}

/* Whom an event does not concern, for them nothing changes; and for whom it does, nobody else has
 * to be looked at. BEFORE became WORLD, by a change of CHANGED or of devices. */
static void check_concern(const struct snapshot *before, const struct snapshot *world,
			  const struct history *history, struct domain *changed,
			  unsigned int *concerns)
{
	OWN(interests) interests = interests_new();
	g_autoptr(GPtrArray) news = g_ptr_array_new();
	g_autoptr(GPtrArray) concerned = NULL;
	OWN(snapshot) part = NULL;

	for (guint i = 0; i < world->domains->len; i++)
		interests_add(interests, g_ptr_array_index(world->domains, i));
	g_ptr_array_add(news, (gpointer)(uintptr_t)snapshot_find_domain(before, changed->name));
	g_ptr_array_add(news, changed);
	concerned = interests_concerned(interests, before->devices, world->devices, news);
	part = part_of(world, concerned);
	for (guint i = 0; i < world->domains->len; i++) {
		struct domain *domain = g_ptr_array_index(world->domains, i);
		bool found = g_ptr_array_find(concerned, domain, NULL);
		g_autofree char *whole = decided_for(world, history, domain->name);
		g_autofree char *own = decided_for(found ? part : before, history, domain->name);

		assert_string_equal(own, whole);
		concerns[found]++;
	}
}

static struct domain *any_domain(const struct snapshot *world, GRand *rand)
{
	return g_ptr_array_index(world->domains, pick(rand, world->domains->len));
}

static void live_through(unsigned int seed, unsigned int *passes, unsigned int *concerns)
{
	GRand *rand = g_rand_new_with_seed(seed);
	OWN(snapshot) world = random_world(rand);
	OWN(history) history = history_new();

	for (unsigned int i = 0; i < 6; i++) {
		OWN(snapshot) before = NULL;
		struct domain *domain;
		unsigned int busy;

		check_order(world, history, rand);
		busy = world_settle(world, history);
		passes[MIN(busy, 7u)]++;
		assert_true(busy <= PASSES_MAX);
		worlds_check_live(world);
		check_rest(world, history);
		check_order(world, history, rand);
		/* What time alone does is not the event's doing. */
		world->now += 5 * G_USEC_PER_SEC;
		before = copy(world, history);
		domain = any_domain(world, rand);
		happen(world, domain, rand);
		check_concern(before, world, history, domain, concerns);
	}
	g_rand_free(rand);
}

static void worlds_come_to_rest_whatever_their_order(void **state)
{
	unsigned int first = number("SEED", 1), count = number("WORLDS", 5000);
	unsigned int passes[8] = {0}, concerns[2] = {0};

	(void)state;
	for (unsigned int seed = first; seed < first + count; seed++) {
		g_autofree char *text = g_strdup_printf("%u", seed);

		g_setenv("WORLD", text, TRUE);
		live_through(seed, passes, concerns);
	}
	printf("%u worlds; passes with actions until rest:", count);
	for (unsigned int i = 0; i < G_N_ELEMENTS(passes); i++)
		printf(" %u:%u", i, passes[i]);
	printf("\nevents concerned %u domains, and %u not\n", concerns[1], concerns[0]);
}

static int name_the_world(void **state)
{
	(void)state;
	if (g_getenv("WORLD"))
		printf("last world: SEED=%s\n", g_getenv("WORLD"));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(worlds_come_to_rest_whatever_their_order, name_the_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
