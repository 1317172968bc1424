/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reconciler/daemon/known_domains.h"

static GPtrArray *list_of(const char *first, const char *second)
{
	GPtrArray *domains = domain_list_new();

	g_ptr_array_add(domains, domain_new(first, first));
	if (second)
		g_ptr_array_add(domains, domain_new(second, second));
	return domains;
}

static void learn(struct known_domains *known_domains, uint64_t begun, const char *first,
		  const char *second)
{
	g_autoptr(GPtrArray) domains = list_of(first, second);
	g_autoptr(GPtrArray) problems = g_ptr_array_new();

	known_domains_learn_all(known_domains, begun, domains, problems);
}

/* The domain NAME, that wants the device with SERIAL. */
static void learn_wish(struct known_domains *known_domains, const char *name, const char *serial)
{
	struct known_domain *known = known_domains_get(known_domains, name);
	struct domain *domain = domain_new(name, name);
	struct tag *tag = tag_new();

	tag->name = g_strdup("t");
	tag->serial = g_strdup(serial);
	g_ptr_array_add(domain->tags, tag);
	known->dirty = 0;
	known_domains_learn(known_domains, known, domain, g_ptr_array_new());
}

/* Asks whom a plan NOW is about, which must be NAMES in any order, and makes one that wants to be
 * back at the first of them at WAKE. */
static void plan_for(struct known_domains *known_domains, const GPtrArray *devices, uint64_t now,
		     const char *names, uint64_t wake)
{
	g_autoptr(GPtrArray) concerned =
		known_domains_concerned(known_domains, devices, devices, now);
	OWN(snapshot) snapshot = snapshot_new();
	OWN(plan) plan = plan_new();
	g_autoptr(GString) said = g_string_new(NULL);

	known_domains_show(known_domains, concerned, snapshot);
	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);
		const struct wake first = {domain, wake};

		g_string_append(said, domain->name);
		if (i == 0 && wake != 0)
			g_array_append_val(plan->wakes, first);
	}
	assert_string_equal(said->str, names);
	known_domains_note_plan(known_domains, snapshot, plan);
}

static int set_up(void **state)
{
	*state = known_domains_new();
	return 0;
}

static int tear_down(void **state)
{
	known_domains_free(*state);
	return 0;
}

static void a_listing_is_learned_and_forgets_the_rest(void **state)
{
	struct known_domains *known_domains = *state;
	OWN(snapshot) snapshot = snapshot_new();

	learn(known_domains, known_domains_begin(known_domains), "b", "a");
	learn(known_domains, known_domains_begin(known_domains), "b", NULL);
	assert_null(known_domains_find(known_domains, "a"));
	assert_int_equal(known_domains_find(known_domains, "b")->dirty, 0);
	known_domains_show(known_domains, NULL, snapshot);
	assert_int_equal(snapshot->domains->len, 1);
}

static void what_happens_during_a_listing_stays_dirty(void **state)
{
	struct known_domains *known_domains = *state;
	uint64_t begun;

	learn(known_domains, known_domains_begin(known_domains), "a", "b");
	begun = known_domains_begin(known_domains);
	known_domains_find(known_domains, "a")->dirty = VIRT_LIVE;
	known_domains_get(known_domains, "c");
	learn(known_domains, begun, "a", "c");
	assert_int_equal(known_domains_find(known_domains, "a")->dirty, VIRT_LIVE);
	assert_int_equal(known_domains_find(known_domains, "c")->dirty, VIRT_ALL);
}

static void what_was_learned_meanwhile_is_newer_than_the_listing(void **state)
{
	struct known_domains *known_domains = *state;
	struct known_domain *known;
	struct domain *newer = domain_new("a", "a");
	uint64_t begun;

	learn(known_domains, known_domains_begin(known_domains), "a", NULL);
	begun = known_domains_begin(known_domains);
	known = known_domains_find(known_domains, "a");
	newer->running = true;
	known_domains_learn(known_domains, known, newer, g_ptr_array_new());
	learn(known_domains, begun, "a", NULL);
	assert_ptr_equal(known->domain, newer);
	learn(known_domains, known_domains_begin(known_domains), "a", NULL);
	assert_false(known->domain->running);
}

