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
struct trial {
	struct snapshot *world;
	struct plan *plan;
	struct libvirt *libvirt;
	GPtrArray *outcomes;
};

static void trial_plan(struct trial *trial)
{
	OWN(history) history = history_new();

	trial->plan = planner_plan(trial->world, history);
	trial->libvirt = libvirt_new(trial->world);
}

static void trial_apply(struct trial *trial, const GPtrArray *only)
{
	trial->outcomes = apply_plan(trial->plan, &trial->libvirt->hands, only, NULL);
}

static void trial_clear(struct trial *trial)
{
	g_clear_pointer(&trial->outcomes, g_ptr_array_unref);
	g_clear_pointer(&trial->libvirt, libvirt_free);
	g_clear_pointer(&trial->plan, plan_free);
	g_clear_pointer(&trial->world, snapshot_free);
}

static const struct action *nth_action(const struct trial *trial, guint i)
{
	return g_ptr_array_index(trial->plan->actions, i);
}

static const struct outcome *nth_outcome(const struct trial *trial, guint i)
{
	return g_ptr_array_index(trial->outcomes, i);
}

static void hold(GPtrArray *side, const char *alias, const struct device *device)
{
	world_hostdev(side, alias, device)->guest_port = g_strdup("0:3");
}

/* One tag whose device has moved, attached live and persistently: four actions. */
static void trial_replug(struct trial *trial)
{
	trial->world = world_new();

	struct device *device = world_plug(trial->world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(trial->world, "g1", true);
	world_tag(domain, "a", "AAA")->persist = TAG_PERSIST_YES;
	hold(domain->live, "ua-usbr-a", device);
	hold(domain->config, "ua-usbr-a", device);
	device->dev = 6;
	device->incarnation += 1000;
	trial_plan(trial);
	assert_int_equal(trial->plan->actions->len, 4);
}

/* The same, and a device that changes hands from g1 to g2, and a guest of its own. */
static void trial_busy(struct trial *trial)
{
	trial->world = world_new();

	struct device *moved = world_plug(trial->world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct device *handed = world_plug(trial->world, "1-2", 7, 0x0403, 0x6001, "BBB");
	struct domain *g1 = world_domain(trial->world, "g1", true);
	struct domain *g2 = world_domain(trial->world, "g2", true);
	world_plug(trial->world, "1-3", 9, 0x051d, 0x0002, "CCC");
	world_tag(g1, "a", "AAA")->persist = TAG_PERSIST_YES;
	hold(g1->live, "ua-usbr-a", moved);
	hold(g1->config, "ua-usbr-a", moved);
	hold(g1->live, "ua-usbr-b", handed);
	hold(g1->config, "ua-usbr-b", handed);

	struct tag *wish = world_tag(g2, "b", "BBB");
	wish->persist = TAG_PERSIST_YES;
	wish->guest_port = g_strdup("0:1");
	world_tag(world_domain(trial->world, "g3", true), "c", "CCC");
	moved->dev = 6;
	moved->incarnation += 1000;
	trial_plan(trial);
	assert_true(trial->plan->actions->len >= 9);
}

static bool waits_for_undone(const struct trial *trial, guint index)
{
	for (guint i = 0; i < index; i++) {
		if (g_ptr_array_find(nth_action(trial, index)->after, nth_action(trial, i), NULL) &&
		    nth_outcome(trial, i)->kind != OUTCOME_DONE)
			return true;
	}
	return false;
}

static void everything_is_done_and_proven_with_one_reread_a_side(void **state)
{
	struct trial trial = {0};

	(void)state;
	trial_replug(&trial);
	trial_apply(&trial, NULL);
	assert_int_equal(trial.outcomes->len, 4);
	for (guint i = 0; i < 4; i++)
		assert_int_equal(nth_outcome(&trial, i)->kind, OUTCOME_DONE);
	assert_int_equal(trial.libvirt->acted->len, 4);
	assert_int_equal(trial.libvirt->rereads, 2);
	trial_clear(&trial);
}

static void an_attach_says_what_was_attached_and_where(void **state)
{
	struct trial trial = {0};

	(void)state;
	trial_replug(&trial);
	trial_apply(&trial, NULL);
	for (guint i = 0; i < 4; i++) {
		const struct outcome *outcome = nth_outcome(&trial, i);

		if (outcome->action->kind == ACTION_ATTACH_LIVE) {
			assert_string_equal(outcome->guest_port, "0:3");
			assert_int_equal(outcome->incarnation,
					 outcome->action->device->incarnation);
		}
	}
	trial_clear(&trial);
}

/* Whatever the FIELD of the libvirt, a fault at K costs that action and those that wait for it. */
static void expect_only_dependents_suffer(size_t field, enum outcome_kind kind)
{
	for (int k = 0;; k++) {
		struct trial trial = {0};

		trial_busy(&trial);
		*(int *)(void *)((char *)trial.libvirt + field) = k;
		trial_apply(&trial, NULL);
		assert_int_equal(trial.outcomes->len, trial.plan->actions->len);

		const struct action *victim =
			k < (int)trial.libvirt->acted->len
				? g_ptr_array_index(trial.libvirt->acted, (guint)k)
				: NULL;
		for (guint i = 0; i < trial.outcomes->len; i++) {
			const struct outcome *outcome = nth_outcome(&trial, i);

			assert_ptr_equal(outcome->action, nth_action(&trial, i));
			if (outcome->action == victim)
				assert_int_equal(outcome->kind, kind);
			else if (waits_for_undone(&trial, i))
				assert_int_equal(outcome->kind, OUTCOME_SKIPPED);
			else
				assert_int_equal(outcome->kind, OUTCOME_DONE);
			assert_int_equal(outcome->kind == OUTCOME_DONE, outcome->message == NULL);
		}
		trial_clear(&trial);
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
	struct trial trial = {0};

	(void)state;
	trial_replug(&trial);
	trial.libvirt->refuse_at = 0;
	trial_apply(&trial, NULL);
	assert_int_equal(nth_outcome(&trial, 0)->code, 38);
	assert_string_equal(nth_outcome(&trial, 0)->message, "no such file");
	trial_clear(&trial);
}

static void an_accepted_attach_that_the_xml_does_not_show_has_failed(void **state)
{
	(void)state;
	for (int k = 0; k < 4; k++) {
		struct trial trial = {0};

		trial_replug(&trial);
		bool attach = nth_action(&trial, (guint)k)->device &&
			      nth_action(&trial, (guint)k)->kind != ACTION_DETACH_LIVE &&
			      nth_action(&trial, (guint)k)->kind != ACTION_DETACH_CONFIG;
		trial.libvirt->lie_at = attach ? k : -1;
		trial_apply(&trial, NULL);
		for (guint i = 0; i < 4; i++)
			assert_int_equal(nth_outcome(&trial, i)->kind,
					 attach && i == (guint)k ? OUTCOME_FAILED : OUTCOME_DONE);
		trial_clear(&trial);
	}
}

/* One stale live hostdev and a device to attach in its place. */
static void trial_live(struct trial *trial)
{
	trial->world = world_new();

	struct device *device = world_plug(trial->world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(trial->world, "g1", true);
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->live, "ua-usbr-a", device);
	device->dev = 6;
	device->incarnation += 1000;
	trial_plan(trial);
	assert_int_equal(trial->plan->actions->len, 2);
	trial->libvirt->unsure_at = 0;
}

static void a_detach_without_event_is_read_again_before_the_attach(void **state)
{
	struct trial trial = {0};

	(void)state;
	trial_live(&trial);
	trial.libvirt->unsure_does = true;
	trial_apply(&trial, NULL);
	assert_int_equal(nth_outcome(&trial, 0)->kind, OUTCOME_DONE);
	assert_int_equal(nth_outcome(&trial, 1)->kind, OUTCOME_DONE);
	assert_int_equal(trial.libvirt->rereads, 2);
	trial_clear(&trial);
}

static void a_detach_that_did_not_happen_fails_and_nothing_is_attached(void **state)
{
	struct trial trial = {0};

	(void)state;
	trial_live(&trial);
	trial_apply(&trial, NULL);
	assert_int_equal(nth_outcome(&trial, 0)->kind, OUTCOME_FAILED);
	assert_int_equal(nth_outcome(&trial, 0)->code, 38);
	assert_int_equal(nth_outcome(&trial, 1)->kind, OUTCOME_SKIPPED);
	assert_int_equal(trial.libvirt->acted->len, 1);
	trial_clear(&trial);
}

static void what_libvirt_is_still_taking_out_is_told(void **state)
{
	struct trial trial = {0};

	(void)state;
	trial_live(&trial);
	trial.libvirt->silent = true;
	trial_apply(&trial, NULL);
	assert_int_equal(nth_outcome(&trial, 0)->kind, OUTCOME_FAILED);
	assert_true(nth_outcome(&trial, 0)->releasing);
	assert_int_equal(nth_outcome(&trial, 1)->kind, OUTCOME_SKIPPED);
	assert_false(nth_outcome(&trial, 1)->releasing);
	trial_clear(&trial);
}

static void what_went_without_a_word_is_gone(void **state)
{
	struct trial trial = {0};

	(void)state;
	trial_live(&trial);
	trial.libvirt->silent = trial.libvirt->unsure_does = true;
	trial_apply(&trial, NULL);
	assert_int_equal(nth_outcome(&trial, 0)->kind, OUTCOME_DONE);
	assert_false(nth_outcome(&trial, 0)->releasing);
	trial_clear(&trial);
}

/* A device to attach, live only. */
static void trial_attach(struct trial *trial)
{
	trial->world = world_new();
	world_plug(trial->world, "1-1", 5, 0x0403, 0x6001, "AAA");
	world_tag(world_domain(trial->world, "g1", true), "a", "AAA");
	trial_plan(trial);
	assert_int_equal(trial->plan->actions->len, 1);
}

static void a_device_that_changed_before_is_not_attached(void **state)
{
	struct trial trial = {0};

	(void)state;
	trial_attach(&trial);
	trial.libvirt->changed_from = 0;
	trial_apply(&trial, NULL);
	assert_int_equal(nth_outcome(&trial, 0)->kind, OUTCOME_SKIPPED);
	assert_int_equal(trial.libvirt->acted->len, 0);
	trial_clear(&trial);
}

static void a_device_that_changed_during_the_attach_is_taken_out_again(void **state)
{
	struct trial trial = {0};

	(void)state;
	trial_attach(&trial);
	trial.libvirt->changed_from = 1;
	trial_apply(&trial, NULL);
	assert_int_equal(nth_outcome(&trial, 0)->kind, OUTCOME_SKIPPED);
	assert_int_equal(trial.libvirt->acted->len, 2);
	assert_int_equal(trial.libvirt->facts->len, 0);
	trial_clear(&trial);
}

static void a_changed_device_that_cannot_be_taken_out_is_a_failure(void **state)
{
	struct trial trial = {0};

	(void)state;
	trial_attach(&trial);
	trial.libvirt->changed_from = 1;
	trial.libvirt->refuse_at = 1;
	trial_apply(&trial, NULL);
	assert_int_equal(nth_outcome(&trial, 0)->kind, OUTCOME_FAILED);
	assert_int_equal(nth_outcome(&trial, 0)->code, 38);
	trial_clear(&trial);
}

static void an_alias_that_another_device_carries_too_is_never_detached(void **state)
{
	struct trial trial = {0};

	(void)state;
	trial_live(&trial);
	g_ptr_array_add(nth_action(&trial, 0)->domain->other_aliases, g_strdup("ua-usbr-a"));
	trial_apply(&trial, NULL);
	assert_int_equal(nth_outcome(&trial, 0)->kind, OUTCOME_FAILED);
	assert_int_equal(trial.libvirt->acted->len, 0);
	trial_clear(&trial);
}

static void domains_that_were_not_named_are_left_alone(void **state)
{
	struct trial trial = {0};
	g_autoptr(GPtrArray) only = g_ptr_array_new();

	(void)state;
	trial_busy(&trial);
	g_ptr_array_add(only, (gpointer)(guintptr) "g2");
	g_ptr_array_add(only, (gpointer)(guintptr) "g3");
	trial_apply(&trial, only);
	assert_true(trial.outcomes->len < trial.plan->actions->len);
	for (guint i = 0; i < trial.outcomes->len; i++) {
		const struct outcome *outcome = nth_outcome(&trial, i);
		const char *name = outcome->action->domain->name;

		assert_string_not_equal(name, "g1");
		/* g2's live attach waits for g1 to let go, which nobody makes it do. */
		if (outcome->action->kind == ACTION_ATTACH_LIVE)
			assert_int_equal(outcome->kind,
					 strcmp(name, "g3") == 0 ? OUTCOME_DONE : OUTCOME_SKIPPED);
	}
	trial_clear(&trial);
}

static void a_saved_image_is_edited_and_read_again(void **state)
{
	struct trial trial = {.world = world_new()};
	struct device *device = world_plug(trial.world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(trial.world, "g1", false);

	(void)state;
	domain->saved = true;
	world_tag(domain, "a", "AAA");
	world_hostdev(domain->image, "ua-usbr-a", device);
	device->dev = 6;
	trial_plan(&trial);
	trial_apply(&trial, NULL);
	assert_int_equal(trial.outcomes->len, 1);
	assert_int_equal(nth_outcome(&trial, 0)->kind, OUTCOME_DONE);
	assert_int_equal(trial.libvirt->rereads, 1);
	trial_clear(&trial);
}

static bool is_migrating(void *self G_GNUC_UNUSED, const struct domain *domain)
{
	return strcmp(domain->name, "g1") == 0;
}

static void a_guest_on_its_way_costs_only_itself(void **state)
{
	struct trial trial = {0};
	guint held = 0;

	(void)state;
	trial_busy(&trial);
	trial.libvirt->hands.is_migrating = is_migrating;
	trial_apply(&trial, NULL);
	for (guint i = 0; i < trial.plan->actions->len; i++) {
		const struct action *action = nth_action(&trial, i);
		const struct outcome *outcome = nth_outcome(&trial, i);

		if (strcmp(action->domain->name, "g1") == 0) {
			assert_int_equal(outcome->kind, OUTCOME_SKIPPED);
			assert_false(g_ptr_array_find(trial.libvirt->acted, action, NULL));
			held += outcome->migrating;
		} else if (!waits_for_undone(&trial, i)) {
			assert_int_equal(outcome->kind, OUTCOME_DONE);
		}
	}
	assert_true(held > 0);
	trial_clear(&trial);
}

static void a_config_hostdev_without_alias_is_detached_too(void **state)
{
	struct trial trial = {.world = world_new(), .plan = plan_new()};
	struct device *device = world_plug(trial.world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(trial.world, "g1", false);
	struct action *action = g_new0(struct action, 1);

	(void)state;
	action->kind = ACTION_DETACH_CONFIG;
	action->domain = domain;
	action->hostdev = world_hostdev(domain->config, NULL, device);
	g_ptr_array_add(trial.plan->actions, action);
	trial.libvirt = libvirt_new(trial.world);
	trial_apply(&trial, NULL);
	assert_int_equal(nth_outcome(&trial, 0)->kind, OUTCOME_DONE);
	trial_clear(&trial);
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
