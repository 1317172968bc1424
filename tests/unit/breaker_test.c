/* SPDX-License-Identifier: MIT */
/*
 * No world makes us act for ever: whatever is done succeeds, and is undone at once by somebody, in
 * random worlds. Without the breaker each of them would see the same actions every second.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "state/json.h"
#include "world.h"
#include "worlds_make.h"

#define SECONDS 300
/* Four times within a minute, then after 1, 2, 4, … 60 s, of each device that had the place. */
#define TIMES_MOST 40

static void count(GHashTable *times, const struct plan *plan)
{
	for (guint i = 0; i < plan->actions->len; i++) {
		const struct action *action = g_ptr_array_index(plan->actions, i);
		char *what = g_strdup_printf("%s %s %s", action_kind_name(action->kind),
					     action->domain->name, action->slot);
		guint done = GPOINTER_TO_UINT(g_hash_table_lookup(times, what)) + 1;

		if (done > TIMES_MOST)
			fail_msg("%s: %u times (%s)", what, done, reason_name(action->reason));
		g_hash_table_insert(times, what, GUINT_TO_POINTER(done));
	}
}

static void live_among_vandals(unsigned int seed)
{
	GRand *rand = g_rand_new_with_seed(seed);
	OWN(snapshot) first = worlds_make(rand);
	OWN(history) history = history_new();
	OWN(plan) nothing = plan_new();
	g_autofree char *text = json_write_status(first, nothing, history);
	g_autoptr(GHashTable) times = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned int second = 0; second < SECONDS; second++) {
		OWN(snapshot) world = NULL;
		OWN(history) none = NULL;
		OWN(plan) plan = NULL;
		char *err = NULL;

		assert_int_equal(json_read_status(text, &world, &none, &err), 0);
		world->now = first->now + second * (uint64_t)G_USEC_PER_SEC;
		plan = planner_plan(world, history);
		remember_plan(history, plan, world);
		count(times, plan);
		world_apply(world, plan, history);
	}
	g_rand_free(rand);
}

static void what_is_undone_each_time_is_not_done_for_ever(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 20; seed++)
		live_among_vandals(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_undone_each_time_is_not_done_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
