/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/apply.h"
#include "reconciler/core/planner.h"
#include "fake_libvirt.h"
#include "world.h"

/* What a test works with. */
struct scene {
	struct snapshot *world;
	struct plan *plan;
	struct libvirt *libvirt;
	GPtrArray *outcomes;
};

static void scene_plan(struct scene *scene)
{
	OWN(history) history = history_new();

	scene->plan = planner_plan(scene->world, history);
	scene->libvirt = libvirt_new(scene->world);
}

static void scene_apply(struct scene *scene, const GPtrArray *only)
{
	scene->outcomes = apply_plan(scene->plan, &scene->libvirt->hands, only, NULL);
}

static void scene_clear(struct scene *scene)
{
	g_clear_pointer(&scene->outcomes, g_ptr_array_unref);
	g_clear_pointer(&scene->libvirt, libvirt_free);
	g_clear_pointer(&scene->plan, plan_free);
	g_clear_pointer(&scene->world, snapshot_free);
}

static const struct action *nth_action(const struct scene *scene, guint i)
{
	return g_ptr_array_index(scene->plan->actions, i);
}

static const struct outcome *nth_outcome(const struct scene *scene, guint i)
{
	return g_ptr_array_index(scene->outcomes, i);
}

static void hold(GPtrArray *side, const char *alias, const struct device *device)
{
	world_hostdev(side, alias, device)->guest_port = g_strdup("0:3");
}

