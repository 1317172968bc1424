/* SPDX-License-Identifier: MIT */

#include "reconciler/daemon/serve.h"

#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "reconciler/core/remember.h"
#include "reconciler/daemon/link.h"
#include "reconciler/daemon/look.h"
#include "reconciler/result.h"
#include "reconciler/show/log.h"
#include "reconciler/show/show.h"
#include "reconciler/system/wire.h"
#include "state/json.h"
#include "state/clock.h"

#define REQUEST_MOST    (64 * 1024)
#define REQUEST_SECONDS 5
/* A request is answered after this at the latest, also when a guest still hangs: what became of the
 * other guests is an answer. A client waits longer than two of these (system/wire.c), as another
 * request may be served before its own. */
#define ANSWER_PATIENCE (45 * G_USEC_PER_SEC)
/* More at once are turned away: nobody needs them, and everybody may connect. */
#define TALKS_MOST 32

/* One connection. Its reading and writing is a job; what is said is the loop's. */
struct talk {
	struct daemon *daemon;
	int fd;
	char *request;
	size_t length;
	char *answer;
};

/* A command that waits for its passes; one at a time, as they share the world. */
struct request {
	struct talk *talk;
	char **arguments;
	bool json;
	bool listed;       /* the full reading it asked for is over, */
	GPtrArray *passes; /* struct pass *: what has been done since */
};

static void write_work(void *data)
{
	struct talk *talk = data;

	wire_write(talk->fd, talk->answer, strlen(talk->answer));
}

static void write_done(void *data)
{
	struct talk *talk = data;

	close(talk->fd);
	g_free(talk->request);
	g_free(talk->answer);
	g_free(talk);
	daemon_give_back();
}

/* Takes ANSWER and the talk over. */
static void answer(struct talk *talk, char *text)
{
	talk->answer = text;
	worker_start(talk->daemon->talker, (struct worker_job){write_work, write_done, talk, 0});
}

static struct talk *accept_talk(struct daemon *daemon, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct talk *talk;

	if (fd < 0)
		return NULL;
	if (worker_outstanding(daemon->talker) >= TALKS_MOST) {
		close(fd);
		return NULL;
	}
	talk = g_new0(struct talk, 1);
	talk->daemon = daemon;
	talk->fd = fd;
	return talk;
}

static gboolean on_status(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct daemon *daemon = data;
	struct talk *talk = accept_talk(daemon, fd);

	if (talk) {
		OWN(pass) pass = look_at(daemon, NULL);

		answer(talk, json_write_status(pass->snapshot, pass->plan, daemon->history));
	}
	return G_SOURCE_CONTINUE;
}

static void read_work(void *data)
{
	struct talk *talk = data;

	talk->request = wire_read(talk->fd, REQUEST_MOST, REQUEST_SECONDS, &talk->length);
}

static void request_free(struct request *request)
{
	g_strfreev(request->arguments);
	g_ptr_array_unref(request->passes);
	g_free(request);
}

static void start_request(struct daemon *daemon)
{
	daemon->due_answer = clock_now() + ANSWER_PATIENCE;
	link_resync(daemon);
	daemon_want(daemon, TRIGGER_REQUEST);
}

static void read_done(void *data)
{
	struct talk *talk = data;
	struct daemon *daemon = talk->daemon;
	struct request *request;
	char **arguments = talk->request ? wire_parse_request(talk->request, talk->length) : NULL;

	if (!arguments ||
	    (strcmp(arguments[0], "run") != 0 && strcmp(arguments[0], "replug") != 0)) {
		g_strfreev(arguments);
		answer(talk, wire_format_answer(EX_USAGE, ""));
		return;
	}
	request = g_new0(struct request, 1);
	request->talk = talk;
	request->arguments = arguments;
	request->passes = g_ptr_array_new_with_free_func((GDestroyNotify)pass_free);
	request->json = g_strv_contains((const char *const *)arguments, "--json");
	daemon->requests = g_list_append(daemon->requests, request);
	if (daemon->requests->data == request)
		start_request(daemon);
}

