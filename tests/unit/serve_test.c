/* SPDX-License-Identifier: MIT */

/* How long who asks the daemon is kept waiting. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>
#include <cmocka.h>
#include <glib/gstdio.h>

#include "lone_daemon.h"
#include "reconciler/system/wire.h"
#include "state/devices.h"
#include "state/clock.h"

/* Somebody who has a command done by the daemon, and waits. */
struct asking {
	const char *directory;
	GThread *thread;
	int result, status;
};

static void *ask(void *data)
{
	static const char *const run[] = {"run", NULL};
	struct asking *asking = data;
	g_autofree char *text = NULL;
	g_autofree char *err = NULL;

	asking->result = wire_ask(asking->directory, run, &asking->status, &text, &err);
	return NULL;
}

static void start_asking(struct lone *lone, struct asking *asking)
{
	guint before = g_list_length(lone->daemon.requests);

	asking->directory = lone->directory;
	asking->thread = g_thread_new("ask", ask, asking);
	while (g_list_length(lone->daemon.requests) == before)
		g_main_context_iteration(lone->daemon.loop, TRUE);
}

static void expect_answer(const struct daemon *daemon, struct asking *asking, int status)
{
	lone_finish(daemon, daemon->talker);
	g_thread_join(asking->thread);
	assert_int_equal(asking->result, 0);
	assert_int_equal(asking->status, status);
}

/* What a pass would do is none of this. */
static void check_answers(struct daemon *daemon)
{
	daemon->wanted = false;
	serve_check(daemon);
}

/* Who asks waits 120 s (wire.c), perhaps for one who has asked before. */
static void expect_patience(const struct daemon *daemon)
{
	assert_in_range(daemon->due_answer, clock_now() + 1, clock_now() + 60 * G_USEC_PER_SEC);
}

static int set_up(void **state)
{
	lone_setup(state);
	serve_start(&((struct lone *)*state)->daemon, ((struct lone *)*state)->directory);
	return 0;
}

static int tear_down(void **state)
{
	struct lone *lone = *state;
	const char *names[] = {WIRE_STATUS, WIRE_CONTROL};

	worker_abandon(lone->daemon.talker);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(lone->directory, names[i], NULL);

		g_unlink(path);
	}
	return lone_teardown(state);
}

static void a_guest_that_hangs_keeps_an_answer_back_only_so_long(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	struct asking first = {0}, second = {0};
	uint64_t due;

	lone_connect(daemon);
	known_domains_find(daemon->known_domains, LONE_GUEST)->busy = true;
	start_asking(lone, &first);
	lone_finish(daemon, daemon->worker);
	expect_patience(daemon);
	check_answers(daemon); /* the full reading is over, */
	check_answers(daemon); /* and one domain is not */
	due = daemon->due_answer;
	start_asking(lone, &second);
	assert_int_equal(g_list_length(daemon->requests), 2);
	assert_int_equal(daemon->due_answer, due);

	daemon->due_answer = clock_now();
	check_answers(daemon);
	assert_int_equal(g_list_length(daemon->requests), 1);
	/* The next one has as long, from then on. */
	expect_patience(daemon);
	check_answers(daemon);
	assert_int_equal(g_list_length(daemon->requests), 1);
	daemon->due_answer = clock_now();
	check_answers(daemon);
	assert_null(daemon->requests);
	assert_int_equal(daemon->due_answer, 0);
	expect_answer(daemon, &first, EX_OK);
	/* Not even the full reading was over: nothing can be said. */
	expect_answer(daemon, &second, EX_TEMPFAIL);
}

static void an_answer_comes_when_no_guest_is_busy(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	struct asking asking = {0};

	lone_connect(daemon);
	start_asking(lone, &asking);
	check_answers(daemon);
	assert_non_null(daemon->requests);
	lone_finish(daemon, daemon->worker);
	check_answers(daemon);
	check_answers(daemon);
	assert_null(daemon->requests);
	expect_answer(daemon, &asking, EX_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_guest_that_hangs_keeps_an_answer_back_only_so_long),
		TEST(an_answer_comes_when_no_guest_is_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
