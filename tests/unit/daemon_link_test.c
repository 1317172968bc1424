/* SPDX-License-Identifier: MIT */

/* What comes through a connection that has been replaced, and how often one is tried. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lone_daemon.h"
#include "state/devices.h"
#include "state/clock.h"

/* Another connection, while what uses the first is still on its way. */
static struct link *replace_link(struct daemon *daemon)
{
	g_autofree char *err = NULL;

	link_lost(daemon, "the first connection broke");
	daemon->link = g_atomic_rc_box_new0(struct link);
	assert_int_equal(virt_open(daemon->options.uri, false, &daemon->link->virt, &err),
			 VIRT_OPEN_DONE);
	return daemon->link;
}

static bool has_listed(const struct link *link)
{
	g_autoptr(GHashTable) calls = virt_calls(link->virt);

	return g_hash_table_contains(calls, "virConnectListAllDomains");
}

static void a_listing_that_outlives_its_connection_is_not_learned(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;

	lone_try_to_connect(daemon);
	assert_true(daemon->listing);
	link_lost(daemon, "it broke");
	lone_finish(daemon, daemon->worker);
	assert_false(daemon->listing);
	assert_false(daemon->listed);
	assert_null(known_domains_find(daemon->known_domains, LONE_GUEST));
}

static void the_next_connection_has_a_listing_of_its_own(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	struct link *link;

	lone_try_to_connect(daemon);
	link = replace_link(daemon);
	lone_finish(daemon, daemon->worker);
	assert_ptr_equal(daemon->link, link);
	assert_true(has_listed(link));
	assert_true(daemon->listed);
	assert_int_equal(known_domains_find(daemon->known_domains, LONE_GUEST)->dirty, 0);
}

static void a_listing_that_failed_with_its_connection_costs_not_the_next(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	struct link *link;

	lone_break(1);
	lone_try_to_connect(daemon);
	link = replace_link(daemon);
	lone_finish(daemon, daemon->worker);
	assert_ptr_equal(daemon->link, link);
	assert_true(has_listed(link));
	assert_true(daemon->listed);
}

static void a_listing_that_fails_ends_its_connection(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;

	lone_break(1);
	lone_try_to_connect(daemon);
	lone_finish(daemon, daemon->worker);
	assert_null(daemon->link);
	assert_false(daemon->listed);
	assert_true(daemon->due_connect > 0);
}

static struct known_domain *start_reading(struct daemon *daemon)
{
	struct known_domain *known = known_domains_find(daemon->known_domains, LONE_GUEST);

	known->dirty = VIRT_CONFIG;
	assert_true(link_read_dirty(daemon));
	assert_true(known->busy);
	return known;
}

static void a_reading_is_learned(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	uint64_t learned;
	struct known_domain *known;

	lone_connect(daemon);
	learned = daemon->known_domains->readings;
	known = start_reading(daemon);
	lone_finish(daemon, daemon->worker);
	assert_false(known->busy);
	assert_int_equal(known->dirty, 0);
	assert_true(daemon->known_domains->readings > learned);
}

static void a_reading_that_outlives_its_connection_is_not_learned(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	uint64_t learned;
	struct known_domain *known;

	lone_connect(daemon);
	learned = daemon->known_domains->readings;
	known = start_reading(daemon);
	replace_link(daemon);
	lone_finish(daemon, daemon->worker);
	assert_false(known->busy);
	assert_int_equal(known->dirty, VIRT_ALL);
	assert_int_equal(daemon->known_domains->readings, learned);
}

static void a_reading_that_failed_with_its_connection_costs_not_the_next(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	struct known_domain *known;
	struct link *link;

	lone_connect(daemon);
	lone_break(9);
	known = start_reading(daemon);
	link = replace_link(daemon);
	lone_finish(daemon, daemon->worker);
	assert_ptr_equal(daemon->link, link);
	assert_int_equal(known->dirty, VIRT_ALL);
}

static void a_reading_that_fails_ends_its_connection(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;

	lone_connect(daemon);
	lone_break(9);
	start_reading(daemon);
	lone_finish(daemon, daemon->worker);
	assert_null(daemon->link);
}

/* When it is time for that. */
static void ask_busy(struct daemon *daemon)
{
	assert_true(daemon->due_busy > clock_now());
	lone_pass_time(2);
	assert_true(daemon->due_busy <= clock_now());
	daemon->due_busy = 0;
	daemon->wanted = false;
	link_ask_busy(daemon);
	lone_finish(daemon, daemon->worker);
}

static void a_domain_that_was_busy_is_read_when_that_is_over(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	struct known_domain *known;
	uint64_t learned;

	lone_hold(true);
	lone_connect(daemon);
	known = known_domains_find(daemon->known_domains, LONE_GUEST);
	assert_non_null(known->domain->unreadable);
	learned = daemon->known_domains->readings;
	/* That it is still busy is no news to anybody. */
	ask_busy(daemon);
	assert_int_equal(daemon->known_domains->readings, learned);
	assert_false(daemon->wanted);
	lone_hold(false);
	ask_busy(daemon);
	assert_null(known->domain->unreadable);
	assert_int_equal(known->domain->config->len, 1);
	assert_true(daemon->wanted);
	assert_int_equal(daemon->due_busy, 0);
}

