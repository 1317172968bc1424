/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/watchers.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reconciler/daemon/look.h"
#include "reconciler/show/log.h"
#include "reconciler/system/wire.h"
#include "state/fingerprint.h"
#include "state/json.h"

/* So many in all, and of them so many of one user: nobody keeps the others from watching. */
#define WATCHERS_MOST 512
#define WATCHERS_EACH 128
/* Who has taken nothing for so long, though something is there for it, has gone astray. */
#define PATIENCE_SECONDS 10

struct watcher {
	struct watchers *all;
	int fd;
	uid_t uid;
	GSource *hears;  /* the other side has gone, or says something, which it must not */
	GSource *writes; /* there is room again; NULL: nothing is left to be written */
	GSource *late;   /* as long as something is */
	GBytes *line;    /* being written, */
	size_t written;  /* … so much of it */
	GBytes *next;    /* the latest since it was begun, or NULL */
};

struct watchers {
	struct daemon *daemon;
	int fd; /* listening; -1: it could not be made */
	GSource *comes;
	GList *list; /* struct watcher * */
	GBytes *line;
	char *fingerprint; /* of `line`; both NULL as long as nobody watches */
	uint64_t passes;   /* so many had been made then, */
	bool connected;    /* … and so it was */
};

static void forget(struct watchers *all)
{
	g_clear_pointer(&all->line, g_bytes_unref);
	g_clear_pointer(&all->fingerprint, g_free);
}

static void drop_source(GSource **source)
{
	if (*source) {
		g_source_destroy(*source);
		g_source_unref(*source);
	}
	*source = NULL;
}

static void drop(struct watcher *watcher)
{
	struct watchers *all = watcher->all;

	all->list = g_list_remove(all->list, watcher);
	drop_source(&watcher->hears);
	drop_source(&watcher->writes);
	drop_source(&watcher->late);
	close(watcher->fd);
	g_clear_pointer(&watcher->line, g_bytes_unref);
	g_clear_pointer(&watcher->next, g_bytes_unref);
	g_free(watcher);
	if (!all->list)
		forget(all);
}

static gboolean on_late(gpointer watcher)
{
	drop(watcher);
	return G_SOURCE_REMOVE;
}

static GSource *start_source(const struct watcher *watcher, GSource *source, GSourceFunc callback)
{
	g_source_set_callback(source, callback, (gpointer)(guintptr)watcher, NULL);
	g_source_attach(source, watcher->all->daemon->loop);
	return source;
}

/* From now on: it has just taken something, or there is something for it. */
static void be_patient(struct watcher *watcher)
{
	drop_source(&watcher->late);
	watcher->late =
		start_source(watcher, g_timeout_source_new_seconds(PATIENCE_SECONDS), on_late);
}

static gboolean on_room(gint fd, GIOCondition condition, gpointer data);

static void begin(struct watcher *watcher, GBytes *line)
{
	watcher->line = line;
	watcher->written = 0;
	be_patient(watcher);
	watcher->writes = start_source(watcher, g_unix_fd_source_new(watcher->fd, G_IO_OUT),
				       G_SOURCE_FUNC(on_room));
}

static void finish_line(struct watcher *watcher)
{
	GBytes *next = g_steal_pointer(&watcher->next);

	g_clear_pointer(&watcher->line, g_bytes_unref);
	drop_source(&watcher->writes);
	drop_source(&watcher->late);
	if (next)
		begin(watcher, next);
}

static gboolean on_room(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct watcher *watcher = data;
	gsize length;
	const char *text = g_bytes_get_data(watcher->line, &length);
	ssize_t sent = send(fd, text + watcher->written, length - watcher->written,
			    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		drop(watcher);
		return G_SOURCE_REMOVE;
	}
	if (sent <= 0)
		return G_SOURCE_CONTINUE;
	be_patient(watcher);
	watcher->written += (size_t)sent;
	if (watcher->written == length)
		finish_line(watcher);
	return G_SOURCE_CONTINUE;
}

