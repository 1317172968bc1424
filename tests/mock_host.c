/* SPDX-License-Identifier: MIT */

/*
 * A fake host (unit/mock_usb.h) around a real program: runs COMMAND in it, changes it as the lines
 * on stdin say, and ends with the command's exit code. Run under umockdev-wrapper.
 *
 *   start                      the command, which with --later is not started before
 *   listening                  until the command has subscribed to udev's events, or is gone
 *   plug SYSNAME ID DEV SERIAL [ID_PATH]
 *   hub SYSNAME DEV
 *   unplug SYSNAME
 *   touch SYSNAME              an event alone, "change"
 *   silently SYSNAME SERIAL    gives it another serial number, and makes no event of that
 *   storm COUNT SECONDS SYSNAME    so many of them, evenly
 *   pause SECONDS              between events, when it is their distance that matters
 *   signal NUMBER              to the command
 *   exited                     until the command is gone
 */

#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "mock_usb.h"

static struct mock_usb *mock;
static char **command;
static pid_t child;
static int status;
static bool exited;

static int broken(const char *line)
{
	fprintf(stderr, "mock_host: what is \"%s\"?\n", line);
	return -1;
}

static void await_listener(void)
{
	const char *root = g_getenv("UMOCKDEV_DIR");

	/* Each subscriber has a socket "event…" there; umockdev tells nobody when one appears. */
	for (;;) {
		g_autoptr(GDir) directory = g_dir_open(root, 0, NULL);
		const char *name;

		while (directory && (name = g_dir_read_name(directory))) {
			if (g_str_has_prefix(name, "event"))
				return;
		}
		exited = exited || waitpid(child, &status, WNOHANG) == child;
		if (exited)
			return;
		g_usleep(10000);
	}
}

static void await_exit(void)
{
	if (!exited)
		waitpid(child, &status, 0);
	exited = true;
}

static unsigned int number(const char *text)
{
	return (unsigned int)strtoul(text, NULL, 10);
}

static void plug(char **words, guint count)
{
	struct mock_device device = {
		.sysname = words[1],
		.id = words[2],
		.dev = number(words[3]),
		.serial = words[4],
		.id_path = count > 5 ? words[5] : NULL,
		.usec_initialized = (uint64_t)g_get_monotonic_time(),
	};

	mock_usb_plug(mock, &device);
	mock_usb_event(mock, words[1], "add");
}

static void plug_hub(char **words)
{
	struct mock_device device = {.sysname = words[1],
				     .id = "05e3:0608",
				     .dev = number(words[2]),
				     .hub = true,
				     .usec_initialized = (uint64_t)g_get_monotonic_time()};

	mock_usb_plug(mock, &device);
	mock_usb_event(mock, words[1], "add");
}

static void storm(char **words)
{
	unsigned int count = number(words[1]);
	gint64 start = g_get_monotonic_time();
	gint64 length = (gint64)(g_ascii_strtod(words[2], NULL) * G_USEC_PER_SEC);

	for (unsigned int i = 0; i < count; i++) {
		gint64 due = start + length * i / count;

		while (g_get_monotonic_time() < due)
			g_usleep((gulong)CLAMP(due - g_get_monotonic_time(), 1, 100000));
		mock_usb_event(mock, words[3], "change");
	}
}

static void start(void)
{
	child = fork();
	if (child != 0)
		return;
	/* Whatever becomes of us, it is not left behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The lines are ours. */
	fclose(stdin);
	execvp(*command, command);
	perror(*command);
	_exit(127);
}

static int obey(const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	guint count = g_strv_length(words);

	if (count == 0 || *line == '#')
		return 0;
	if (strcmp(*words, "start") == 0 && child == 0)
		start();
	else if (strcmp(*words, "listening") == 0)
		await_listener();
	else if (strcmp(*words, "exited") == 0)
		await_exit();
	else if (strcmp(*words, "plug") == 0 && count >= 5)
		plug(words, count);
	else if (strcmp(*words, "hub") == 0 && count == 3)
		plug_hub(words);
	else if (strcmp(*words, "unplug") == 0 && count == 2)
		mock_usb_unplug(mock, words[1]);
	else if (strcmp(*words, "touch") == 0 && count == 2)
		mock_usb_event(mock, words[1], "change");
	else if (strcmp(*words, "silently") == 0 && count == 3)
		mock_usb_set(mock, words[1], "serial", words[2]);
	else if (strcmp(*words, "storm") == 0 && count == 4)
		storm(words);
	else if (strcmp(*words, "pause") == 0 && count == 2)
		g_usleep((gulong)(g_ascii_strtod(words[1], NULL) * G_USEC_PER_SEC));
	else if (strcmp(*words, "signal") == 0 && count == 2)
		kill(child, (int)number(words[1]));
	else
		return broken(line);
	return 0;
}

int main(int argc, char **argv)
{
	g_autofree char *line = NULL;
	size_t size = 0;
	ssize_t length;
	bool good = true;

	bool later = argc > 1 && strcmp(argv[1], "--later") == 0;

	command = argv + 1 + later;
	if (!*command)
		return EX_USAGE;
	mock = mock_usb_new();
	mock_usb_bus(mock, 1, "480");
	mock_usb_bus(mock, 2, "5000");
	if (!later)
		start();
	while (good && (length = getline(&line, &size, stdin)) >= 0)
		good = obey(g_strchomp(line)) == 0;
	await_exit();
	mock_usb_free(mock);
	if (!good)
		return EX_USAGE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