static void an_unreadable_domain_keeps_what_it_wants_and_holds(void **state)
{
	struct known_domains *known_domains = *state;
	g_autoptr(GPtrArray) domains = list_of("a", NULL);
	g_autoptr(GPtrArray) problems = problem_list_new();
	const struct domain *kept;

	learn_wish(known_domains, "a", "AAA");
	((struct domain *)g_ptr_array_index(domains, 0))->unreadable = g_strdup("it hangs");
	g_ptr_array_add(problems, problem_new(PROBLEM_DOMAIN_BUSY, SEVERITY_WARNING, "a", NULL, 0,
					      g_strdup("it hangs"), NULL));
	known_domains_learn_all(known_domains, known_domains_begin(known_domains), domains,
				problems);
	kept = known_domains_find(known_domains, "a")->domain;
	assert_string_equal(kept->unreadable, "it hangs");
	assert_int_equal(kept->tags->len, 1);
	assert_int_equal(known_domains_find(known_domains, "a")->problems->len, 1);
	/* And when it can be read again, that counts. */
	learn(known_domains, known_domains_begin(known_domains), "a", NULL);
	kept = known_domains_find(known_domains, "a")->domain;
	assert_null(kept->unreadable);
	assert_int_equal(kept->tags->len, 0);
}

static void what_was_defined_during_a_listing_stays(void **state)
{
	struct known_domains *known_domains = *state;
	uint64_t begun;

	learn(known_domains, known_domains_begin(known_domains), "a", NULL);
	begun = known_domains_begin(known_domains);
	learn_wish(known_domains, "read", "AAA");  /* defined, heard of, read */
	known_domains_get(known_domains, "heard"); /* not yet read */
	learn(known_domains, begun, "a", NULL);
	assert_non_null(known_domains_find(known_domains, "read"));
	assert_int_equal(known_domains_find(known_domains, "heard")->dirty, VIRT_ALL);
	/* The next listing knows better. */
	learn(known_domains, known_domains_begin(known_domains), "a", NULL);
	assert_null(known_domains_find(known_domains, "read"));
	assert_null(known_domains_find(known_domains, "heard"));
}

static void what_was_undefined_during_a_listing_does_not_come_back(void **state)
{
	struct known_domains *known_domains = *state;
	uint64_t begun;

	learn(known_domains, known_domains_begin(known_domains), "a", "b");
	begun = known_domains_begin(known_domains);
	known_domains_forget(known_domains, "b");
	learn(known_domains, begun, "a", "b");
	assert_null(known_domains_find(known_domains, "b"));
	/* It may be defined again. */
	learn(known_domains, known_domains_begin(known_domains), "a", "b");
	assert_non_null(known_domains_find(known_domains, "b"));
}

static void a_busy_domain_keeps_its_event_over_a_listing(void **state)
{
	struct known_domains *known_domains = *state;
	struct known_domain *known;
	uint64_t begun;

	learn(known_domains, known_domains_begin(known_domains), "a", NULL);
	known = known_domains_find(known_domains, "a");
	known->busy = true;
	known->dirty = VIRT_CONFIG;
	begun = known_domains_begin(known_domains);
	assert_int_equal(known->dirty, VIRT_CONFIG);
	learn(known_domains, begun, "a", NULL);
	assert_int_equal(known->dirty, VIRT_ALL);
}

static void a_busy_domain_is_neither_learned_nor_forgotten(void **state)
{
	struct known_domains *known_domains = *state;
	struct known_domain *known;
	const struct domain *before;

	learn(known_domains, known_domains_begin(known_domains), "a", "b");
	known = known_domains_find(known_domains, "a");
	before = known->domain;
	known->busy = true;
	learn(known_domains, known_domains_begin(known_domains), "a", "b");
	assert_ptr_equal(known->domain, before);
	learn(known_domains, known_domains_begin(known_domains), "b", NULL);
	assert_ptr_equal(known_domains_find(known_domains, "a"), known);
	assert_true(known_domains_are_busy(known_domains));
}