static gboolean on_word(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	drop(data);
	return G_SOURCE_REMOVE;
}

static void tell(struct watcher *watcher, GBytes *line)
{
	g_bytes_ref(line);
	if (!watcher->line) {
		begin(watcher, line);
		return;
	}
	g_clear_pointer(&watcher->next, g_bytes_unref);
	watcher->next = line;
}

static uint64_t count_passes(const struct daemon *daemon)
{
	uint64_t sum = 0;

	for (int i = 0; i < TRIGGERS; i++)
		sum += daemon->report.passes[i];
	return sum;
}

/* Renders what is known now, if it is not what was rendered last. True: it is another. */
static bool refresh(struct watchers *all)
{
	struct daemon *daemon = all->daemon;
	OWN(pass) pass = look_at(daemon, NULL);
	g_autofree char *now = fingerprint_of(pass->snapshot, pass->plan);
	char *text;

	all->passes = count_passes(daemon);
	all->connected = daemon->link != NULL;
	if (g_strcmp0(now, all->fingerprint) == 0)
		return false;
	forget(all);
	all->fingerprint = g_steal_pointer(&now);
	text = json_write_status_line(pass->snapshot, pass->plan, daemon->history);
	all->line = g_bytes_new_take(text, strlen(text));
	return true;
}

static unsigned int count_of(const struct watchers *all, uid_t uid)
{
	unsigned int count = 0;

	for (const GList *each = all->list; each; each = each->next)
		count += ((const struct watcher *)each->data)->uid == uid;
	return count;
}

static bool may_watch(const struct watchers *all, int fd, uid_t *ret_uid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	*ret_uid = peer.uid;
	return g_list_length(all->list) < WATCHERS_MOST && count_of(all, peer.uid) < WATCHERS_EACH;
}

static gboolean on_connect(gint listener, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct watchers *all = data;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct watcher *watcher;
	uid_t uid;

	if (fd < 0)
		return G_SOURCE_CONTINUE;
	if (!may_watch(all, fd, &uid)) {
		close(fd);
		return G_SOURCE_CONTINUE;
	}
	watcher = g_new0(struct watcher, 1);
	watcher->all = all;
	watcher->fd = fd;
	watcher->uid = uid;
	watcher->hears = start_source(watcher, g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP),
				      G_SOURCE_FUNC(on_word));
	all->list = g_list_prepend(all->list, watcher);
	if (!all->line)
		refresh(all);
	tell(watcher, all->line);
	return G_SOURCE_CONTINUE;
}

void watchers_start(struct daemon *daemon, const char *directory)
{
	struct watchers *all = g_new0(struct watchers, 1);
	g_autofree char *err = NULL;

	all->daemon = daemon;
	daemon->watchers = all;
	all->fd = wire_listen(directory, WIRE_WATCH, 0666, &err);
	if (all->fd < 0) {
		/* Healing devices does not need it. */
		log_event(LOG_TROUBLE, NULL, "%s; nobody can watch this daemon", err);
		return;
	}
	all->comes = g_unix_fd_source_new(all->fd, G_IO_IN);
	g_source_set_callback(all->comes, G_SOURCE_FUNC(on_connect), all, NULL);
	g_source_attach(all->comes, daemon->loop);
}

/* All that becomes known leads to a pass, and so does what a pass has done. */
void watchers_check(struct daemon *daemon)
{
	struct watchers *all = daemon->watchers;

	if (!all->list ||
	    (all->passes == count_passes(daemon) && all->connected == (daemon->link != NULL)) ||
	    !refresh(all))
		return;
	for (const GList *each = all->list; each; each = each->next)
		tell(each->data, all->line);
}

void watchers_end(struct daemon *daemon)
{
	struct watchers *all = daemon->watchers;

	while (all->list)
		drop(all->list->data);
	drop_source(&all->comes);
	if (all->fd >= 0)
		close(all->fd);
	g_clear_pointer(&daemon->watchers, g_free);
}
