/* SPDX-License-Identifier: MIT */

/* Who watches the daemon: what one is told, and what it costs when one is slow. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "lone_daemon.h"
#include "reconciler/daemon/serve.h"
#include "reconciler/system/wire.h"
#include "state/clock.h"

/* How many lines have come; they are read. */
static guint count_lines(struct daemon *daemon, int fd)
{
	static char buffer[1024 * 1024];
	guint lines = 0;
	ssize_t length;

	lone_turn(daemon); /* there is something to be written, */
	lone_turn(daemon); /* and it is */
	while ((length = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		for (ssize_t i = 0; i < length; i++)
			lines += buffer[i] == '\n';
		lone_turn(daemon);
	}
	return lines;
}

static void who_watches_has_a_line_and_one_more_when_something_changes(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int fd;

	lone_connect(daemon);
	fd = lone_knock(lone, WIRE_WATCH);
	assert_int_equal(count_lines(daemon, fd), 1);
	act_pass(daemon, TRIGGER_UDEV); /* which finds nothing new */
	assert_int_equal(count_lines(daemon, fd), 0);
	g_clear_pointer(&daemon->uri, g_free);
	act_pass(daemon, TRIGGER_UDEV);
	assert_int_equal(count_lines(daemon, fd), 1);
	assert_int_equal(serve_due(daemon), 0);
	close(fd);
	lone_turn(daemon);
	assert_null(daemon->watched);
	lone_finish(daemon, daemon->worker);
}

static void who_watches_slowly_has_only_the_latest_line(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int fd;

	lone_connect(daemon);
	g_free(daemon->uri);
	daemon->uri = g_strnfill(1024 * 1024, 'a');
	fd = lone_knock(lone, WIRE_WATCH);
	lone_turn(daemon);
	for (char c = 'b'; c < 'h'; c++) {
		daemon->uri[0] = c;
		act_pass(daemon, TRIGGER_UDEV);
		lone_turn(daemon);
	}
	assert_int_equal(count_lines(daemon, fd), 2);
	close(fd);
	lone_turn(daemon);
	lone_finish(daemon, daemon->worker);
}

static void who_watches_without_reading_is_hung_up_on_and_so_is_who_speaks(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int slow, loud;

	lone_connect(daemon);
	g_free(daemon->uri);
	daemon->uri = g_strnfill(1024 * 1024, 'a');
	slow = lone_knock(lone, WIRE_WATCH);
	loud = lone_knock(lone, WIRE_WATCH);
	lone_turn(daemon);
	lone_pass_time(3);
	lone_turn(daemon);
	assert_non_null(daemon->watched);
	assert_int_equal(send(loud, "x", 1, 0), 1);
	lone_turn(daemon);
	assert_non_null(daemon->watched);
	lone_pass_time(9);
	lone_turn(daemon);
	assert_null(daemon->watched);
	close(slow);
	close(loud);
}

static void a_full_table_of_files_does_not_make_the_loop_spin(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	struct rlimit before, full;
	int fd, next;

	lone_connect(daemon);
	fd = lone_knock(lone, WIRE_WATCH);
	next = dup(fd);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	full = before;
	full.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
	while (g_main_context_iteration(daemon->loop, FALSE))
		;
	assert_in_range(serve_due(daemon), clock_now(), clock_now() + 2 * G_USEC_PER_SEC);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	lone_pass_time(2);
	lone_turn(daemon);
	assert_int_equal(count_lines(daemon, fd), 1);
	close(fd);
	lone_turn(daemon);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lone_serve, lone_serve_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_watches_has_a_line_and_one_more_when_something_changes),
		TEST(who_watches_slowly_has_only_the_latest_line),
		TEST(who_watches_without_reading_is_hung_up_on_and_so_is_who_speaks),
		TEST(a_full_table_of_files_does_not_make_the_loop_spin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
