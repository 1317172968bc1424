/* SPDX-License-Identifier: MIT */

/* Who asks the daemon: how long one is kept waiting, and what many, or strangers, cost. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>
#include <cmocka.h>

#include "lone_daemon.h"
#include "reconciler/daemon/document.h"
#include "reconciler/daemon/request.h"
#include "reconciler/daemon/serve.h"
#include "reconciler/system/wire.h"
#include "state/clock.h"
#include "state/devices.h"

/* Somebody has a command of two words done, and waits. */
static int ask(const struct lone *lone, const char *command, const char *argument)
{
	int fd = lone_knock(lone, WIRE_CONTROL);

	assert_true(send(fd, command, strlen(command) + 1, 0) > 0);
	if (argument)
		assert_true(send(fd, argument, strlen(argument) + 1, 0) > 0);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	return fd;
}

/* What happens at once, and the passes that are wanted are over. */
static void turn_and_check(struct daemon *daemon)
{
	lone_turn(daemon);
	link_read_dirty(daemon);
	lone_finish(daemon, daemon->worker);
	daemon->wanted = false;
	request_check(daemon);
	lone_turn(daemon);
}

static void expect_silence(int fd)
{
	char byte;

	/* That it was heard is no answer. */
	while (recv(fd, &byte, 1, 0) == 1)
		assert_int_equal(byte, '\n');
	assert_int_equal(errno, EAGAIN);
}

/* The exit code; FD is closed. */
static int answer_of(int fd)
{
	char answer[4096] = "";
	size_t length = 0;
	ssize_t got;

	while ((got = recv(fd, answer + length, sizeof(answer) - 1 - length, 0)) > 0)
		length += (size_t)got;
	assert_true(got == 0 || errno == ECONNRESET);
	assert_true(length > 0);
	close(fd);
	return (int)strtol(answer, NULL, 10);
}

/* A client waits 60 s (wire.h). */
static void expect_patience(const struct daemon *daemon)
{
	assert_in_range(request_due(daemon), clock_now() + 1, clock_now() + 50 * G_USEC_PER_SEC);
}

static void an_answer_comes_when_no_guest_is_busy(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int fd;

	lone_connect(daemon);
	fd = ask(lone, "run", NULL);
	lone_turn(daemon);
	expect_patience(daemon);
	expect_silence(fd);
	turn_and_check(daemon); /* the full reading is over, */
	turn_and_check(daemon); /* and so is the pass that follows */
	assert_null(daemon->requests);
	assert_int_equal(request_due(daemon), 0);
	assert_int_equal(answer_of(fd), EX_OK);
}

static void a_guest_that_hangs_keeps_an_answer_back_only_so_long(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int fd;

	lone_connect(daemon);
	known_domains_find(daemon->known_domains, LONE_GUEST)->busy = true;
	fd = ask(lone, "run", NULL);
	turn_and_check(daemon);
	turn_and_check(daemon);
	turn_and_check(daemon);
	expect_silence(fd);
	expect_patience(daemon);
	lone_pass_time(46);
	turn_and_check(daemon);
	assert_null(daemon->requests);
	assert_int_equal(answer_of(fd), EX_OK);
	/* Who asks about that guest alone can be told nothing. */
	fd = ask(lone, "run", "guest");
	turn_and_check(daemon);
	turn_and_check(daemon);
	expect_silence(fd);
	lone_pass_time(46);
	turn_and_check(daemon);
	assert_int_equal(answer_of(fd), EX_TEMPFAIL);
}

static void a_full_reading_that_hangs_is_waited_for_a_moment(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int fd;

	lone_connect(daemon);
	daemon->listing = true;
	fd = ask(lone, "run", NULL);
	turn_and_check(daemon);
	turn_and_check(daemon);
	expect_silence(fd);
	assert_in_range(request_due(daemon), clock_now(), clock_now() + 5 * G_USEC_PER_SEC);
	lone_pass_time(4);
	turn_and_check(daemon);
	turn_and_check(daemon);
	/* Not all was read, which is no success. */
	assert_int_equal(answer_of(fd), 1);
	daemon->listing = false;
}

static void a_guest_that_hangs_delays_nobody_who_asks_about_another(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	struct known_domain *hanging;
	int fd;

	lone_connect(daemon);
	hanging = known_domains_get(daemon->known_domains, "11111111-2222-3333-4444-555555555555");
	hanging->busy = true;
	daemon->listing = true; /* which it delays */
	fd = ask(lone, "replug", "guest");
	turn_and_check(daemon);
	turn_and_check(daemon);
	assert_int_equal(answer_of(fd), EX_OK);
	daemon->listing = false;
}

static void a_domain_may_be_named_by_its_uuid(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int fd;

	lone_connect(daemon);
	fd = ask(lone, "run", LONE_GUEST);
	turn_and_check(daemon);
	turn_and_check(daemon);
	assert_int_equal(answer_of(fd), EX_OK);
	fd = ask(lone, "run", "nobody");
	turn_and_check(daemon);
	turn_and_check(daemon);
	assert_int_equal(answer_of(fd), EX_USAGE);
	fd = ask(lone, "dance", NULL);
	turn_and_check(daemon);
	assert_int_equal(answer_of(fd), EX_USAGE);
}

static void all_that_wait_for_the_same_are_one_request(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int fds[100];

	lone_connect(daemon);
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
		fds[i] = ask(lone, "run", NULL);
		lone_turn(daemon);
	}
	/* One that has begun, and one for all who came after that. */
	assert_int_equal(g_list_length(daemon->requests), 2);
	for (int i = 0; i < 4; i++)
		turn_and_check(daemon);
	assert_null(daemon->requests);
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		assert_int_equal(answer_of(fds[i]), EX_OK);
}