static void a_snapshot_keeps_what_it_shows(void **state)
{
	struct known_domains *known_domains = *state;
	OWN(snapshot) snapshot = snapshot_new();

	learn(known_domains, known_domains_begin(known_domains), "a", NULL);
	known_domains_show(known_domains, NULL, snapshot);
	known_domains_forget(known_domains, "a");
	assert_string_equal(((struct domain *)g_ptr_array_index(snapshot->domains, 0))->name, "a");
}

static void what_was_learned_is_news_until_it_is_planned(void **state)
{
	struct known_domains *known_domains = *state;
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	learn_wish(known_domains, "a", "AAA");
	learn_wish(known_domains, "b", "BBB");
	plan_for(known_domains, none, 1, "ab", 0);
	plan_for(known_domains, none, 2, "", 0);
	learn_wish(known_domains, "b", "BBB");
	plan_for(known_domains, none, 3, "b", 0);
}

static void who_waits_for_a_domain_hears_that_it_is_gone(void **state)
{
	struct known_domains *known_domains = *state;
	g_autoptr(GPtrArray) devices = device_list_new();
	struct device *device = device_new();

	device->sysname = g_strdup("1-1");
	device->untrusted_serial = g_strdup("AAA");
	g_ptr_array_add(devices, device);
	learn_wish(known_domains, "a", "AAA");
	learn_wish(known_domains, "b", "AAA");
	learn_wish(known_domains, "c", "CCC");
	plan_for(known_domains, devices, 1, "abc", 0);
	known_domains_forget(known_domains, "a");
	plan_for(known_domains, devices, 2, "b", 0);
	learn(known_domains, known_domains_begin(known_domains), "c", NULL); /* without a tag now */
	plan_for(known_domains, devices, 3, "c", 0);
	assert_null(known_domains_find(known_domains, "b"));
}

static void each_domain_is_looked_at_when_it_asked_for_it(void **state)
{
	struct known_domains *known_domains = *state;
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	learn_wish(known_domains, "a", "AAA");
	plan_for(known_domains, none, 1, "a", 20);
	assert_int_equal(known_domains->wake, 20);
	learn_wish(known_domains, "b", "BBB");
	plan_for(known_domains, none, 2, "b", 10);
	assert_int_equal(known_domains->wake, 10);
	plan_for(known_domains, none, 9, "", 0);
	plan_for(known_domains, none, 10, "b", 30);
	assert_int_equal(known_domains->wake, 20);
	/* Planned before its time, and now it asks for none. */
	learn_wish(known_domains, "a", "AAA");
	plan_for(known_domains, none, 11, "a", 0);
	assert_int_equal(known_domains->wake, 30);
	known_domains_forget(known_domains, "b");
	plan_for(known_domains, none, 12, "", 0);
	plan_for(known_domains, none, 30, "", 0);
	assert_int_equal(known_domains->wake, 0);
}

static struct known_domain *learned(struct known_domains *known_domains, const char *alias)
{
	struct known_domain *known = known_domains_get(known_domains, "a");
	struct domain *domain = domain_new("a", "a");

	if (alias) {
		struct hostdev *hostdev = hostdev_new();

		hostdev->alias = g_strdup(alias);
		g_ptr_array_add(domain->live, hostdev);
	}
	known->dirty = 0;
	known_domains_learn(known_domains, known, domain, g_ptr_array_new());
	return known;
}

static bool hear(struct known_domain *known, enum virt_event_kind kind, const char *alias,
		 uint64_t now)
{
	g_autofree char *copy = g_strdup(alias);
	const struct virt_event event = {.kind = kind, .alias = copy};

	return known_domain_hear(known, &event, now);
}

static void a_listing_that_is_not_learned_makes_dirty(void **state)
{
	struct known_domains *known_domains = *state;
	struct known_domain *known = learned(known_domains, NULL);
	uint64_t begun;

	/* An edit, then a listing that forgets it, while a call of ours has only read one side. */
	hear(known, VIRT_EVENT_DEFINED, NULL, 1);
	known_domain_begin_act(known);
	begun = known_domains_begin(known_domains);
	learn(known_domains, begun, "a", NULL);
	assert_int_equal(known->dirty, VIRT_ALL);
	known_domain_end_act(known);

	begun = known_domains_begin(known_domains);
	known_domains_learn(known_domains, known, domain_new("a", "a"), g_ptr_array_new());
	learn(known_domains, begun, "a", NULL);
	assert_int_equal(known->dirty, VIRT_ALL);
}

