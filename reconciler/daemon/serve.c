/* SPDX-License-Identifier: MIT */

#include "reconciler/daemon/serve.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "reconciler/daemon/document.h"
#include "reconciler/daemon/request.h"
#include "reconciler/daemon/talk.h"
#include "reconciler/show/log.h"
#include "reconciler/system/wire.h"
#include "state/clock.h"

#define REQUEST_MOST  (64 * 1024)
#define READ_PATIENCE (5 * G_USEC_PER_SEC)
/* For a whole document; what fits into the socket is gone at once. */
#define WRITE_PATIENCE (10 * G_USEC_PER_SEC)
/* When this process has no room for another file. One that is closed here makes room earlier. */
#define FULL_PATIENCE (1 * G_USEC_PER_SEC)
/* For who watches to take something, when there is something. */
#define WATCH_PATIENCE (10 * G_USEC_PER_SEC)
/* How many versions of the document are kept for readers that are slow. */
#define DOCUMENTS_MOST 8

struct door {
	const char *name;
	unsigned int mode;
	guint places;
	/* Whoever has most places gives one up: the oldest or the newest? The oldest that still
	 * reads a document has probably stopped reading; the oldest that waits for an answer will
	 * have it soonest. */
	bool first_goes;
	void (*enter)(struct door *door, struct talk *talk);
	void (*turn_away)(struct talk *talk); /* a last word to who has to go, or NULL */
	const char *use;                      /* what nobody can do without it */

	struct daemon *daemon;
	struct talk_calls calls;
	int fd;          /* -1: it could not be made */
	GSource *source; /* NULL: closed for want of files, until: */
	uint64_t due;
	GQueue talks; /* struct talk *, in the order they came */
};

static void leave(struct door *door, struct talk *talk)
{
	request_drop(door->daemon, talk);
	g_queue_remove(&door->talks, talk);
	talk_free(talk);
}

/* Readers that are so far behind would keep one old document each. */
static void forget_old_documents(struct door *door)
{
	const GBytes *newer = NULL;
	guint documents = 0;
	GList *at = door->talks.tail;

	while (at) {
		struct talk *talk = at->data;
		const GBytes *document = talk_text(talk);

		at = at->prev;
		documents += document != newer;
		newer = document;
		if (documents > DOCUMENTS_MOST)
			leave(door, talk);
	}
}

static void enter_status(struct door *door, struct talk *talk)
{
	struct daemon *daemon = door->daemon;

	talk_set_due(talk, clock_now() + WRITE_PATIENCE);
	talk_write(talk, document_of(daemon));
	talk_end(talk);
	forget_old_documents(door);
}

/* Whoever watches has nothing to say: who does is hung up on (hear_watcher()). */
static void enter_watch(struct door *door, struct talk *talk)
{
	talk_listen(talk, 0);
	talk_set_patience(talk, WATCH_PATIENCE);
	talk_write(talk, document_line(door->daemon));
}

static void enter_control(struct door *door G_GNUC_UNUSED, struct talk *talk)
{
	talk_set_due(talk, clock_now() + READ_PATIENCE);
	talk_listen(talk, REQUEST_MOST);
}

static void turn_away_request(struct talk *talk)
{
	g_autofree char *answer =
		wire_format_answer(EX_TEMPFAIL, "too many ask the daemon at once\ntry again");

	talk_say_goodbye(talk, answer);
}

static void hear_nothing(struct talk *talk G_GNUC_UNUSED, const char *said G_GNUC_UNUSED,
			 size_t length G_GNUC_UNUSED, void *data G_GNUC_UNUSED)
{
}

static void hear_request(struct talk *talk, const char *said, size_t length, void *data)
{
	struct door *door = data;
	g_autoptr(GBytes) heard = g_bytes_new_static(WIRE_HEARD, strlen(WIRE_HEARD));

	talk_set_due(talk, 0);
	talk_write(talk, heard);
	request_take(door->daemon, talk, said ? wire_parse_request(said, length) : NULL);
}

static void hear_watcher(struct talk *talk, const char *said G_GNUC_UNUSED,
			 size_t length G_GNUC_UNUSED, void *data)
{
	leave(data, talk);
}

enum { DOOR_STATUS, DOOR_CONTROL, DOOR_WATCH };

static const struct door plans[] = {
	[DOOR_STATUS] =
		{
			.name = WIRE_STATUS,
			.mode = 0666,
			.places = 64,
			.first_goes = true,
			.enter = enter_status,
			.use = "ask",
			.calls = {.heard = hear_nothing},
		},
	[DOOR_CONTROL] =
		{
			.name = WIRE_CONTROL,
			.mode = 0660,
			.places = 256,
			.enter = enter_control,
			.turn_away = turn_away_request,
			.use = "ask",
			.calls = {.heard = hear_request},
		},
	[DOOR_WATCH] =
		{
			.name = WIRE_WATCH,
			.mode = 0666,
			.places = 512,
			.enter = enter_watch,
			.use = "watch",
			.calls = {.heard = hear_watcher},
		},
};

