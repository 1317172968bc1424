/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/arrival.h"
#include "reconciler/core/remember.h"
#include "state/route.h"
#include "world.h"

static void note(const struct snapshot *world, struct history *history)
{
	OWN(plan) plan = planner_plan(world, history);

	remember_plan(history, plan, world);
}

static void what_neither_tag_nor_hostdev_names_is_forgotten(void **state)
{
	struct scene *scene = *state;

	scene_untag(scene);
	world_tag(scene->domain, "tag", "BBB");
	world_hostdev(scene->domain->config, "ua-usbr-config", scene->device);
	history_get(scene->history, scene->domain->uuid, "ua-usbr-tag");
	history_get(scene->history, scene->domain->uuid, "ua-usbr-config");
	history_get(scene->history, scene->domain->uuid, "ua-usbr-gone");
	note(scene->world, scene->history);
	assert_non_null(history_find(scene->history, scene->domain->uuid, "ua-usbr-tag"));
	assert_non_null(history_find(scene->history, scene->domain->uuid, "ua-usbr-config"));
	assert_null(history_find(scene->history, scene->domain->uuid, "ua-usbr-gone"));
}

static void of_what_cannot_be_read_nothing_is_forgotten(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	domain->unreadable = g_strdup("busy");
	history_get(history, domain->uuid, "ua-usbr-a");
	note(world, history);
	remember_domains(history, world);
	assert_non_null(history_find(history, domain->uuid, "ua-usbr-a"));
}

static void only_who_has_all_domains_may_forget_one(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();

	(void)state;
	world_domain(world, "g1", true);
	history_get(history, "uuid-g2", "ua-usbr-a");
	note(world, history);
	assert_non_null(history_find(history, "uuid-g2", "ua-usbr-a"));
	remember_domains(history, world);
	assert_null(history_find(history, "uuid-g2", "ua-usbr-a"));
}

static void a_start_makes_the_past_of_one_domain_void(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	history_get(history, domain->uuid, "ua-usbr-a")->sides[SIDE_LIVE].failures = 3;
	history_get(history, "uuid-g12", "ua-usbr-a")->sides[SIDE_LIVE].failures = 3;
	remember_start(history, domain);
	assert_int_equal(
		history_find(history, domain->uuid, "ua-usbr-a")->sides[SIDE_LIVE].failures, 0);
	assert_int_equal(history_find(history, "uuid-g12", "ua-usbr-a")->sides[SIDE_LIVE].failures,
			 3);
}

static uint64_t releasing_after(struct history *history, struct outcome outcome)
{
	remember_outcome(history, &outcome, WORLD_NOW);
	return history_find(history, "uuid-g1", "ua-usbr-a")->releasing_since;
}

/* Seen with a guest that was busy: its hostdev stayed while the device went, and came back under
 * the number it had. The XML is right then, and QEMU holds nothing. */
static void who_comes_back_under_its_number_is_not_the_one_that_went(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	device->incarnation = 1;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->live, "ua-usbr-a", device);
	note(world, history);
	g_ptr_array_set_size(world->devices, 0);
	note(world, history);
	device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	device->incarnation = 2;
	note(world, history);
	world_expect(world, history,
		     "-live g1 ua-usbr-a 1:5 (dead)\n+live g1 ua-usbr-a 1:5 (dead)\n",
		     "g1/a pending dead 1-1\n");
}

static void a_release_is_remembered_until_it_is_over(void **state)
{
	struct scene *scene = *state;
	struct action detach = {.kind = ACTION_DETACH_LIVE, .domain = scene->domain};
	struct outcome asked = {.action = &detach, .kind = OUTCOME_FAILED, .releasing = true};
	struct outcome refused = {.action = &detach, .kind = OUTCOME_FAILED};
	struct outcome done = {.action = &detach, .kind = OUTCOME_DONE};
	char alias[] = "ua-usbr-a";

	detach.alias = detach.slot = alias;
	detach.hostdev = world_hostdev(scene->domain->live, alias, scene->device);
	assert_int_equal(releasing_after(scene->history, refused), 0);
	assert_int_equal(releasing_after(scene->history, asked), WORLD_NOW);
	note(scene->world, scene->history);
	assert_int_equal(history_find(scene->history, "uuid-g1", alias)->releasing_since,
			 WORLD_NOW);
	assert_int_equal(releasing_after(scene->history, done), 0);
	/* Over without us: the XML does not have it any more, or another QEMU never had it. */
	releasing_after(scene->history, asked);
	g_ptr_array_set_size(scene->domain->live, 0);
	note(scene->world, scene->history);
	assert_int_equal(history_find(scene->history, "uuid-g1", alias)->releasing_since, 0);
	releasing_after(scene->history, asked);
	remember_start(scene->history, scene->domain);
	assert_int_equal(history_find(scene->history, "uuid-g1", alias)->releasing_since, 0);
}