static void our_own_replug_is_no_news(void **state)
{
	struct known_domain *known = learned(*state, "ua-usbr-x");

	known_domain_begin_act(known);
	assert_false(hear(known, VIRT_EVENT_DEVICE_REMOVED, "ua-usbr-x", 1));
	assert_false(hear(known, VIRT_EVENT_DEVICE_ADDED, "ua-usbr-x", 2));
	known_domain_end_act(known);
	assert_true(known_domain_is_known(known));
	assert_false(hear(known, VIRT_EVENT_DEVICE_ADDED, "ua-usbr-x", 3));
}

static void what_others_do_meanwhile_is_read(void **state)
{
	struct known_domain *known = learned(*state, "ua-usbr-x");

	known_domain_begin_act(known);
	hear(known, VIRT_EVENT_DEVICE_ADDED, "ua-usbr-x", 1);
	hear(known, VIRT_EVENT_DEVICE_REMOVED, "ua-usbr-x", 2);
	known_domain_end_act(known);
	assert_int_equal(known->dirty, VIRT_LIVE);
}

static void only_what_changes_the_live_side_is_read(void **state)
{
	struct known_domain *known = learned(*state, "ua-usbr-x");

	assert_false(hear(known, VIRT_EVENT_DEVICE_REMOVED, "hostdev0", 1));
	assert_false(hear(known, VIRT_EVENT_DEVICE_REMOVED, "ua-usbr-y", 1));
	assert_false(hear(known, VIRT_EVENT_DEVICE_ADDED, "ua-usbr-x", 1));
	assert_true(hear(known, VIRT_EVENT_DEVICE_REMOVED, "ua-usbr-x", 1));
	assert_int_equal(known->dirty, VIRT_LIVE);
}

static void what_a_guest_had_of_a_device_is_free_when_it_is_taken_out(void **state)
{
	struct known_domain *known = learned(*state, NULL);

	assert_false(hear(known, VIRT_EVENT_DEVICE_REMOVED, "usb-disk1", 1));
	domain_add_use(known->domain->uses, "disk", "/dev/sda");
	assert_true(hear(known, VIRT_EVENT_DEVICE_REMOVED, "usb-disk1", 1));
	assert_int_equal(known->dirty, VIRT_LIVE);
	/* Our own detach is known of. */
	known->dirty = 0;
	assert_false(hear(known, VIRT_EVENT_DEVICE_REMOVED, "ua-usbr-x", 1));
}

static void a_guest_port_is_free_when_what_had_it_is_taken_out(void **state)
{
	struct known_domain *known = learned(*state, NULL);

	domain_add_port(known->domain->live_ports, "0:1", "input");
	assert_true(hear(known, VIRT_EVENT_DEVICE_REMOVED, "input1", 1));
}

static void a_restore_is_one_revival_and_two_reverts_are_two(void **state)
{
	struct known_domain *known = learned(*state, "ua-usbr-x");
	const uint64_t second = G_USEC_PER_SEC;

	hear(known, VIRT_EVENT_REVIVED, NULL, 100 * second);
	known->revived = false;
	hear(known, VIRT_EVENT_REVERTED, NULL, 101 * second);
	assert_false(known->revived);
	hear(known, VIRT_EVENT_REVERTED, NULL, 110 * second);
	assert_true(known->revived);
	known->revived = false;
	hear(known, VIRT_EVENT_REVERTED, NULL, 111 * second);
	assert_true(known->revived);
	known->revived = false;
	hear(known, VIRT_EVENT_REVIVED, NULL, 112 * second);
	assert_true(known->revived);
}

static void an_arrival_is_one_revival_however_long_it_takes(void **state)
{
	struct known_domain *known = learned(*state, "ua-usbr-x");
	const uint64_t second = G_USEC_PER_SEC;

	/* Somebody pauses a guest, or a migration from here was called off. */
	assert_false(hear(known, VIRT_EVENT_ARRIVED, NULL, 1 * second));
	assert_false(known->revived);
	assert_true(hear(known, VIRT_EVENT_ARRIVING, NULL, 100 * second));
	assert_false(known->revived);
	assert_true(known->restarted);
	assert_true(hear(known, VIRT_EVENT_ARRIVED, NULL, 700 * second));
	assert_true(known->revived);
	assert_int_equal(known->dirty, VIRT_ALL);
	/* The end of a post-copy migration says the same again. */
	known->revived = false;
	hear(known, VIRT_EVENT_ARRIVED, NULL, 800 * second);
	assert_false(known->revived);
}

