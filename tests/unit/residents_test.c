/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reconciler/residents.h"

static GPtrArray *list_of(const char *first, const char *second)
{
	GPtrArray *domains = g_ptr_array_new_with_free_func((GDestroyNotify)domain_free);

	g_ptr_array_add(domains, domain_new(first, first));
	if (second)
		g_ptr_array_add(domains, domain_new(second, second));
	return domains;
}

static void learn(struct residents *residents, uint64_t begun, const char *first,
		  const char *second)
{
	g_autoptr(GPtrArray) domains = list_of(first, second);
	g_autoptr(GPtrArray) problems = g_ptr_array_new();

	residents_learn_all(residents, begun, domains, problems);
}

/* The domain NAME, that wants the device with SERIAL. */
static void learn_wish(struct residents *residents, const char *name, const char *serial)
{
	struct resident *resident = residents_get(residents, name);
	struct domain *domain = domain_new(name, name);
	struct tag *tag = tag_new();

	tag->name = g_strdup("t");
	tag->serial = g_strdup(serial);
	g_ptr_array_add(domain->tags, tag);
	resident->dirty = 0;
	residents_learn(residents, resident, domain, g_ptr_array_new());
}

/* Asks whom a plan NOW is about, which must be NAMES in any order, and makes one that wants to be
 * back at the first of them at WAKE. */
static void plan_for(struct residents *residents, const GPtrArray *devices, uint64_t now,
		     const char *names, uint64_t wake)
{
	g_autoptr(GPtrArray) concerned = residents_concerned(residents, devices, devices, now);
	OWN(snapshot) snapshot = snapshot_new();
	OWN(plan) plan = plan_new();
	g_autoptr(GString) said = g_string_new(NULL);

	residents_show(residents, concerned, snapshot);
	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);
		const struct wake first = {domain, wake};

		g_string_append(said, domain->name);
		if (i == 0 && wake != 0)
			g_array_append_val(plan->wakes, first);
	}
	assert_string_equal(said->str, names);
	residents_note_plan(residents, snapshot, plan);
}

static int set_up(void **state)
{
	*state = residents_new();
	return 0;
}

static int tear_down(void **state)
{
	residents_free(*state);
	return 0;
}

static void a_listing_is_learned_and_forgets_the_rest(void **state)
{
	struct residents *residents = *state;
	OWN(snapshot) snapshot = snapshot_new();

	learn(residents, residents_begin(residents), "b", "a");
	learn(residents, residents_begin(residents), "b", NULL);
	assert_null(residents_find(residents, "a"));
	assert_int_equal(residents_find(residents, "b")->dirty, 0);
	residents_show(residents, NULL, snapshot);
	assert_int_equal(snapshot->domains->len, 1);
}

static void what_happens_during_a_listing_stays_dirty(void **state)
{
	struct residents *residents = *state;
	uint64_t begun;

	learn(residents, residents_begin(residents), "a", "b");
	begun = residents_begin(residents);
	residents_find(residents, "a")->dirty = VIRT_LIVE;
	residents_get(residents, "c");
	learn(residents, begun, "a", "c");
	assert_int_equal(residents_find(residents, "a")->dirty, VIRT_LIVE);
	assert_int_equal(residents_find(residents, "c")->dirty, VIRT_ALL);
}

static void what_was_learned_meanwhile_is_newer_than_the_listing(void **state)
{
	struct residents *residents = *state;
	struct resident *resident;
	struct domain *newer = domain_new("a", "a");
	uint64_t begun;

	learn(residents, residents_begin(residents), "a", NULL);
	begun = residents_begin(residents);
	resident = residents_find(residents, "a");
	newer->running = true;
	residents_learn(residents, resident, newer, g_ptr_array_new());
	learn(residents, begun, "a", NULL);
	assert_ptr_equal(resident->domain, newer);
	learn(residents, residents_begin(residents), "a", NULL);
	assert_false(resident->domain->running);
}

static void a_busy_domain_is_neither_learned_nor_forgotten(void **state)
{
	struct residents *residents = *state;
	struct resident *resident;
	const struct domain *before;

	learn(residents, residents_begin(residents), "a", "b");
	resident = residents_find(residents, "a");
	before = resident->domain;
	resident->busy = true;
	learn(residents, residents_begin(residents), "a", "b");
	assert_ptr_equal(resident->domain, before);
	learn(residents, residents_begin(residents), "b", NULL);
	assert_ptr_equal(residents_find(residents, "a"), resident);
	assert_true(residents_are_busy(residents));
}