static void a_guest_on_its_way_is_left_alone_and_asked_about_again(void **state)
{
	struct scene *scene = *state;
	char alias[] = "ua-usbr-a";
	struct action attach = {
		.kind = ACTION_ATTACH_LIVE, .domain = scene->domain, .device = scene->device};
	struct outcome held = {.action = &attach, .kind = OUTCOME_SKIPPED, .migrating = true};

	attach.alias = attach.slot = alias;
	remember_outcome(scene->history, &held, scene->world->now);
	scene_expect(scene, "", "g1/a pending migrating 1-1\n");
	scene->world->now += 4 * G_USEC_PER_SEC;
	scene_expect(scene, "", "g1/a pending migrating 1-1\n");
	scene->world->now += 1 * G_USEC_PER_SEC;
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending migrating 1-1\n");
	/* Asking is trying; the verdict stays until something else is known. */
	held.kind = OUTCOME_FAILED;
	remember_outcome(scene->history, &held, scene->world->now);
	scene->world->now += 60 * G_USEC_PER_SEC;
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	held.kind = OUTCOME_SKIPPED;
	/* Nothing to do is nothing to wait with. */
	remember_outcome(scene->history, &held, scene->world->now);
	world_hostdev(scene->domain->live, alias, scene->device);
	scene_expect(scene, "", "g1/a attached attached 1-1\n");
}

static void nothing_is_done_to_a_guest_that_is_starting(void **state)
{
	struct scene *scene = *state;

	scene->tag->persist = TAG_PERSIST_YES;
	scene->domain->starting = true;
	scene_expect(scene, "", "g1/a pending not_attached 1-1\n");
	scene->domain->starting = false;
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
}

static void one_that_cannot_be_read_on_its_way_is_migrating(void **state)
{
	struct scene *scene = *state;

	scene->domain->unreadable = g_strdup("it is on its way");
	scene->domain->migrating = true;
	scene_expect(scene, "", "g1/a pending migrating\n");
}

/* Somebody takes the hostdev out as soon as it is in, for two minutes. How often was it put in? */
static unsigned int attaches_in_vain(struct snapshot *world, struct history *history,
				     struct domain *domain, uint64_t until)
{
	unsigned int count = 0;

	while (world->now < until) {
		OWN(plan) plan = planner_plan(world, history);

		remember_plan(history, plan, world);
		count += plan->actions->len;
		world_apply(world, plan, history);
		g_ptr_array_set_size(domain->live, 0);
		world->now += 50000;
	}
	return count;
}