struct server {
	struct door doors[G_N_ELEMENTS(plans)];
};

static void on_over(struct talk *talk, void *data)
{
	leave(data, talk);
}

/* The places of the user who has most, counted. */
static uid_t greediest(const struct door *door)
{
	g_autoptr(GHashTable) counts = g_hash_table_new(NULL, NULL);
	uid_t user = (uid_t)-1;
	guint most = 0;

	for (const GList *at = door->talks.head; at; at = at->next) {
		gpointer key = GUINT_TO_POINTER(talk_user(at->data));
		guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, key)) + 1;

		g_hash_table_insert(counts, key, GUINT_TO_POINTER(count));
		if (count > most) {
			most = count;
			user = talk_user(at->data);
		}
	}
	return user;
}

static void make_room(struct door *door)
{
	uid_t user = greediest(door);
	GList *at = door->first_goes ? door->talks.head : door->talks.tail;

	while (talk_user(at->data) != user)
		at = door->first_goes ? at->next : at->prev;
	if (door->turn_away)
		door->turn_away(at->data);
	leave(door, at->data);
}

/* Nothing but waiting helps, and who is not taken would make the loop spin. */
static bool is_full(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void close_door(struct door *door)
{
	if (!door->source)
		return;
	g_source_destroy(door->source);
	g_clear_pointer(&door->source, g_source_unref);
}

/* One at a turn of the loop, so that no crowd here keeps devices waiting. */
static gboolean on_knock(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct door *door = data;
	int talk_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct talk *talk;

	if (talk_fd < 0) {
		if (!is_full(errno))
			return G_SOURCE_CONTINUE;
		log_event(LOG_TROUBLE, NULL,
			  "who asks the daemon has to wait: there is no room for another file (%s)",
			  g_strerror(errno));
		door->due = clock_now() + FULL_PATIENCE;
		close_door(door);
		return G_SOURCE_REMOVE;
	}
	talk = talk_new(door->daemon->loop, talk_fd, &door->calls, door);
	g_queue_push_tail(&door->talks, talk);
	door->enter(door, talk);
	if (door->talks.length > door->places)
		make_room(door);
	return G_SOURCE_CONTINUE;
}

static void open_door(struct door *door)
{
	door->due = 0;
	door->source = g_unix_fd_source_new(door->fd, G_IO_IN);
	g_source_set_callback(door->source, G_SOURCE_FUNC(on_knock), door, NULL);
	g_source_attach(door->source, door->daemon->loop);
}

static void check_door(struct door *door, uint64_t now)
{
	GList *at = door->talks.head;

	while (at) {
		struct talk *talk = at->data;

		at = at->next;
		if (talk_due(talk) != 0 && talk_due(talk) <= now)
			leave(door, talk);
	}
	if (door->due != 0 && door->due <= now)
		open_door(door);
}

static void tell_watchers(const struct door *door)
{
	struct daemon *daemon = door->daemon;

	if (door->talks.length == 0)
		document_forget_line(daemon);
	else if (document_line_is_new(daemon))
		for (const GList *at = door->talks.head; at; at = at->next)
			talk_write_latest(at->data, document_line(daemon));
}

void serve_check(struct daemon *daemon)
{
	uint64_t now = clock_now();

	if (!daemon->server)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(plans); i++)
		check_door(&daemon->server->doors[i], now);
	tell_watchers(&daemon->server->doors[DOOR_WATCH]);
}

uint64_t serve_due(const struct daemon *daemon)
{
	uint64_t due = 0;

	for (size_t i = 0; daemon->server && i < G_N_ELEMENTS(plans); i++) {
		const struct door *door = &daemon->server->doors[i];

		deadline_sooner(&due, door->due);
		for (const GList *at = door->talks.head; at; at = at->next)
			deadline_sooner(&due, talk_due(at->data));
	}
	return due;
}

void serve_start(struct daemon *daemon, const char *directory)
{
	daemon->server = g_new0(struct server, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(plans); i++) {
		struct door *door = &daemon->server->doors[i];
		g_autofree char *err = NULL;

		*door = plans[i];
		door->daemon = daemon;
		door->calls.over = on_over;
		g_queue_init(&door->talks);
		door->fd = wire_listen(directory, door->name, door->mode, &err);
		if (door->fd >= 0)
			open_door(door);
		else /* Healing devices does not need it. */
			log_event(LOG_TROUBLE, NULL, "%s; nobody can %s this daemon", err,
				  door->use);
	}
}

void serve_stop(struct daemon *daemon)
{
	for (size_t i = 0; daemon->server && i < G_N_ELEMENTS(plans); i++) {
		struct door *door = &daemon->server->doors[i];

		while (door->talks.length > 0)
			leave(door, door->talks.head->data);
		close_door(door);
		if (door->fd >= 0)
			close(door->fd);
	}
	document_forget_line(daemon);
	g_clear_pointer(&daemon->server, g_free);
}
