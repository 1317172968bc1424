/* SPDX-License-Identifier: MIT */
#include "reconciler/commands/watch.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "reconciler/commands/watch_source.h"
#include "reconciler/libvirt/virt_events.h"
#include "reconciler/show/say.h"
#include "reconciler/system/wire.h"
#include "state/clock.h"
#include "state/fingerprint.h"
#include "state/json.h"

#define LINE_MOST (64 * 1024 * 1024)
/* When neither a daemon nor libvirt is there. */
#define RETRY_SECONDS 2
/* Alone: what no event tells, such as a disk that the host has mounted, and what time itself
 * changes. */
#define LOOK_MSEC_LEAST 1000
#define LOOK_MSEC_MOST  60000

struct watch {
	struct cmd_call *call;
	watch_draw *draw;
	GMainLoop *loop;
	int status;

	struct pass *shown;      /* NULL: nothing yet */
	struct history *history; /* of it: what the daemon remembers, or we do while we are alone */
	char *fingerprint;
	char *note; /* on a terminal: who tells, said above the table */

	GSource *stream; /* the daemon's, or NULL */
	int fd;
	GString *rest; /* of it: a line that is not whole yet */
	bool heard;    /* it has said something */
	bool foreign;  /* the daemon is about another libvirt */

	struct watch_source *source; /* alone, or NULL */
	GSource *timer;              /* the next look, or the next try */
};

static void follow(struct watch *watch);
static bool join_daemon(struct watch *watch);