static void what_does_not_last_is_done_less_and_less_often(void **state)
{
	struct scene *scene = *state;
	uint64_t until = WORLD_NOW + 120 * (uint64_t)G_USEC_PER_SEC;
	OWN(plan) plan = NULL;
	const struct verdict *verdict;
	const struct member *member;

	/* Four at once, and then after 1, 2, 4 … 60 s, or a quarter less. */
	assert_in_range(attaches_in_vain(scene->world, scene->history, scene->domain, until), 10,
			12);
	scene_expect(scene, "", "g1/a failed restless 1-1\n");
	plan = planner_plan(scene->world, scene->history);
	verdict = g_ptr_array_index(plan->verdicts, 0);
	member = g_ptr_array_index(verdict->members, 0);
	assert_int_equal(verdict->severity, SEVERITY_CRITICAL);
	assert_in_range(member->failures, 7, 9);
	assert_true(member->next_try > scene->world->now && member->next_try == plan_wake(plan));
	/* Another enumeration is another scene->device as far as that goes, and so is another wish.
	 */
	world_move(scene->device, 6);
	scene_expect(scene, "+live g1 ua-usbr-a 1:6 @0:1 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	world_move(scene->device, 5);
	scene->device->incarnation -= 2000;
	scene_expect(scene, "", "g1/a failed restless 1-1\n");
	scene->tag->force = true;
	note(scene->world, scene->history);
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 @0:1 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
}

static void what_has_kept_still_starts_anew(void **state)
{
	struct scene *scene = *state;
	uint64_t until = WORLD_NOW + 10 * (uint64_t)G_USEC_PER_SEC;

	attaches_in_vain(scene->world, scene->history, scene->domain, until);
	scene->world->now += 120 * (uint64_t)G_USEC_PER_SEC;
	until = scene->world->now + G_USEC_PER_SEC / 2;
	assert_int_equal(attaches_in_vain(scene->world, scene->history, scene->domain, until), 4);
}

static void what_a_person_asks_for_is_done_however_often(void **state)
{
	struct scene *scene = *state;

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	for (unsigned int i = 0; i < 10; i++) {
		OWN(plan) plan = NULL;

		remember_replug(scene->history, scene->domain, "ua-usbr-a");
		plan = planner_plan(scene->world, scene->history);
		assert_int_equal(plan->actions->len, 2);
		world_apply(scene->world, plan, scene->history);
	}
	scene_expect(scene, "", "g1/a attached attached 1-1\n");
}

/* A hostdev that nobody names comes back whenever it has been taken out. */
static void a_gone_tag_is_restless_too(void **state)
{
	struct scene *scene = *state;
	unsigned int count = 0;

	scene_untag(scene);
	while (scene->world->now < WORLD_NOW + 60 * (uint64_t)G_USEC_PER_SEC) {
		OWN(plan) plan = NULL;

		g_ptr_array_set_size(scene->domain->live, 0);
		note(scene->world, scene->history);
		world_hostdev(scene->domain->live, "ua-usbr-gone", scene->device);
		plan = planner_plan(scene->world, scene->history);
		count += plan->actions->len;
		world_apply(scene->world, plan, scene->history);
		scene->world->now += 50000;
	}
	assert_in_range(count, 8, 11);
	scene->world->now += 200 * (uint64_t)G_USEC_PER_SEC;
	g_ptr_array_set_size(scene->domain->live, 0);
	note(scene->world, scene->history);
	assert_null(history_find(scene->history, scene->domain->uuid, "ua-usbr-gone"));
}

static void refuse(struct history *history, const struct plan *plan, enum action_kind kind,
		   int code)
{
	for (guint i = 0; i < plan->actions->len; i++) {
		struct outcome outcome = {.action = g_ptr_array_index(plan->actions, i),
					  .kind = OUTCOME_FAILED,
					  .code = code};

		if (outcome.action->kind == kind)
			remember_outcome(history, &outcome, WORLD_NOW);
	}
}

static void each_side_fails_for_itself(void **state)
{
	struct scene *scene = *state;
	OWN(plan) plan = NULL;
	const struct memory *memory;

	scene->tag->persist = TAG_PERSIST_YES;
	scene->tag->guest_port = g_strdup("0:3");
	plan = planner_plan(scene->world, scene->history);
	assert_int_equal(plan->actions->len, 2);
	refuse(scene->history, plan, ACTION_ATTACH_CONFIG, 67);
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 @0:3 (not_attached)\n",
		     "g1/a failed libvirt_error 1-1\n");
	memory = history_find(scene->history, scene->domain->uuid, "ua-usbr-a");
	assert_int_equal(memory->sides[SIDE_LIVE].failures, 0);
	refuse(scene->history, plan, ACTION_ATTACH_LIVE, 1);
	scene_expect(scene, "", "g1/a failed libvirt_error 1-1\n");
	/* A success of the one does not clear the other. */
	remember_outcome(scene->history,
			 &(struct outcome){.action = g_ptr_array_index(plan->actions, 1)},
			 WORLD_NOW);
	assert_int_equal(memory->sides[SIDE_LIVE].failures, 1);
	assert_int_equal(memory->sides[SIDE_CONFIG].failures, 0);
}