static void a_snapshot_keeps_what_it_shows(void **state)
{
	struct residents *residents = *state;
	OWN(snapshot) snapshot = snapshot_new();

	learn(residents, residents_begin(residents), "a", NULL);
	residents_show(residents, NULL, snapshot);
	residents_forget(residents, "a");
	assert_string_equal(((struct domain *)g_ptr_array_index(snapshot->domains, 0))->name, "a");
}

static void what_was_learned_is_news_until_it_is_planned(void **state)
{
	struct residents *residents = *state;
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	learn_wish(residents, "a", "AAA");
	learn_wish(residents, "b", "BBB");
	plan_for(residents, none, 1, "ab", 0);
	plan_for(residents, none, 2, "", 0);
	learn_wish(residents, "b", "BBB");
	plan_for(residents, none, 3, "b", 0);
}

static void who_waits_for_a_domain_hears_that_it_is_gone(void **state)
{
	struct residents *residents = *state;
	g_autoptr(GPtrArray) devices = g_ptr_array_new_with_free_func((GDestroyNotify)device_free);
	struct device *device = device_new();

	device->sysname = g_strdup("1-1");
	device->untrusted_serial = g_strdup("AAA");
	g_ptr_array_add(devices, device);
	learn_wish(residents, "a", "AAA");
	learn_wish(residents, "b", "AAA");
	learn_wish(residents, "c", "CCC");
	plan_for(residents, devices, 1, "abc", 0);
	residents_forget(residents, "a");
	plan_for(residents, devices, 2, "b", 0);
	learn(residents, residents_begin(residents), "c", NULL); /* without a tag now */
	plan_for(residents, devices, 3, "c", 0);
	assert_null(residents_find(residents, "b"));
}

static void each_domain_is_looked_at_when_it_asked_for_it(void **state)
{
	struct residents *residents = *state;
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	learn_wish(residents, "a", "AAA");
	plan_for(residents, none, 1, "a", 20);
	assert_int_equal(residents->wake, 20);
	learn_wish(residents, "b", "BBB");
	plan_for(residents, none, 2, "b", 10);
	assert_int_equal(residents->wake, 10);
	plan_for(residents, none, 9, "", 0);
	plan_for(residents, none, 10, "b", 30);
	assert_int_equal(residents->wake, 20);
	/* Planned before its time, and now it asks for none. */
	learn_wish(residents, "a", "AAA");
	plan_for(residents, none, 11, "a", 0);
	assert_int_equal(residents->wake, 30);
	residents_forget(residents, "b");
	plan_for(residents, none, 12, "", 0);
	plan_for(residents, none, 30, "", 0);
	assert_int_equal(residents->wake, 0);
}

static struct resident *known(struct residents *residents, const char *alias)
{
	struct resident *resident = residents_get(residents, "a");
	struct domain *domain = domain_new("a", "a");

	if (alias) {
		struct hostdev *hostdev = hostdev_new();

		hostdev->alias = g_strdup(alias);
		g_ptr_array_add(domain->live, hostdev);
	}
	resident->dirty = 0;
	residents_learn(residents, resident, domain, g_ptr_array_new());
	return resident;
}

static bool hear(struct resident *resident, enum virt_event_kind kind, const char *alias,
		 uint64_t now)
{
	g_autofree char *copy = g_strdup(alias);
	const struct virt_event event = {.kind = kind, .alias = copy};

	return resident_hear(resident, &event, now);
}

static void a_listing_that_is_not_learned_makes_dirty(void **state)
{
	struct residents *residents = *state;
	struct resident *resident = known(residents, NULL);
	uint64_t begun;

	/* An edit, then a listing that forgets it, while a call of ours has only read one side. */
	hear(resident, VIRT_EVENT_DEFINED, NULL, 1);
	resident_begin_act(resident);
	begun = residents_begin(residents);
	learn(residents, begun, "a", NULL);
	assert_int_equal(resident->dirty, VIRT_ALL);
	resident_end_act(resident);

	begun = residents_begin(residents);
	residents_learn(residents, resident, domain_new("a", "a"), g_ptr_array_new());
	learn(residents, begun, "a", NULL);
	assert_int_equal(resident->dirty, VIRT_ALL);
}

