/* SPDX-License-Identifier: MIT */

/* How often the log says the same. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <glib/gstdio.h>

#include "lone_daemon.h"
#include "reconciler/show/log.h"

/* stderr, which is no journal here. */
static FILE *said;

static int set_up(void **state)
{
	(void)state;
	said = tmpfile();
	assert_non_null(said);
	return dup2(fileno(said), STDERR_FILENO) < 0;
}

/* So many lines since the last time. */
static void expect_lines(guint want)
{
	char line[256];
	guint lines = 0;

	fflush(stderr);
	rewind(said);
	while (fgets(line, sizeof(line), said))
		lines++;
	assert_int_equal(ftruncate(fileno(said), 0), 0);
	rewind(said);
	assert_int_equal(lines, want);
}

static void trouble_that_does_not_end_is_told_once_a_minute(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		log_event(LOG_TROUBLE, NULL, "no room");
	expect_lines(1);
	lone_pass_time(59);
	log_event(LOG_TROUBLE, NULL, "no room");
	expect_lines(0);
	lone_pass_time(2);
	log_event(LOG_TROUBLE, NULL, "no room");
	log_event(LOG_TROUBLE, NULL, "no room");
	expect_lines(1);
}

static void other_trouble_and_other_news_are_told(void **state)
{
	(void)state;
	log_event(LOG_TROUBLE, NULL, "no time");
	log_event(LOG_TROUBLE, NULL, "no luck");
	expect_lines(2);
	for (int i = 0; i < 2; i++)
		log_event(LOG_CONNECTED, NULL, "connected");
	expect_lines(2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trouble_that_does_not_end_is_told_once_a_minute),
		cmocka_unit_test(other_trouble_and_other_news_are_told),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