static void a_config_entry_that_made_room_in_vain_is_owed(void **state)
{
	struct scene *scene = *state;
	OWN(plan) plan = NULL;

	scene->domain->running = false;
	world_hostdev(scene->domain->config, "ua-usbr-a", scene->device);
	world_move(scene->device, 6);
	plan = planner_plan(scene->world, scene->history);
	remember_outcome(scene->history,
			 &(struct outcome){.action = g_ptr_array_index(plan->actions, 0)},
			 WORLD_NOW);
	g_ptr_array_set_size(scene->domain->config, 0);
	refuse(scene->history, plan, ACTION_ATTACH_CONFIG, 38);
	note(scene->world, scene->history);
	scene->world->now += G_USEC_PER_SEC;
	scene_expect(scene, "+config g1 ua-usbr-a 1:6 (config_absent)\n",
		     "g1/a pending config_absent 1-1\n");
	scene_settle(scene);
	/* A person may take it out for good. */
	g_ptr_array_set_size(scene->domain->config, 0);
	scene_expect(scene, "", "g1/a inactive domain_off 1-1\n");
}

/* Adopted, or by the alias of a tag that has been renamed. */
static void what_was_restored_is_replugged_whatever_its_alias(void **state)
{
	static const char *const aliases[] = {"ua-usbr-a", "ua-usbr-old", "hostdev0"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(aliases); i++) {
		OWN(snapshot) world = world_new();
		OWN(history) history = history_new();
		OWN(plan) plan = NULL;
		struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
		struct domain *domain = world_domain(world, "g1", true);

		world_tag(domain, "a", "AAA");
		world_tag(domain, "absent", "BBB");
		world_hostdev(domain->live, aliases[i], device);
		note(world, history);
		remember_revival(history, domain);
		plan = planner_plan(world, history);
		assert_int_equal(plan->actions->len, 2);
		world_settle(world, history);
		assert_non_null(domain_find_hostdev(domain->live, "ua-usbr-a"));
		world_expect(world, history, "",
			     "g1/a attached attached 1-1\ng1/absent missing not_plugged_in\n");
	}
}

static bool came_unasked(struct snapshot *world, struct history *history)
{
	const struct domain *domain = g_ptr_array_index(world->domains, 0);

	remember_start(history, domain);
	arrival_note(history, domain, world->devices, true);
	return history_find(history, domain->uuid, "ua-usbr-a") &&
	       history_find(history, domain->uuid, "ua-usbr-a")->unasked;
}

static void who_arrives_with_the_numbers_of_elsewhere_was_not_asked_about(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *own = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct device *twin = world_plug(world, "1-2", 6, 0x0403, 0x6001, "BBB");
	struct domain *domain = world_domain(world, "g1", true);
	struct hostdev *hostdev = world_hostdev(domain->live, "ua-usbr-a", own);

	(void)state;
	world_tag(domain, "a", "AAA");
	assert_false(came_unasked(world,
				  history)); /* the number happens to be right, or was led there */
	route_nowhere(domain->uuid, "ua-usbr-a", &hostdev->bus, &hostdev->dev);
	assert_false(came_unasked(world, history));
	hostdev->bus = twin->bus;
	hostdev->dev = twin->dev;
	assert_true(came_unasked(world, history));
	hostdev->dev = 77;
	assert_true(came_unasked(world, history));
	arrival_forget_all(history);
	assert_false(history_find(history, domain->uuid, "ua-usbr-a")->unasked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(what_neither_tag_nor_hostdev_names_is_forgotten),
		cmocka_unit_test(of_what_cannot_be_read_nothing_is_forgotten),
		cmocka_unit_test(only_who_has_all_domains_may_forget_one),
		cmocka_unit_test(who_comes_back_under_its_number_is_not_the_one_that_went),
		SCENE_TEST(a_release_is_remembered_until_it_is_over),
		SCENE_TEST(a_guest_on_its_way_is_left_alone_and_asked_about_again),
		SCENE_TEST(nothing_is_done_to_a_guest_that_is_starting),
		SCENE_TEST(one_that_cannot_be_read_on_its_way_is_migrating),
		cmocka_unit_test(a_start_makes_the_past_of_one_domain_void),
		SCENE_TEST(what_does_not_last_is_done_less_and_less_often),
		SCENE_TEST(what_has_kept_still_starts_anew),
		SCENE_TEST(what_a_person_asks_for_is_done_however_often),
		SCENE_TEST(a_gone_tag_is_restless_too),
		cmocka_unit_test(what_was_restored_is_replugged_whatever_its_alias),
		cmocka_unit_test(who_arrives_with_the_numbers_of_elsewhere_was_not_asked_about),
		SCENE_TEST(each_side_fails_for_itself),
		SCENE_TEST(a_config_entry_that_made_room_in_vain_is_owed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
