/* SPDX-License-Identifier: MIT */
/*
 * Properties of the planner on random worlds (worlds_make.h) in which random things happen, libvirt
 * refuses this and that for a while, and what is remembered is lost now and then: it comes to rest,
 * whatever the order of reading; a process that knows nothing comes to the same rest; no device is
 * in two guests, none in one that its tag does not match; nothing is lost from a config. WORLDS=N
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
#include "worlds_make.h"

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

static GRand *whims;

static bool refuse(const struct action *action, struct outcome *outcome)
{
	static const int codes[] = {1, 9, 27, 38, 55, 67, 68, 84, 99};

	(void)action;
	if (!chance(whims, 30))
		return false;
	outcome->kind = OUTCOME_FAILED;
	outcome->code = codes[pick(whims, G_N_ELEMENTS(codes))];
	outcome->message = g_strdup(chance(whims, 20) ? "boot order 1 is taken" : "no");
	outcome->releasing = action->kind == ACTION_DETACH_LIVE && chance(whims, 10);
	return true;
}

/* libvirt refuses this and that for a while, then nothing any more, and all waiting is over. */
static void live_with_refusals(struct snapshot *world, struct history *history, GRand *rand)
{
	whims = rand;
	world_refuses = refuse;
	for (unsigned int i = 0; i < 4; i++) {
		OWN(plan) plan = planner_plan(world, history);

		remember_plan(history, plan, world);
		world_apply(world, plan, history);
		world->now += pick(rand, 3) * G_USEC_PER_SEC;
	}
	world_refuses = NULL;
	world->now += 600 * (uint64_t)G_USEC_PER_SEC;
}

/* Does the plan take it out of the config for good, as it should not be there? */
static bool is_unwanted(const struct plan *plan, const struct verdict *verdict,
			const struct member *member)
{
	bool out = false, in = false;

	for (guint i = 0; i < plan->actions->len; i++) {
		const struct action *action = g_ptr_array_index(plan->actions, i);

		if (action->domain != verdict->domain || strcmp(action->slot, member->alias) != 0)
			continue;
		out = out || action->kind == ACTION_DETACH_CONFIG;
		in = in || action->kind == ACTION_ATTACH_CONFIG;
	}
	return out && !in;
}

static void note_kept(GHashTable *kept, const struct plan *plan, const struct verdict *verdict)
{
	const struct domain *domain = verdict->domain;
	bool may_keep = !domain->unreadable && verdict->tag->persist != TAG_PERSIST_NO;

	for (guint k = 0; k < verdict->members->len && may_keep; k++) {
		const struct member *member = g_ptr_array_index(verdict->members, k);

		if (member->device && member->config && member->kind != VERDICT_REFUSED &&
		    g_strcmp0(member->config->alias, member->alias) == 0 &&
		    !is_unwanted(plan, verdict, member))
			g_hash_table_add(kept,
					 g_strdup_printf("%s %s", domain->name, member->alias));
	}
}

/* "DOMAIN ALIAS" of what the tags have in the config under their own alias and may keep there: a
 * set.
 */
static GHashTable *kept_configs(const struct snapshot *world)
{
	GHashTable *kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	OWN(history) none = history_new();
	OWN(plan) plan = planner_plan(world, none);

	for (guint i = 0; i < plan->verdicts->len; i++)
		note_kept(kept, plan, g_ptr_array_index(plan->verdicts, i));
	return kept;
}

/* Whatever libvirt refused meanwhile: who still owns its device has it in the config still, or says
 * why not, as long as somebody remembers what is owed. What a program holds is refused once no
 * guest has it. */
static void check_kept(const struct snapshot *world, const struct history *history,
		       GHashTable *kept)
{
	OWN(plan) plan = planner_plan(world, history);

	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		for (guint k = 0; k < verdict->members->len; k++) {
			const struct member *member = g_ptr_array_index(verdict->members, k);
			g_autofree char *name =
				g_strdup_printf("%s %s", verdict->domain->name, member->alias);

			if (member->device && !member->device->claimed && !member->config &&
			    member->kind != VERDICT_FAILED && member->kind != VERDICT_REFUSED &&
			    g_hash_table_contains(kept, name))
				fail_msg("the config entry of %s is lost", name);
		}
	}
}

/* A process that knows nothing comes to rest as well, and the next one has nothing to do. */
static void run_afresh(struct snapshot *world, struct history **history)
{
	OWN(history) none = history_new();
	OWN(plan) plan = NULL;

	history_free(*history);
	*history = history_new();
	assert_true(world_settle(world, *history) <= PASSES_MAX);
	plan = planner_plan(world, none);
	assert_int_equal(plan->actions->len, 0);
}

static unsigned int settle(struct snapshot *world, struct history **history, GRand *rand)
{
	g_autoptr(GHashTable) kept = kept_configs(world);
	unsigned int busy;

	if (chance(rand, 30))
		live_with_refusals(world, *history, rand);
	busy = world_settle(world, *history);
	assert_true(busy <= PASSES_MAX);
	worlds_check_live(world);
	check_rest(world, *history);
	check_kept(world, *history, kept);
	if (chance(rand, 30))
		run_afresh(world, history);
	return busy;
}

/* What needs several plans more is asked of some worlds only. */
static void live_through(unsigned int seed, unsigned int *passes, unsigned int *concerns)
{
	GRand *rand = g_rand_new_with_seed(seed);
	OWN(snapshot) world = worlds_make(rand);
	struct history *history = history_new();
	bool thorough = seed % 10 == 0;

	for (unsigned int i = 0; i < 4; i++) {
		OWN(snapshot) before = NULL;
		struct domain *domain;
		unsigned int busy;

		if (thorough)
			check_order(world, history, rand);
		busy = settle(world, &history, rand);
		passes[MIN(busy, 7u)]++;
		if (thorough)
			check_order(world, history, rand);
		/* What time alone does is not the event's doing. */
		world->now += 5 * G_USEC_PER_SEC;
		if (thorough)
			before = copy(world, history);
		domain = any_domain(world, rand);
		worlds_happen(world, domain, rand);
		if (thorough)
			check_concern(before, world, history, domain, concerns);
	}
	history_free(history);
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
