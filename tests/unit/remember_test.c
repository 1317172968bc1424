/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "world.h"

static void note(const struct snapshot *world, struct history *history)
{
	OWN(plan) plan = planner_plan(world, history);

	remember_plan(history, plan, world);
}

static void what_neither_tag_nor_hostdev_names_is_forgotten(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);

	(void)state;
	world_tag(domain, "tag", "BBB");
	world_hostdev(domain->config, "ua-usbr-config", device);
	history_get(history, domain->uuid, "ua-usbr-tag");
	history_get(history, domain->uuid, "ua-usbr-config");
	history_get(history, domain->uuid, "ua-usbr-gone");
	note(world, history);
	assert_non_null(history_find(history, domain->uuid, "ua-usbr-tag"));
	assert_non_null(history_find(history, domain->uuid, "ua-usbr-config"));
	assert_null(history_find(history, domain->uuid, "ua-usbr-gone"));
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
	history_get(history, domain->uuid, "ua-usbr-a")->failures = 3;
	history_get(history, "uuid-g12", "ua-usbr-a")->failures = 3;
	remember_start(history, domain);
	assert_int_equal(history_find(history, domain->uuid, "ua-usbr-a")->failures, 0);
	assert_int_equal(history_find(history, "uuid-g12", "ua-usbr-a")->failures, 3);
}

static uint64_t releasing_after(struct history *history, struct outcome outcome)
{
	remember_outcome(history, &outcome, WORLD_NOW);
	return history_find(history, "uuid-g1", "ua-usbr-a")->releasing_since;
}

static void a_release_is_remembered_until_it_is_over(void **state)
{
	OWN(snapshot) world = world_new();
	OWN(history) history = history_new();
	struct device *device = world_plug(world, "1-1", 5, 0x0403, 0x6001, "AAA");
	struct domain *domain = world_domain(world, "g1", true);
	struct action detach = {.kind = ACTION_DETACH_LIVE, .domain = domain};
	struct outcome asked = {.action = &detach, .kind = OUTCOME_FAILED, .releasing = true};
	struct outcome refused = {.action = &detach, .kind = OUTCOME_FAILED};
	struct outcome done = {.action = &detach, .kind = OUTCOME_DONE};
	char alias[] = "ua-usbr-a";

	(void)state;
	detach.alias = alias;
	detach.hostdev = world_hostdev(domain->live, alias, device);
	world_tag(domain, "a", "AAA");
	assert_int_equal(releasing_after(history, refused), 0);
	assert_int_equal(releasing_after(history, asked), WORLD_NOW);
	note(world, history);
	assert_int_equal(history_find(history, "uuid-g1", alias)->releasing_since, WORLD_NOW);
	assert_int_equal(releasing_after(history, done), 0);
	/* Over without us: the XML does not have it any more, or another QEMU never had it. */
	releasing_after(history, asked);
	g_ptr_array_set_size(domain->live, 0);
	note(world, history);
	assert_int_equal(history_find(history, "uuid-g1", alias)->releasing_since, 0);
	releasing_after(history, asked);
	remember_start(history, domain);
	assert_int_equal(history_find(history, "uuid-g1", alias)->releasing_since, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_neither_tag_nor_hostdev_names_is_forgotten),
		cmocka_unit_test(of_what_cannot_be_read_nothing_is_forgotten),
		cmocka_unit_test(only_who_has_all_domains_may_forget_one),
		cmocka_unit_test(a_release_is_remembered_until_it_is_over),
		cmocka_unit_test(a_start_makes_the_past_of_one_domain_void),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