static void our_own_replug_is_no_news(void **state)
{
	struct resident *resident = known(*state, "ua-usbr-x");

	resident_begin_act(resident);
	assert_false(hear(resident, VIRT_EVENT_DEVICE_REMOVED, "ua-usbr-x", 1));
	assert_false(hear(resident, VIRT_EVENT_DEVICE_ADDED, "ua-usbr-x", 2));
	resident_end_act(resident);
	assert_true(resident_is_known(resident));
	assert_false(hear(resident, VIRT_EVENT_DEVICE_ADDED, "ua-usbr-x", 3));
}

static void what_others_do_meanwhile_is_read(void **state)
{
	struct resident *resident = known(*state, "ua-usbr-x");

	resident_begin_act(resident);
	hear(resident, VIRT_EVENT_DEVICE_ADDED, "ua-usbr-x", 1);
	hear(resident, VIRT_EVENT_DEVICE_REMOVED, "ua-usbr-x", 2);
	resident_end_act(resident);
	assert_int_equal(resident->dirty, VIRT_LIVE);
}

static void only_what_changes_the_live_side_is_read(void **state)
{
	struct resident *resident = known(*state, "ua-usbr-x");

	assert_false(hear(resident, VIRT_EVENT_DEVICE_REMOVED, "hostdev0", 1));
	assert_false(hear(resident, VIRT_EVENT_DEVICE_REMOVED, "ua-usbr-y", 1));
	assert_false(hear(resident, VIRT_EVENT_DEVICE_ADDED, "ua-usbr-x", 1));
	assert_true(hear(resident, VIRT_EVENT_DEVICE_REMOVED, "ua-usbr-x", 1));
	assert_int_equal(resident->dirty, VIRT_LIVE);
}

static void a_restore_is_one_revival_and_two_reverts_are_two(void **state)
{
	struct resident *resident = known(*state, "ua-usbr-x");
	const uint64_t second = G_USEC_PER_SEC;

	hear(resident, VIRT_EVENT_REVIVED, NULL, 100 * second);
	resident->revived = false;
	hear(resident, VIRT_EVENT_REVERTED, NULL, 101 * second);
	assert_false(resident->revived);
	hear(resident, VIRT_EVENT_REVERTED, NULL, 110 * second);
	assert_true(resident->revived);
	resident->revived = false;
	hear(resident, VIRT_EVENT_REVERTED, NULL, 111 * second);
	assert_true(resident->revived);
	resident->revived = false;
	hear(resident, VIRT_EVENT_REVIVED, NULL, 112 * second);
	assert_true(resident->revived);
}

static void what_was_read_before_a_restore_is_not_followed_up(void **state)
{
	struct resident *resident = known(*state, "ua-usbr-x");

	resident->busy = true; /* a reading that began before */
	hear(resident, VIRT_EVENT_REVIVED, NULL, 1);
	resident->busy = false;
	assert_false(resident_is_known(resident));
}

#define KNOWING(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KNOWING(a_listing_is_learned_and_forgets_the_rest),
		KNOWING(what_happens_during_a_listing_stays_dirty),
		KNOWING(what_was_learned_meanwhile_is_newer_than_the_listing),
		KNOWING(a_busy_domain_is_neither_learned_nor_forgotten),
		KNOWING(a_snapshot_keeps_what_it_shows),
		KNOWING(what_was_learned_is_news_until_it_is_planned),
		KNOWING(who_waits_for_a_domain_hears_that_it_is_gone),
		KNOWING(each_domain_is_looked_at_when_it_asked_for_it),
		KNOWING(a_listing_that_is_not_learned_makes_dirty),
		KNOWING(our_own_replug_is_no_news),
		KNOWING(what_others_do_meanwhile_is_read),
		KNOWING(only_what_changes_the_live_side_is_read),
		KNOWING(a_restore_is_one_revival_and_two_reverts_are_two),
		KNOWING(what_was_read_before_a_restore_is_not_followed_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
