/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reconciler/daemon/worker.h"

#define SOON (G_USEC_PER_SEC / 20)

/* A loop, one thread, and a gate at which jobs wait. */
struct fixture {
	GMainContext *loop;
	struct worker *worker;
	GMutex gate;
	guint done;
};

static void pass_the_gate(void *data)
{
	struct fixture *fixture = data;

	g_mutex_lock(&fixture->gate);
	g_mutex_unlock(&fixture->gate);
}

static void count(void *data)
{
	((struct fixture *)data)->done++;
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->loop = g_main_context_new();
	fixture->worker = worker_new(fixture->loop, 1);
	g_mutex_init(&fixture->gate);
	g_mutex_lock(&fixture->gate);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	worker_abandon(fixture->worker);
	g_main_context_unref(fixture->loop);
	g_mutex_clear(&fixture->gate);
	g_free(fixture);
	return 0;
}

static void start(struct fixture *fixture, gint64 bound)
{
	worker_start(fixture->worker, (struct worker_job){pass_the_gate, count, fixture, bound});
}

static void finish(struct fixture *fixture)
{
	g_mutex_unlock(&fixture->gate);
	while (worker_outstanding(fixture->worker) > 0)
		g_main_context_iteration(fixture->loop, TRUE);
}

static void a_job_is_late_after_its_bound_and_until_it_is_done(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, SOON);
	assert_false(worker_is_late(fixture->worker));
	g_usleep(2 * SOON);
	assert_true(worker_is_late(fixture->worker));
	finish(fixture);
	assert_int_equal(fixture->done, 1);
	assert_false(worker_is_late(fixture->worker));
}

static void a_job_without_a_bound_is_never_late(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, 0);
	g_usleep(2 * SOON);
	assert_false(worker_is_late(fixture->worker));
	finish(fixture);
}

static void a_job_that_waits_for_a_thread_is_late_too(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, 0);
	start(fixture, SOON);
	g_usleep(2 * SOON);
	assert_true(worker_is_late(fixture->worker));
	finish(fixture);
	assert_int_equal(fixture->done, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_job_is_late_after_its_bound_and_until_it_is_done,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_job_without_a_bound_is_never_late, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_job_that_waits_for_a_thread_is_late_too, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