static void what_does_not_arrive_is_no_revival(void **state)
{
	struct known_domain *known = learned(*state, "ua-usbr-x");

	hear(known, VIRT_EVENT_ARRIVING, NULL, 1);
	hear(known, VIRT_EVENT_STOPPED, NULL, 2);
	hear(known, VIRT_EVENT_STARTED, NULL, 3);
	hear(known, VIRT_EVENT_ARRIVED, NULL, 4);
	assert_false(known->revived);
}

static void what_was_read_before_a_restore_is_not_followed_up(void **state)
{
	struct known_domain *known = learned(*state, "ua-usbr-x");

	known->busy = true; /* a reading that began before */
	hear(known, VIRT_EVENT_REVIVED, NULL, 1);
	known->busy = false;
	assert_false(known_domain_is_known(known));
}

#define KNOWING(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void every_domain_has_its_turn_to_be_read_though_nothing_happened(void **state)
{
	struct known_domains *known_domains = *state;
	g_autoptr(GPtrArray) domains = domain_list_new();
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autoptr(GHashTable) read = g_hash_table_new(g_str_hash, g_str_equal);
	guint readings = 0;

	for (guint i = 0; i < 100; i++) {
		g_autofree char *name = g_strdup_printf("guest%u", i);
		g_ptr_array_add(domains, domain_new(name, name));
	}
	known_domains_learn_all(known_domains, 0, domains, problems);
	known_domains_find(known_domains, "guest0")->dirty = VIRT_LIVE;
	for (uint64_t turn = 1; turn <= KNOWN_DOMAINS_TURNS; turn++) {
		g_autoptr(GHashTable) spared = known_domains_spared(known_domains, turn);
		assert_null(g_hash_table_lookup(spared, "guest0"));
		for (guint i = 1; i < domains->len; i++) {
			struct domain *domain = g_ptr_array_index(domains, i);
			if (!g_hash_table_contains(spared, domain->uuid) && ++readings)
				g_hash_table_add(read, domain->uuid);
		}
	}
	assert_true(g_hash_table_size(read) == 99 && readings == 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KNOWING(a_listing_is_learned_and_forgets_the_rest),
		KNOWING(every_domain_has_its_turn_to_be_read_though_nothing_happened),
		KNOWING(what_happens_during_a_listing_stays_dirty),
		KNOWING(what_was_learned_meanwhile_is_newer_than_the_listing),
		KNOWING(an_unreadable_domain_keeps_what_it_wants_and_holds),
		KNOWING(what_was_defined_during_a_listing_stays),
		KNOWING(what_was_undefined_during_a_listing_does_not_come_back),
		KNOWING(a_busy_domain_keeps_its_event_over_a_listing),
		KNOWING(a_busy_domain_is_neither_learned_nor_forgotten),
		KNOWING(a_snapshot_keeps_what_it_shows),
		KNOWING(what_was_learned_is_news_until_it_is_planned),
		KNOWING(who_waits_for_a_domain_hears_that_it_is_gone),
		KNOWING(each_domain_is_looked_at_when_it_asked_for_it),
		KNOWING(a_listing_that_is_not_learned_makes_dirty),
		KNOWING(our_own_replug_is_no_news),
		KNOWING(what_others_do_meanwhile_is_read),
		KNOWING(only_what_changes_the_live_side_is_read),
		KNOWING(what_a_guest_had_of_a_device_is_free_when_it_is_taken_out),
		KNOWING(a_guest_port_is_free_when_what_had_it_is_taken_out),
		KNOWING(a_restore_is_one_revival_and_two_reverts_are_two),
		KNOWING(an_arrival_is_one_revival_however_long_it_takes),
		KNOWING(what_does_not_arrive_is_no_revival),
		KNOWING(what_was_read_before_a_restore_is_not_followed_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