static void who_hangs_up_is_dropped_at_once(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int first, second, reader;

	lone_connect(daemon);
	first = ask(lone, "run", NULL);
	second = ask(lone, "replug", "guest");
	reader = lone_knock(lone, WIRE_CONTROL);
	lone_turn(daemon);
	assert_int_equal(g_list_length(daemon->requests), 2);
	close(reader);
	close(first);
	lone_turn(daemon);
	assert_int_equal(g_list_length(daemon->requests), 1);
	close(second);
	lone_turn(daemon);
	assert_null(daemon->requests);
	assert_int_equal(serve_due(daemon), 0);
}

static void the_queue_has_an_end(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int fds[260];

	lone_connect(daemon);
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
		fds[i] = ask(lone, "run", NULL);
		lone_turn(daemon);
	}
	/* All are one user's: who came first has waited longest. */
	for (size_t i = 256; i < G_N_ELEMENTS(fds); i++)
		assert_int_equal(answer_of(fds[i]), EX_TEMPFAIL);
	for (int i = 0; i < 4; i++)
		turn_and_check(daemon);
	for (size_t i = 0; i < 256; i++)
		assert_int_equal(answer_of(fds[i]), EX_OK);
}

static void who_says_nothing_is_hung_up_on(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int fd = lone_knock(lone, WIRE_CONTROL);
	char byte;

	lone_turn(daemon);
	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_in_range(serve_due(daemon), clock_now(), clock_now() + 10 * G_USEC_PER_SEC);
	lone_pass_time(11);
	lone_turn(daemon);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	close(fd);
}

/* A document that no socket takes at once. */
static void make_document_long(struct daemon *daemon)
{
	size_t length = 4 * 1024 * 1024;
	char *text = g_malloc(length);

	memset(text, 'x', length);
	daemon_changed(daemon);
	daemon->document = g_bytes_new_take(text, length);
	daemon->document_at = clock_now();
}

/* How much there is to be read, while the daemon does its part. */
static size_t read_all(struct daemon *daemon, int fd)
{
	static char buffer[1024 * 1024];
	size_t all = 0;

	for (;;) {
		ssize_t length = recv(fd, buffer, sizeof(buffer), 0);

		if (length == 0)
			break;
		if (length > 0)
			all += (size_t)length;
		else
			assert_int_equal(errno, EAGAIN);
		lone_turn(daemon);
	}
	close(fd);
	return all;
}

static void readers_that_do_not_read_keep_nobody_from_reading(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int silent[80], fd;

	lone_connect(daemon);
	make_document_long(daemon);
	for (size_t i = 0; i < G_N_ELEMENTS(silent); i++) {
		silent[i] = lone_knock(lone, WIRE_STATUS);
		lone_turn(daemon);
	}
	fd = lone_knock(lone, WIRE_STATUS);
	assert_int_equal(read_all(daemon, fd), 4 * 1024 * 1024);
	/* Nor from being served. */
	fd = ask(lone, "run", "guest");
	turn_and_check(daemon);
	turn_and_check(daemon);
	assert_int_equal(answer_of(fd), EX_OK);
	lone_pass_time(11);
	lone_turn(daemon);
	assert_int_equal(serve_due(daemon), 0);
	for (size_t i = 0; i < G_N_ELEMENTS(silent); i++)
		close(silent[i]);
}

static void readers_share_one_document_until_something_changes(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	GBytes *before, *after;

	lone_connect(daemon);
	before = g_bytes_ref(document_of(daemon));
	assert_ptr_equal(document_of(daemon), before);
	act_pass(daemon, TRIGGER_UDEV);
	after = document_of(daemon);
	assert_ptr_not_equal(after, before);
	g_bytes_unref(before);
	lone_finish(daemon, daemon->worker);
}

static void slow_readers_do_not_keep_every_document_there_was(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	int fds[20];
	static char buffer[1024 * 1024];
	guint alive = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
		make_document_long(daemon);
		fds[i] = lone_knock(lone, WIRE_STATUS);
		lone_turn(daemon);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
		ssize_t length;

		while ((length = recv(fds[i], buffer, sizeof(buffer), 0)) > 0)
			;
		alive += length < 0;
		close(fds[i]);
	}
	assert_in_range(alive, 1, 8);
	lone_turn(daemon);
}

static void a_full_table_of_files_is_waited_out(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;
	struct rlimit before, full;
	int fd = lone_knock(lone, WIRE_STATUS);
	char byte;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	full = before;
	full.rlim_cur = (rlim_t)fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
	/* It does not spin: nothing happens until it is time to look again. */
	while (g_main_context_iteration(daemon->loop, FALSE))
		;
	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_in_range(serve_due(daemon), clock_now(), clock_now() + 2 * G_USEC_PER_SEC);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	lone_pass_time(2);
	lone_turn(daemon);
	lone_turn(daemon);
	assert_int_equal(recv(fd, &byte, 1, 0), 1);
	close(fd);
	lone_turn(daemon);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lone_serve, lone_serve_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_comes_when_no_guest_is_busy),
		TEST(a_guest_that_hangs_keeps_an_answer_back_only_so_long),
		TEST(a_full_reading_that_hangs_is_waited_for_a_moment),
		TEST(a_guest_that_hangs_delays_nobody_who_asks_about_another),
		TEST(a_domain_may_be_named_by_its_uuid),
		TEST(all_that_wait_for_the_same_are_one_request),
		TEST(who_hangs_up_is_dropped_at_once),
		TEST(the_queue_has_an_end),
		TEST(who_says_nothing_is_hung_up_on),
		TEST(readers_that_do_not_read_keep_nobody_from_reading),
		TEST(readers_share_one_document_until_something_changes),
		TEST(slow_readers_do_not_keep_every_document_there_was),
		TEST(a_full_table_of_files_is_waited_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