static void a_domain_that_is_busy_anew_is_asked_again(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	struct known_domain *known;

	lone_connect(daemon);
	assert_int_equal(daemon->due_busy, 0);
	lone_hold(true);
	known = start_reading(daemon);
	lone_finish(daemon, daemon->worker);
	/* What it is known to have stays known. */
	assert_non_null(known->domain->unreadable);
	assert_int_equal(known->domain->config->len, 1);
	lone_hold(false);
	ask_busy(daemon);
	assert_null(known->domain->unreadable);
}

static struct known_domain *start_acting(struct daemon *daemon)
{
	struct known_domain *known = known_domains_find(daemon->known_domains, LONE_GUEST);

	act_pass(daemon, TRIGGER_UDEV);
	assert_true(known->busy);
	return known;
}

/* libvirt's test driver detaches nothing: what was tried must be read again. */
static void after_an_action_only_its_side_is_in_doubt(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	struct known_domain *known;

	lone_connect(daemon);
	known = start_acting(daemon);
	lone_finish(daemon, daemon->worker);
	assert_int_equal(daemon->report.actions, 1);
	assert_false(known->busy);
	assert_int_equal(known->dirty, VIRT_CONFIG);
}

static void after_an_action_that_outlives_its_connection_all_is_in_doubt(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	struct known_domain *known;

	lone_connect(daemon);
	known = start_acting(daemon);
	replace_link(daemon);
	lone_finish(daemon, daemon->worker);
	assert_int_equal(daemon->report.actions, 1);
	assert_false(known->busy);
	assert_int_equal(known->dirty, VIRT_ALL);
}

/* The next attempt comes WAIT after what has just happened, which was not before BEGUN; or up to a
 * quarter earlier. */
static void expect_wait(const struct daemon *daemon, uint64_t begun, uint64_t wait)
{
	assert_in_range(daemon->due_connect, begun + wait - wait / 4, clock_now() + wait);
}

static const uint64_t slower[] = {200000,  400000,  800000,   1600000,
				  3200000, 6400000, 10000000, 10000000};

static void without_libvirt_attempts_slow_down(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;

	daemon->options.uri = "test:///nonexistent/place.xml";
	for (size_t i = 0; i < G_N_ELEMENTS(slower); i++) {
		uint64_t begun = clock_now();

		lone_try_to_connect(daemon);
		assert_null(daemon->link);
		expect_wait(daemon, begun, slower[i]);
	}
}

static void connections_that_break_before_they_say_anything_slow_down(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;

	for (size_t i = 0; i < G_N_ELEMENTS(slower); i++) {
		uint64_t begun;

		lone_try_to_connect(daemon);
		assert_non_null(daemon->link);
		begun = clock_now();
		link_lost(daemon, "it broke");
		expect_wait(daemon, begun, slower[i]);
	}
}

static void a_listing_makes_attempts_quick_again(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	uint64_t begun;

	for (int i = 0; i < 5; i++) {
		lone_try_to_connect(daemon);
		link_lost(daemon, "it broke");
	}
	lone_connect(daemon);
	begun = clock_now();
	link_lost(daemon, "it broke after all");
	expect_wait(daemon, begun, slower[0]);
}

static void after_days_without_libvirt_attempts_still_come(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	uint64_t begun;

	daemon->options.uri = "test:///nonexistent/place.xml";
	daemon->connect_failures = 100000;
	begun = clock_now();
	lone_try_to_connect(daemon);
	expect_wait(daemon, begun, slower[G_N_ELEMENTS(slower) - 1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lone_setup, lone_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_listing_that_outlives_its_connection_is_not_learned),
		TEST(the_next_connection_has_a_listing_of_its_own),
		TEST(a_listing_that_failed_with_its_connection_costs_not_the_next),
		TEST(a_listing_that_fails_ends_its_connection),
		TEST(a_reading_is_learned),
		TEST(a_reading_that_outlives_its_connection_is_not_learned),
		TEST(a_reading_that_failed_with_its_connection_costs_not_the_next),
		TEST(a_reading_that_fails_ends_its_connection),
		TEST(a_domain_that_was_busy_is_read_when_that_is_over),
		TEST(a_domain_that_is_busy_anew_is_asked_again),
		TEST(after_an_action_only_its_side_is_in_doubt),
		TEST(after_an_action_that_outlives_its_connection_all_is_in_doubt),
		TEST(without_libvirt_attempts_slow_down),
		TEST(connections_that_break_before_they_say_anything_slow_down),
		TEST(a_listing_makes_attempts_quick_again),
		TEST(after_days_without_libvirt_attempts_still_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
