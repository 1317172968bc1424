/* SPDX-License-Identifier: MIT */
#include "reconciler/show/say.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "reconciler/show/show.h"
#include "state/text.h"

/* errno of the first write to stdout that failed, 0 none. */
static int lost;

static bool is_plugin;
static bool has_data;

static void talk(const char *before, const char *format, va_list values) G_GNUC_PRINTF(2, 0);

static void talk(const char *before, const char *format, va_list values)
{
	g_autofree char *untrusted_line = g_strdup_vprintf(format, values);
	g_autofree char *line = text_printable(untrusted_line);
	g_autofree char *whole = g_strconcat(before, line, NULL);
	g_autofree char *wrapped = show_wrap(show_width(STDERR_FILENO), whole);

	fprintf(stderr, "%s\n", wrapped);
}

void say_as_plugin(void)
{
	is_plugin = true;
}

static void say_plugin_error(const char *format, va_list values) G_GNUC_PRINTF(1, 0);

static void say_plugin_error(const char *format, va_list values)
{
	g_autofree char *untrusted_line = g_strdup_vprintf(format, values);
	g_autofree char *encoded = text_plugin(untrusted_line);
	g_autofree char *line = g_strdup_printf("USBRECONCILE UNKNOWN - %s\n", encoded);

	if (!has_data)
		say_data(line);
}

void say_error(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	if (is_plugin)
		say_plugin_error(format, values);
	else
		talk("usbreconcile: ", format, values);
	va_end(values);
}

static const char *last_words;
static int last_status;

static void on_limit(int signal G_GNUC_UNUSED)
{
	/* Nobody can be told when this fails. */
	ssize_t written G_GNUC_UNUSED = write(STDOUT_FILENO, last_words, strlen(last_words));

	_exit(last_status);
}

void say_exit_after(unsigned int milliseconds, const char *words, int status)
{
	const struct sigaction action = {.sa_handler = on_limit};
	sigset_t alarm;
	const struct itimerval timer = {
		.it_value = {.tv_sec = (time_t)(milliseconds / 1000),
			     .tv_usec = (suseconds_t)(milliseconds % 1000 * 1000)}};

	last_words = words;
	last_status = status;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigaction(SIGALRM, &action, NULL);
	/* Whoever started us may have blocked it. */
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

void say_hint(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	if (!is_plugin)
		talk("  ", format, values);
	va_end(values);
}

void say_data(const char *text)
{
	has_data = true;
	if (fputs(text, stdout) == EOF && lost == 0)
		lost = errno;
}

void say_lines(const char *text)
{
	g_autofree char *wrapped = show_wrap(show_width(STDOUT_FILENO), text);

	say_data(wrapped);
}

bool say_flush(void)
{
	if (fflush(stdout) == EOF && lost == 0)
		lost = errno;
	return lost == 0;
}

int say_close(int status)
{
	say_flush();
	if (lost != 0 && lost != EPIPE) {
		say_error("cannot write the output: %s", g_strerror(lost));
		status = EX_IOERR;
	}
	return is_plugin && status > SAY_PLUGIN_UNKNOWN ? SAY_PLUGIN_UNKNOWN : status;
}
