/* SPDX-License-Identifier: MIT */

/*
 * What people type: every command of the program, each in a process of its own as far as this
 * process can tell. With a daemon they ask it, without one they hold the lock themselves.
 */

#include "people.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "reconciler/commands/cmd.h"
#include "reconciler/system/lock.h"

#define WRAP(type, function, ...)                                                                  \
	type __real_##function(__VA_ARGS__);                                                       \
	type __wrap_##function(__VA_ARGS__);                                                       \
	type __wrap_##function(__VA_ARGS__)

/* One at a time: a command's options are the process's. */
static char **running;
static uint64_t begun;
static bool locked;

void command_forget(void)
{
	running = NULL;
	locked = false;
}

bool command_has_lock(void)
{
	return locked;
}

/* ---- the lock ---- */

WRAP(const char *, lock_directory, bool session)
{
	(void)session;
	return program_directory();
}

WRAP(int, lock_take, const char *directory, const char *command, gint64 patience,
     struct lock **ret_lock, char **err)
{
	uint64_t until = sim_now + (uint64_t)patience;

	(void)directory;
	(void)command;
	(void)err;
	while (program_runs() || locked) {
		if (sim_now >= until)
			return LOCK_BUSY;
		fiber_sleep(50 * MS);
	}
	locked = true;
	*ret_lock = (struct lock *)(void *)&locked;
	return 0;
}

WRAP(void, lock_free, struct lock *lock)
{
	(void)lock;
	locked = false;
}

WRAP(char *, lock_holder, const char *directory)
{
	(void)directory;
	return g_strdup("somebody");
}

/* ---- what would block ---- */

static bool is_patient(int fd, int flags)
{
	return fiber_self() && !(flags & MSG_DONTWAIT) && !(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

/* As long as the socket's timer says. */
WRAP(ssize_t, recv, int fd, void *buffer, size_t length, int flags)
{
	bool patient = is_patient(fd, flags);
	struct timeval patience = {0};
	socklen_t size = sizeof(patience);
	uint64_t until;

	if (!patient || getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, &size) < 0)
		return __real_recv(fd, buffer, length, flags);
	until = sim_now + (uint64_t)patience.tv_sec * SEC + (uint64_t)patience.tv_usec;
	for (;;) {
		ssize_t got = __real_recv(fd, buffer, length, flags | MSG_DONTWAIT);

		if (got >= 0 || errno != EAGAIN || sim_now >= until)
			return got;
		fiber_sleep(10 * MS);
	}
}

WRAP(int, ppoll, struct pollfd *fds, nfds_t count, const struct timespec *timeout,
     const sigset_t *mask)
{
	uint64_t until = timeout ? sim_now + (uint64_t)timeout->tv_sec * SEC +
					   (uint64_t)timeout->tv_nsec / 1000
				 : UINT64_MAX;

	(void)mask;
	for (;;) {
		int ready = poll(fds, count, 0);

		if (ready != 0 || sim_now >= until)
			return ready;
		fiber_sleep(10 * MS);
	}
}

/* ---- what is said ---- */

WRAP(void, say_data, const char *text)
{
	trace("command", "%s", text);
}

WRAP(void, say_lines, const char *text)
{
	trace("command", "%s", text);
}

WRAP(bool, say_flush, void)
{
	return true;
}

/* No command's time is up here before the world's is. */
WRAP(void, say_exit_after, unsigned int milliseconds, const char *last_words, int status)
{
	(void)milliseconds;
	(void)last_words;
	(void)status;
}

void __wrap_say_hint(const char *format, ...) G_GNUC_PRINTF(1, 2);
void __wrap_say_hint(const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list values;

	va_start(values, format);
	text = g_strdup_vprintf(format, values);
	va_end(values);
	trace("command", "%s", text);
}

/* ---- one command ---- */

static void check_status(int status)
{
	static const int known[] = {
		0, 1, 2, EX_USAGE, EX_DATAERR, EX_UNAVAILABLE, EX_OSERR, EX_TEMPFAIL, EX_NOPERM};

	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		if (status == known[i])
			return;
	}
	fail("`%s` ends with %d, which its manual does not know", running[1], status);
}

static void run(void *data)
{
	char **words = data;
	/* GLib takes words out of it. */
	g_autofree char **copy = g_memdup2(words, (g_strv_length(words) + 1) * sizeof(*words));
	int status = cmd_main((int)g_strv_length(words), copy);

	trace("command", "`%s` ends with %d", words[1], status);
	check_status(status);
	running = NULL;
}

/* Whoever else wrote meanwhile is not the command's fault. */
void program_wrote_tags(const struct guest *guest, const struct wishes *before,
			const struct wishes *after)
{
	if (!running) {
		fail("tags of %s are written, and nobody asked for it", guest->name);
		return;
	}
	if (before->since < begun)
		check_tags(guest, before, after, (const char *const *)running);
}

static const char *any_tag(void)
{
	static const char *const names[] = {"one", "two", "three", "four", "five"};

	return names[people_throw(G_N_ELEMENTS(names))];
}

void command_happen(void)
{
	static const char *const verbs[] = {"run",     "tag",      "untag",      "enable",
					    "disable", "replug",   "adopt",      "status",
					    "devices", "validate", "migrate-xml"};
	const char *verb = verbs[people_throw(G_N_ELEMENTS(verbs))];
	const struct guest *guest = people_any_guest();
	const struct gadget *gadget = &host_gadgets[people_throw(host_gadget_count)];
	GPtrArray *words;
	const char *tag = any_tag();

	if (running)
		return;
	words = g_ptr_array_new();
	g_ptr_array_add(words, g_strdup("usbreconcile"));
	g_ptr_array_add(words, g_strdup(verb));
	if (strcmp(verb, "run") != 0 && strcmp(verb, "devices") != 0)
		g_ptr_array_add(words, g_strdup(guest->name));
	if (strcmp(verb, "tag") == 0 || strcmp(verb, "untag") == 0 ||
	    (strstr("enable disable replug status", verb) && people_throw(2)))
		g_ptr_array_add(words, g_strdup(tag));
	if (strcmp(verb, "tag") == 0)
		g_ptr_array_add(words, gadget->incarnation
					       ? g_strdup(gadget->sysname)
					       : g_strdup_printf("%04x:%04x", gadget->vendor,
								 gadget->product));
	g_ptr_array_add(words, NULL);
	running = (char **)g_ptr_array_free(words, FALSE);
	begun = sim_now;
	trace("people", "%s %s %s", running[1], running[2] ? running[2] : "",
	      running[2] && running[3] ? running[3] : "");
	fiber_start("command", run, running, 0);
}