static void drop(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static void start_timer(struct watch *watch, guint msec, GSourceFunc callback)
{
	drop(&watch->timer);
	watch->timer = g_timeout_source_new(msec);
	g_source_set_callback(watch->timer, callback, watch, NULL);
	g_source_attach(watch->timer, NULL);
}

static void end(struct watch *watch, int status)
{
	watch->status = status;
	g_main_loop_quit(watch->loop);
}

/* On a terminal the next table would overwrite a line of talk, so it stands above the table. */
static void tell(struct watch *watch, const char *what)
{
	if (watch->call->style.width == 0 || watch->call->json)
		say_error("%s", what);
	g_free(watch->note);
	watch->note = g_strdup(what);
}

/* As many lines as the screen has: more would roll the first ones away. */
static char *cut(const char *text)
{
	unsigned int height = show_height(STDOUT_FILENO);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *result = g_string_new("\033[H");
	guint count = g_strv_length(lines);
	guint most = height > 1 && count > height ? height - 2 : count;

	for (guint i = 0; i < most; i++)
		g_string_append_printf(result, "\033[K%s%s", lines[i], i + 1 < count ? "\n" : "");
	if (most < count)
		g_string_append_printf(result, "\033[K… %u more lines", count - 1 - most);
	g_string_append(result, "\033[J");
	return g_string_free(result, FALSE);
}

static char *screen(struct watch *watch)
{
	const struct cmd_call *call = watch->call;
	const struct snapshot *snapshot = watch->shown->snapshot;
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(snapshot->time);
	g_autofree char *stamp = g_date_time_format(time, "%T");
	const struct domain *domain = NULL;
	const struct tag *tag = NULL;
	g_autofree char *table = NULL;
	g_autofree char *text = NULL;

	if (call->count > 0)
		domain = snapshot_find_domain(snapshot, call->args[0]);
	if (domain && call->count > 1)
		tag = domain_find_tag(domain, call->args[1]);
	if ((call->count > 0 && !domain) || (call->count > 1 && !tag))
		table = g_strdup("It is no longer there.\n");
	else
		table = watch->draw(call, watch->shown, domain, tag);
	text = g_strdup_printf("Since %s (%s; Ctrl-C ends):\n\n%s", stamp,
			       watch->note ? watch->note : "no daemon runs", table);
	/* A terminal that cannot go back gets one below the other. */
	return g_strcmp0(g_getenv("TERM"), "dumb") == 0 ? g_steal_pointer(&text) : cut(text);
}

/* LINE: the document of the world, or NULL: it is to be written. */
static char *words_of(struct watch *watch, const struct pass *before, const char *line)
{
	const struct cmd_call *call = watch->call;

	if (call->json)
		return line ? g_strdup(line)
			    : json_write_status_line(watch->shown->snapshot, watch->shown->plan,
						     watch->history);
	if (call->style.width > 0)
		return screen(watch);
	return show_changes(before, watch->shown, call->count > 0 ? call->args[0] : NULL,
			    call->count > 1 ? call->args[1] : NULL);
}

/* Takes PASS over, and shows what is new in it. */
static void show(struct watch *watch, struct pass *pass, const char *line)
{
	OWN(pass) before = watch->shown;
	g_autofree char *print = fingerprint_of(pass->snapshot, pass->plan);
	g_autofree char *text = NULL;
	bool same = g_strcmp0(print, watch->fingerprint) == 0;

	watch->shown = pass;
	if (same)
		return;
	g_free(watch->fingerprint);
	watch->fingerprint = g_steal_pointer(&print);
	if (!before) {
		const struct domain *domain;
		const struct tag *tag;
		int status = cmd_find_named(watch->call, pass->snapshot, &domain, &tag);

		if (status != EXIT_OK) {
			end(watch, status);
			return;
		}
	}
	text = words_of(watch, before, line);
	say_data(text);
	if (!say_flush())
		end(watch, EXIT_OK);
}

/* --- alone --- */

static gboolean on_look(gpointer data);

static void stop_alone(struct watch *watch)
{
	drop(&watch->timer);
	g_clear_pointer(&watch->source, watch_source_free);
	g_clear_pointer(&watch->call->virt, virt_free);
}

static void remember(struct watch *watch, struct history *history)
{
	if (watch->history)
		history_free(watch->history);
	watch->history = history;
}

static gboolean on_retry(gpointer data)
{
	follow(data);
	return G_SOURCE_REMOVE;
}

static void on_lost(void *data)
{
	struct watch *watch = data;

	/* It may be libvirt's last word: nothing of it may be freed here. */
	cmd_lost(watch->call, "libvirt has closed the connection");
	say_flush();
	start_timer(watch, RETRY_SECONDS * 1000, on_retry);
}

static void look_around(struct watch *watch)
{
	struct pass *pass = NULL;
	g_autofree char *err = NULL;
	uint64_t now = clock_now();
	uint64_t wake;

	if (pass_look(watch->call->virt, watch->history, &pass, &err) < 0) {
		cmd_lost(watch->call, err);
		say_flush();
		start_timer(watch, RETRY_SECONDS * 1000, on_retry);
		return;
	}
	wake = plan_wake(pass->plan);
	wake = wake > now ? (wake - now) / 1000 + 1 : LOOK_MSEC_MOST;
	start_timer(watch, (guint)CLAMP(wake, LOOK_MSEC_LEAST, LOOK_MSEC_MOST), on_look);
	show(watch, pass, NULL);
}

/* A daemon whose coming was not heard is found here. */
static gboolean on_look(gpointer data)
{
	if (!join_daemon(data))
		look_around(data);
	return G_SOURCE_REMOVE;
}

static void on_heard(void *data)
{
	look_around(data);
}

/* FIRST: there was nothing before, so that what is not to be had ends it. */
static void start_alone(struct watch *watch)
{
	struct problem *problem = NULL;
	g_autofree char *err = NULL;
	bool first = !watch->shown;
	int status;

	virt_hear();
	status = first ? cmd_open(watch->call, true) : cmd_try_open(watch->call, true, &problem);

	g_clear_pointer(&problem, problem_free);
	if (status == EXIT_OK && watch_source_new(watch->call->virt, on_heard, on_lost, watch,
						  &watch->source, &err) < 0) {
		g_clear_pointer(&watch->call->virt, virt_free);
		status = first ? cmd_lost(watch->call, err) : EX_UNAVAILABLE;
	}
	if (status == EXIT_OK) {
		remember(watch, history_new());
		look_around(watch);
	} else if (first) {
		end(watch, status);
	} else {
		start_timer(watch, RETRY_SECONDS * 1000, on_retry);
	}
}

/* --- fed by the daemon --- */

static void leave_daemon(struct watch *watch)
{
	drop(&watch->stream);
	close(watch->fd);
	g_string_truncate(watch->rest, 0);
}

static void take_line(struct watch *watch, const char *line)
{
	struct snapshot *snapshot = NULL;
	struct history *history = NULL;
	g_autofree char *err = NULL;

	if (json_read_status(line, &snapshot, &history, &err) < 0) {
		say_error("what the daemon says is not understood: %s", err);
		watch->foreign = true;
	} else if (snapshot->uri && strcmp(snapshot->uri, virt_wanted_uri(watch->call->uri)) != 0) {
		watch->foreign = true;
	}
	if (!watch->foreign) {
		if (!watch->heard && watch->shown)
			tell(watch, "the daemon is back, and tells");
		else if (!watch->note)
			watch->note = g_strdup("told by the daemon");
		watch->heard = true;
		remember(watch, history);
		show(watch, pass_make(snapshot, history), line);
		return;
	}
	g_clear_pointer(&snapshot, snapshot_free);
	g_clear_pointer(&history, history_free);
	leave_daemon(watch);
	start_alone(watch);
}

static void on_end_of_daemon(struct watch *watch)
{
	leave_daemon(watch);
	tell(watch, watch->heard ? "the daemon has gone; watching without it"
				 : "the daemon takes no more watchers; watching without it");
	start_alone(watch);
}

static gboolean on_data(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct watch *watch = data;
	char buffer[65536];
	ssize_t length = read(fd, buffer, sizeof(buffer));

	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	if (length <= 0 || watch->rest->len > LINE_MOST) {
		on_end_of_daemon(watch);
		return G_SOURCE_REMOVE;
	}
	g_string_append_len(watch->rest, buffer, length);
	while (watch->stream) {
		char *newline = memchr(watch->rest->str, '\n', watch->rest->len);
		g_autofree char *line = NULL;

		if (!newline)
			break;
		line = g_strndup(watch->rest->str, (gsize)(newline + 1 - watch->rest->str));
		g_string_erase(watch->rest, 0, (gssize)strlen(line));
		take_line(watch, line);
	}
	return G_SOURCE_CONTINUE;
}

static bool join_daemon(struct watch *watch)
{
	int fd = watch->foreign ? -1 : wire_connect(cmd_directory(watch->call), WIRE_WATCH);

	if (fd < 0)
		return false;
	stop_alone(watch);
	watch->heard = false;
	watch->fd = fd;
	watch->stream = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP);
	g_source_set_callback(watch->stream, G_SOURCE_FUNC(on_data), watch, NULL);
	g_source_attach(watch->stream, NULL);
	return true;
}