/* One tag whose device has moved, attached live and persistently: four actions. */
static void scene_replug(struct scene *scene)
{
	scene->world = world_new();

	struct device *device = world_plug(scene->world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(scene->world, "g1", true);
	world_tag(domain, "a", "AAA")->persist = TAG_PERSIST_YES;
	hold(domain->live, "ua-usbr-a", device);
	hold(domain->config, "ua-usbr-a", device);
	device->dev = 6;
	device->incarnation += 1000;
	scene_plan(scene);
	assert_int_equal(scene->plan->actions->len, 4);
}

/* The same, and a device that changes hands from g1 to g2, and a guest of its own. */
static void scene_busy(struct scene *scene)
{
	scene->world = world_new();

	struct device *moved = world_plug(scene->world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct device *handed = world_plug(scene->world, "1-2", 7, 0x0403, 0x6001, "BBB");
	struct domain *g1 = world_domain(scene->world, "g1", true);
	struct domain *g2 = world_domain(scene->world, "g2", true);
	world_plug(scene->world, "1-3", 9, 0x051d, 0x0002, "CCC");
	world_tag(g1, "a", "AAA")->persist = TAG_PERSIST_YES;
	hold(g1->live, "ua-usbr-a", moved);
	hold(g1->config, "ua-usbr-a", moved);
	hold(g1->live, "ua-usbr-b", handed);
	hold(g1->config, "ua-usbr-b", handed);

	struct tag *wish = world_tag(g2, "b", "BBB");
	wish->persist = TAG_PERSIST_YES;
	wish->guest_port = g_strdup("0:1");
	world_tag(world_domain(scene->world, "g3", true), "c", "CCC");
	moved->dev = 6;
	moved->incarnation += 1000;
	scene_plan(scene);
	assert_true(scene->plan->actions->len >= 9);
}

static bool waits_for_undone(const struct scene *scene, guint index)
{
	for (guint i = 0; i < index; i++) {
		if (g_ptr_array_find(nth_action(scene, index)->after, nth_action(scene, i), NULL) &&
		    nth_outcome(scene, i)->kind != OUTCOME_DONE)
			return true;
	}
	return false;
}

static void everything_is_done_and_proven_with_one_reread_a_side(void **state)
{
	struct scene scene = {0};

	(void)state;
	scene_replug(&scene);
	scene_apply(&scene, NULL);
	assert_int_equal(scene.outcomes->len, 4);
	for (guint i = 0; i < 4; i++)
		assert_int_equal(nth_outcome(&scene, i)->kind, OUTCOME_DONE);
	assert_int_equal(scene.libvirt->acted->len, 4);
	assert_int_equal(scene.libvirt->rereads, 2);
	scene_clear(&scene);
}

static void an_attach_says_what_was_attached_and_where(void **state)
{
	struct scene scene = {0};

	(void)state;
	scene_replug(&scene);
	scene_apply(&scene, NULL);
	for (guint i = 0; i < 4; i++) {
		const struct outcome *outcome = nth_outcome(&scene, i);

		if (outcome->action->kind == ACTION_ATTACH_LIVE) {
			assert_string_equal(outcome->guest_port, "0:3");
			assert_int_equal(outcome->incarnation,
					 outcome->action->device->incarnation);
		}
	}
	scene_clear(&scene);
}

/* Whatever the FIELD of the libvirt, a fault at K costs that action and those that wait for it. */
static void expect_only_dependents_suffer(size_t field, enum outcome_kind kind)
{
	for (int k = 0;; k++) {
		struct scene scene = {0};

		scene_busy(&scene);
		*(int *)(void *)((char *)scene.libvirt + field) = k;
		scene_apply(&scene, NULL);
		assert_int_equal(scene.outcomes->len, scene.plan->actions->len);

		const struct action *victim =
			k < (int)scene.libvirt->acted->len
				? g_ptr_array_index(scene.libvirt->acted, (guint)k)
				: NULL;
		for (guint i = 0; i < scene.outcomes->len; i++) {
			const struct outcome *outcome = nth_outcome(&scene, i);

			assert_ptr_equal(outcome->action, nth_action(&scene, i));
			if (outcome->action == victim)
				assert_int_equal(outcome->kind, kind);
			else if (waits_for_undone(&scene, i))
				assert_int_equal(outcome->kind, OUTCOME_SKIPPED);
			else
				assert_int_equal(outcome->kind, OUTCOME_DONE);
			assert_int_equal(outcome->kind == OUTCOME_DONE, outcome->message == NULL);
		}
		scene_clear(&scene);
		if (!victim)
			return;
	}
}

static void a_refusal_at_any_point_costs_only_what_waits_for_it(void **state)
{
	(void)state;
	expect_only_dependents_suffer(offsetof(struct libvirt, refuse_at), OUTCOME_FAILED);
}

static void a_domain_that_stops_at_any_point_costs_only_what_waits_for_it(void **state)
{
	(void)state;
	expect_only_dependents_suffer(offsetof(struct libvirt, gone_at), OUTCOME_SKIPPED);
}

static void a_refusal_keeps_code_and_words(void **state)
{
	struct scene scene = {0};

	(void)state;
	scene_replug(&scene);
	scene.libvirt->refuse_at = 0;
	scene_apply(&scene, NULL);
	assert_int_equal(nth_outcome(&scene, 0)->code, 38);
	assert_string_equal(nth_outcome(&scene, 0)->message, "no such file");
	scene_clear(&scene);
}

static void an_accepted_attach_that_the_xml_does_not_show_has_failed(void **state)
{
	(void)state;
	for (int k = 0; k < 4; k++) {
		struct scene scene = {0};

		scene_replug(&scene);
		bool attach = nth_action(&scene, (guint)k)->device &&
			      nth_action(&scene, (guint)k)->kind != ACTION_DETACH_LIVE &&
			      nth_action(&scene, (guint)k)->kind != ACTION_DETACH_CONFIG;
		scene.libvirt->lie_at = attach ? k : -1;
		scene_apply(&scene, NULL);
		for (guint i = 0; i < 4; i++)
			assert_int_equal(nth_outcome(&scene, i)->kind,
					 attach && i == (guint)k ? OUTCOME_FAILED : OUTCOME_DONE);
		scene_clear(&scene);
	}
}

/* One stale live hostdev and a device to attach in its place. */
static void scene_live(struct scene *scene)
{
	scene->world = world_new();

	struct device *device = world_plug(scene->world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(scene->world, "g1", true);
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->live, "ua-usbr-a", device);
	device->dev = 6;
	device->incarnation += 1000;
	scene_plan(scene);
	assert_int_equal(scene->plan->actions->len, 2);
	scene->libvirt->unsure_at = 0;
}

static void a_detach_without_event_is_read_again_before_the_attach(void **state)
{
	struct scene scene = {0};

	(void)state;
	scene_live(&scene);
	scene.libvirt->unsure_does = true;
	scene_apply(&scene, NULL);
	assert_int_equal(nth_outcome(&scene, 0)->kind, OUTCOME_DONE);
	assert_int_equal(nth_outcome(&scene, 1)->kind, OUTCOME_DONE);
	assert_int_equal(scene.libvirt->rereads, 2);
	scene_clear(&scene);
}

static void a_detach_that_did_not_happen_fails_and_nothing_is_attached(void **state)
{
	struct scene scene = {0};

	(void)state;
	scene_live(&scene);
	scene_apply(&scene, NULL);
	assert_int_equal(nth_outcome(&scene, 0)->kind, OUTCOME_FAILED);
	assert_int_equal(nth_outcome(&scene, 0)->code, 38);
	assert_int_equal(nth_outcome(&scene, 1)->kind, OUTCOME_SKIPPED);
	assert_int_equal(scene.libvirt->acted->len, 1);
	scene_clear(&scene);
}

static void what_libvirt_is_still_taking_out_is_told(void **state)
{
	struct scene scene = {0};

	(void)state;
	scene_live(&scene);
	scene.libvirt->silent = true;
	scene_apply(&scene, NULL);
	assert_int_equal(nth_outcome(&scene, 0)->kind, OUTCOME_FAILED);
	assert_true(nth_outcome(&scene, 0)->releasing);
	assert_int_equal(nth_outcome(&scene, 1)->kind, OUTCOME_SKIPPED);
	assert_false(nth_outcome(&scene, 1)->releasing);
	scene_clear(&scene);
}

static void what_went_without_a_word_is_gone(void **state)
{
	struct scene scene = {0};

	(void)state;
	scene_live(&scene);
	scene.libvirt->silent = scene.libvirt->unsure_does = true;
	scene_apply(&scene, NULL);
	assert_int_equal(nth_outcome(&scene, 0)->kind, OUTCOME_DONE);
	assert_false(nth_outcome(&scene, 0)->releasing);
	scene_clear(&scene);
}

/* A device to attach, live only. */
static void scene_attach(struct scene *scene)
{
	scene->world = world_new();
	world_plug(scene->world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_tag(world_domain(scene->world, "g1", true), "a", "AAA");
	scene_plan(scene);
	assert_int_equal(scene->plan->actions->len, 1);
}

static void a_device_that_changed_before_is_not_attached(void **state)
{
	struct scene scene = {0};

	(void)state;
	scene_attach(&scene);
	scene.libvirt->changed_from = 0;
	scene_apply(&scene, NULL);
	assert_int_equal(nth_outcome(&scene, 0)->kind, OUTCOME_SKIPPED);
	assert_int_equal(scene.libvirt->acted->len, 0);
	scene_clear(&scene);
}

static void a_device_that_changed_during_the_attach_is_taken_out_again(void **state)
{
	struct scene scene = {0};

	(void)state;
	scene_attach(&scene);
	scene.libvirt->changed_from = 1;
	scene_apply(&scene, NULL);
	assert_int_equal(nth_outcome(&scene, 0)->kind, OUTCOME_SKIPPED);
	assert_int_equal(scene.libvirt->acted->len, 2);
	assert_int_equal(scene.libvirt->facts->len, 0);
	scene_clear(&scene);
}

static void a_changed_device_that_cannot_be_taken_out_is_a_failure(void **state)
{
	struct scene scene = {0};

	(void)state;
	scene_attach(&scene);
	scene.libvirt->changed_from = 1;
	scene.libvirt->refuse_at = 1;
	scene_apply(&scene, NULL);
	assert_int_equal(nth_outcome(&scene, 0)->kind, OUTCOME_FAILED);
	assert_int_equal(nth_outcome(&scene, 0)->code, 38);
	scene_clear(&scene);
}

static void an_alias_that_another_device_carries_too_is_never_detached(void **state)
{
	struct scene scene = {0};

	(void)state;
	scene_live(&scene);
	g_ptr_array_add(nth_action(&scene, 0)->domain->other_aliases, g_strdup("ua-usbr-a"));
	scene_apply(&scene, NULL);
	assert_int_equal(nth_outcome(&scene, 0)->kind, OUTCOME_FAILED);
	assert_int_equal(scene.libvirt->acted->len, 0);
	scene_clear(&scene);
}

static void domains_that_were_not_named_are_left_alone(void **state)
{
	struct scene scene = {0};
	g_autoptr(GPtrArray) only = g_ptr_array_new();

	(void)state;
	scene_busy(&scene);
	g_ptr_array_add(only, (gpointer)(guintptr) "g2");
	g_ptr_array_add(only, (gpointer)(guintptr) "g3");
	scene_apply(&scene, only);
	assert_true(scene.outcomes->len < scene.plan->actions->len);
	for (guint i = 0; i < scene.outcomes->len; i++) {
		const struct outcome *outcome = nth_outcome(&scene, i);
		const char *name = outcome->action->domain->name;

		assert_string_not_equal(name, "g1");
		/* g2's live attach waits for g1 to let go, which nobody makes it do. */
		if (outcome->action->kind == ACTION_ATTACH_LIVE)
			assert_int_equal(outcome->kind,
					 strcmp(name, "g3") == 0 ? OUTCOME_DONE : OUTCOME_SKIPPED);
	}
	scene_clear(&scene);
}

static void a_saved_image_is_edited_and_read_again(void **state)
{
	struct scene scene = {.world = world_new()};
	struct device *device = world_plug(scene.world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(scene.world, "g1", false);

	(void)state;
	domain->saved = true;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->image, "ua-usbr-a", device);
	device->dev = 6;
	scene_plan(&scene);
	scene_apply(&scene, NULL);
	assert_int_equal(scene.outcomes->len, 1);
	assert_int_equal(nth_outcome(&scene, 0)->kind, OUTCOME_DONE);
	assert_int_equal(scene.libvirt->rereads, 1);
	scene_clear(&scene);
}

static bool is_migrating(void *self G_GNUC_UNUSED, const struct domain *domain)
{
	return strcmp(domain->name, "g1") == 0;
}

static void a_guest_on_its_way_costs_only_itself(void **state)
{
	struct scene scene = {0};
	guint held = 0;

	(void)state;
	scene_busy(&scene);
	scene.libvirt->hands.is_migrating = is_migrating;
	scene_apply(&scene, NULL);
	for (guint i = 0; i < scene.plan->actions->len; i++) {
		const struct action *action = nth_action(&scene, i);
		const struct outcome *outcome = nth_outcome(&scene, i);

		if (strcmp(action->domain->name, "g1") == 0) {
			assert_int_equal(outcome->kind, OUTCOME_SKIPPED);
			assert_false(g_ptr_array_find(scene.libvirt->acted, action, NULL));
			held += outcome->migrating;
		} else if (!waits_for_undone(&scene, i)) {
			assert_int_equal(outcome->kind, OUTCOME_DONE);
		}
	}
	assert_true(held > 0);
	scene_clear(&scene);
}

static void a_config_hostdev_without_alias_is_detached_too(void **state)
{
	struct scene scene = {.world = world_new(), .plan = plan_new()};
	struct device *device = world_plug(scene.world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(scene.world, "g1", false);
	struct action *action = g_new0(struct action, 1);

	(void)state;
	action->kind = ACTION_DETACH_CONFIG;
	action->domain = domain;
	action->hostdev = world_hostdev(domain->config, NULL, device);
	g_ptr_array_add(scene.plan->actions, action);
	scene.libvirt = libvirt_new(scene.world);
	scene_apply(&scene, NULL);
	assert_int_equal(nth_outcome(&scene, 0)->kind, OUTCOME_DONE);
	scene_clear(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_done_and_proven_with_one_reread_a_side),
		cmocka_unit_test(an_attach_says_what_was_attached_and_where),
		cmocka_unit_test(a_refusal_at_any_point_costs_only_what_waits_for_it),
		cmocka_unit_test(a_domain_that_stops_at_any_point_costs_only_what_waits_for_it),
		cmocka_unit_test(a_refusal_keeps_code_and_words),
		cmocka_unit_test(an_accepted_attach_that_the_xml_does_not_show_has_failed),
		cmocka_unit_test(a_detach_without_event_is_read_again_before_the_attach),
		cmocka_unit_test(a_detach_that_did_not_happen_fails_and_nothing_is_attached),
		cmocka_unit_test(what_libvirt_is_still_taking_out_is_told),
		cmocka_unit_test(what_went_without_a_word_is_gone),
		cmocka_unit_test(a_device_that_changed_before_is_not_attached),
		cmocka_unit_test(a_device_that_changed_during_the_attach_is_taken_out_again),
		cmocka_unit_test(a_changed_device_that_cannot_be_taken_out_is_a_failure),
		cmocka_unit_test(an_alias_that_another_device_carries_too_is_never_detached),
		cmocka_unit_test(domains_that_were_not_named_are_left_alone),
		cmocka_unit_test(a_guest_on_its_way_costs_only_itself),
		cmocka_unit_test(a_saved_image_is_edited_and_read_again),
		cmocka_unit_test(a_config_hostdev_without_alias_is_detached_too),
	};

	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