static gboolean on_control(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct daemon *daemon = data;
	struct talk *talk = accept_talk(daemon, fd);

	if (talk)
		worker_start(daemon->talker, (struct worker_job){read_work, read_done, talk, 0});
	return G_SOURCE_CONTINUE;
}

static void ask_replugs(struct daemon *daemon, const struct request *request)
{
	OWN(pass) pass = look_at(daemon, NULL);
	char **names = request->arguments + 2;

	for (guint i = 0; i < pass->plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(pass->plan->verdicts, i);

		if (strcmp(verdict->domain->name, request->arguments[1]) == 0 &&
		    (!*names || g_strv_contains((const char *const *)names, verdict->tag->name)))
			remember_replug_of(daemon->history, verdict);
	}
}

/* The domains of a `run --domain D`; replug's own for a replug. */
static GPtrArray *domains_of(const struct request *request)
{
	GPtrArray *only = g_ptr_array_new();

	for (char **argument = request->arguments + 1; *argument; argument++) {
		if (strcmp(request->arguments[0], "replug") == 0) {
			g_ptr_array_add(only, *argument);
			return only;
		}
		if (!g_str_has_prefix(*argument, "--"))
			g_ptr_array_add(only, *argument);
	}
	if (only->len > 0)
		return only;
	g_ptr_array_unref(only);
	return NULL;
}

static void finish(struct daemon *daemon, struct request *request)
{
	g_autoptr(GPtrArray) only = domains_of(request);
	g_autofree char *text = NULL;
	const struct pass *done;
	int status;

	g_ptr_array_add(request->passes, look_at(daemon, NULL));
	done = result_gather(request->passes);
	text = request->json
		       ? json_write_run(done->snapshot, done->plan, daemon->history, done->outcomes)
		       : show_run(done, only);
	/* Not even begun: libvirt has not said what there is. */
	status = request->listed || !daemon->link ? result_is_bad(done, only) : EX_TEMPFAIL;
	answer(request->talk, wire_format_answer(status, text));
	daemon->requests = g_list_remove(daemon->requests, request);
	request_free(request);
	daemon->due_answer = 0;
	if (daemon->requests)
		start_request(daemon);
}

bool serve_wants_pass(const struct daemon *daemon)
{
	return daemon->requests != NULL;
}

void serve_take_pass(struct daemon *daemon, struct pass *pass)
{
	struct request *request = daemon->requests->data;

	g_ptr_array_add(request->passes, pass);
}

void serve_check(struct daemon *daemon)
{
	struct request *request = daemon->requests ? daemon->requests->data : NULL;
	uint64_t patience = clock_now() + PASS_PATIENCE_USEC;

	if (!request)
		return;
	if (clock_now() >= daemon->due_answer) {
		finish(daemon, request);
		return;
	}
	if (daemon->listing || daemon->list_again || daemon->wanted)
		return;
	if (!request->listed) {
		request->listed = true;
		if (strcmp(request->arguments[0], "replug") == 0 && request->arguments[1])
			ask_replugs(daemon, request);
		daemon_want(daemon, TRIGGER_REQUEST);
		return;
	}
	if (known_domains_are_busy(daemon->known_domains) ||
	    (daemon->due_wake != 0 && daemon->due_wake <= patience))
		return;
	finish(daemon, request);
}

static void listen_on(struct daemon *daemon, const char *directory, const char *name,
		      unsigned int mode, GUnixFDSourceFunc callback)
{
	g_autofree char *err = NULL;
	int fd = wire_listen(directory, name, mode, &err);
	GSource *source;

	if (fd < 0) {
		/* Healing devices does not need it. */
		log_event(LOG_TROUBLE, NULL, "%s; nobody can ask this daemon", err);
		return;
	}
	source = g_unix_fd_source_new(fd, G_IO_IN);
	g_source_set_callback(source, G_SOURCE_FUNC(callback), daemon, NULL);
	g_source_attach(source, daemon->loop);
	g_source_unref(source);
}

void serve_start(struct daemon *daemon, const char *directory)
{
	daemon->talker = worker_new(daemon->loop, 4);
	listen_on(daemon, directory, WIRE_STATUS, 0666, on_status);
	listen_on(daemon, directory, WIRE_CONTROL, 0660, on_control);
}
