/* SPDX-License-Identifier: MIT */

/* What is still done after SIGTERM. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lone_daemon.h"
#include "reconciler/daemon/leave.h"
#include "state/clock.h"

/* Connected, and then told to go, because the host goes down or not, while the guest's config is
 * not what it was. */
static struct known_domain *begin(struct daemon *daemon, bool host_stops)
{
	struct known_domain *known;

	lone_connect(daemon);
	known = known_domains_find(daemon->known_domains, LONE_GUEST);
	known->dirty = VIRT_CONFIG;
	daemon->stopping = true;
	daemon->leaving = host_stops;
	daemon->wanted = true;
	daemon->due_stop = clock_now() + STOP_PATIENCE;
	return known;
}

static void what_is_old_is_read_before_the_host_goes_down(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	struct known_domain *known = begin(daemon, true);
	uint64_t learned = daemon->known_domains->readings;

	assert_true(leave_step(daemon) > clock_now());
	assert_true(known->busy);
	assert_true(daemon->wanted);
	assert_int_equal(daemon->report.passes[TRIGGER_REQUEST], 0);
	lone_finish(daemon, daemon->worker);
	assert_int_equal(known->dirty, 0);
	assert_true(daemon->known_domains->readings > learned);
	assert_int_equal(leave_step(daemon), 0);
	assert_int_equal(daemon->report.passes[TRIGGER_REQUEST], 1);
	assert_false(daemon->wanted);
}

static void one_that_hangs_leaves_half_the_time_to_the_others(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;

	begin(daemon, true);
	assert_true(leave_step(daemon) > clock_now());
	lone_pass_time(5);
	assert_int_equal(leave_step(daemon), 0);
	assert_int_equal(daemon->report.passes[TRIGGER_REQUEST], 1);
}

static void a_restart_of_the_daemon_does_nothing_more(void **state)
{
	struct daemon *daemon = &((struct lone *)*state)->daemon;
	struct known_domain *known = begin(daemon, false);

	assert_int_equal(leave_step(daemon), 0);
	assert_false(known->busy);
	assert_int_equal(daemon->report.passes[TRIGGER_REQUEST], 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lone_setup, lone_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_old_is_read_before_the_host_goes_down),
		TEST(one_that_hangs_leaves_half_the_time_to_the_others),
		TEST(a_restart_of_the_daemon_does_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
