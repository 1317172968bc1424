/* SPDX-License-Identifier: MIT */

/* What a person had set on a hostdev is still there when it has been replaced. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "world.h"

static const char boot[] = "<hostdev><boot order=\"1\"/></hostdev>";

static void add_hostdev(GPtrArray *side, const struct device *device)
{
	struct hostdev *hostdev = world_hostdev(side, "ua-mine", device);

	hostdev->guest_reset = GUEST_RESET_OFF;
	hostdev->rest = g_strdup(boot);
	hostdev->guest_port = g_strdup("0:2");
}

/* Somebody's own hostdev for the stick, in both XMLs, with all there can be. */
static int keep_setup(void **state)
{
	struct scene *scene;

	scene_setup(state);
	scene = *state;
	scene->tag->persist = TAG_PERSIST_YES;
	add_hostdev(scene->domain->live, scene->device);
	add_hostdev(scene->domain->config, scene->device);
	return 0;
}

/* The attach of one side that is planned, or NULL. */
static const struct action *find_attach(const struct plan *plan, enum action_kind kind)
{
	for (guint i = 0; i < plan->actions->len; i++) {
		const struct action *action = g_ptr_array_index(plan->actions, i);

		if (action->kind == kind)
			return action;
	}
	return NULL;
}

static void assert_keeps(struct scene *scene, enum action_kind kind, enum guest_reset reset,
			 const char *rest)
{
	OWN(plan) plan = planner_plan(scene->world, scene->history);
	const struct action *action = find_attach(plan, kind);

	assert_non_null(action);
	assert_int_equal(action->guest_reset, reset);
	if (rest)
		assert_string_equal(action->rest, rest);
	else
		assert_null(action->rest);
	assert_string_equal(action->guest_port, "0:2");
}

static void an_adopted_hostdev_is_replaced_with_all_it_had(void **state)
{
	struct scene *scene = *state;

	world_move(scene->device, 6);
	assert_keeps(scene, ACTION_ATTACH_LIVE, GUEST_RESET_OFF, boot);
	assert_keeps(scene, ACTION_ATTACH_CONFIG, GUEST_RESET_OFF, boot);
	/* What the tag says comes first. */
	scene->tag->guest_reset = GUEST_RESET_ON;
	assert_keeps(scene, ACTION_ATTACH_LIVE, GUEST_RESET_ON, boot);
	assert_keeps(scene, ACTION_ATTACH_CONFIG, GUEST_RESET_ON, boot);
}

static void each_side_keeps_its_own_and_a_new_one_gets_the_others(void **state)
{
	struct scene *scene = *state;
	struct hostdev *live = g_ptr_array_index(scene->domain->live, 0);

	world_move(scene->device, 6);
	g_clear_pointer(&live->rest, g_free);
	live->guest_reset = GUEST_RESET_DEFAULT;
	assert_keeps(scene, ACTION_ATTACH_LIVE, GUEST_RESET_DEFAULT, NULL);
	assert_keeps(scene, ACTION_ATTACH_CONFIG, GUEST_RESET_OFF, boot);
	g_ptr_array_set_size(scene->domain->live, 0);
	assert_keeps(scene, ACTION_ATTACH_LIVE, GUEST_RESET_OFF, boot);
}

static void what_was_unplugged_comes_back_with_all_it_had(void **state)
{
	struct scene *scene = *state;
	OWN(plan) plan = planner_plan(scene->world, scene->history);

	/* It was seen while it was there; then both entries went with the device. */
	remember_plan(scene->history, plan, scene->world);
	g_ptr_array_set_size(scene->domain->live, 0);
	g_ptr_array_set_size(scene->domain->config, 0);
	world_move(scene->device, 6);
	assert_keeps(scene, ACTION_ATTACH_LIVE, GUEST_RESET_OFF, boot);
}

static void what_libvirt_refuses_is_not_asked_for_again(void **state)
{
	struct scene *scene = *state;
	OWN(plan) plan = NULL;
	struct outcome outcome = {.kind = OUTCOME_FAILED, .code = 1};
	char message[] = "The bootindex 1 has already been used";

	world_move(scene->device, 6);
	plan = planner_plan(scene->world, scene->history);
	outcome.action = find_attach(plan, ACTION_ATTACH_LIVE);
	outcome.message = message;
	remember_outcome(scene->history, &outcome, scene->world->now);
	assert_keeps(scene, ACTION_ATTACH_LIVE, GUEST_RESET_OFF, NULL);
	assert_keeps(scene, ACTION_ATTACH_CONFIG, GUEST_RESET_OFF, boot);
}

static void a_tag_that_says_nothing_of_it_leaves_ours_as_it_is(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 2; i++) {
		GPtrArray *side = i ? scene->domain->config : scene->domain->live;
		struct hostdev *hostdev = g_ptr_array_index(side, 0);

		g_free(hostdev->alias);
		hostdev->alias = g_strdup("ua-usbr-a");
		g_free(hostdev->startup_policy);
		hostdev->startup_policy = i ? g_strdup("optional") : NULL;
	}
	world_expect(scene->world, scene->history, "", "g1/a attached attached 1-1\n");
	scene->tag->guest_reset = GUEST_RESET_ON;
	assert_keeps(scene, ACTION_ATTACH_CONFIG, GUEST_RESET_ON, boot);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, keep_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(an_adopted_hostdev_is_replaced_with_all_it_had),
		IN_SCENE(each_side_keeps_its_own_and_a_new_one_gets_the_others),
		IN_SCENE(what_was_unplugged_comes_back_with_all_it_had),
		IN_SCENE(what_libvirt_refuses_is_not_asked_for_again),
		IN_SCENE(a_tag_that_says_nothing_of_it_leaves_ours_as_it_is),
	};

	return cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