static void follow(struct watch *watch)
{
	stop_alone(watch);
	if (!watch->stream && !join_daemon(watch))
		start_alone(watch);
}

/* A socket appeared, or may be used now. */
static gboolean on_directory(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct watch *watch = data;
	char buffer[4096];

	while (read(fd, buffer, sizeof(buffer)) > 0)
		continue;
	if (!watch->stream)
		join_daemon(watch);
	return G_SOURCE_CONTINUE;
}

static gboolean on_reader_gone(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED,
			       gpointer data)
{
	end(data, EXIT_OK);
	return G_SOURCE_REMOVE;
}

static gboolean on_resized(gpointer data)
{
	struct watch *watch = data;
	g_autofree char *text = NULL;

	watch->call->style = show_style();
	if (!watch->shown || watch->call->json || watch->call->style.width == 0)
		return G_SOURCE_CONTINUE;
	text = screen(watch);
	say_data(text);
	say_flush();
	return G_SOURCE_CONTINUE;
}

static void clear(struct watch *watch)
{
	stop_alone(watch);
	if (watch->stream)
		leave_daemon(watch);
	g_clear_pointer(&watch->shown, pass_free);
	g_clear_pointer(&watch->history, history_free);
	g_free(watch->fingerprint);
	g_free(watch->note);
	g_string_free(watch->rest, TRUE);
	g_main_loop_unref(watch->loop);
}

int watch_run(struct cmd_call *call, watch_draw *draw)
{
	struct watch watch = {.call = call, .draw = draw};
	int directory = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	call->json_lines = true;
	watch.loop = g_main_loop_new(NULL, FALSE);
	watch.rest = g_string_new(NULL);
	if (directory >= 0 &&
	    inotify_add_watch(directory, cmd_directory(call), IN_CREATE | IN_ATTRIB) >= 0)
		g_unix_fd_add(directory, G_IO_IN, on_directory, &watch);
	g_unix_fd_add(STDOUT_FILENO, G_IO_ERR | G_IO_HUP, on_reader_gone, &watch);
	g_unix_signal_add(SIGWINCH, on_resized, &watch);
	watch.status = -1;
	follow(&watch);
	/* What cannot even begin has ended already. */
	if (watch.status < 0)
		g_main_loop_run(watch.loop);
	clear(&watch);
	return watch.status;
}
