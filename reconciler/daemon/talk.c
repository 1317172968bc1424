/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/talk.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "state/clock.h"

/* At one turn of the loop: one who reads fast must not keep the others waiting. */
#define WRITE_AT_ONCE (256 * 1024)

struct talk {
	GSource source; /* first: this is one */
	gpointer tag;
	int fd;
	uid_t user;
	const struct talk_calls *calls;
	void *data;
	GString *said; /* NULL: not listening */
	size_t most;
	GQueue texts;   /* GBytes *: to be written */
	size_t written; /* of the first of them */
	bool ends;
	uint64_t due;
	uint64_t patience; /* 0: `due` is as it was set */
};

static void be_patient(struct talk *talk)
{
	if (talk->patience > 0)
		talk->due = talk->texts.length > 0 ? clock_now() + talk->patience : 0;
}

/* Hanging up is always heard. */
static void set_ears(struct talk *talk)
{
	GIOCondition wanted = 0;

	if (talk->said)
		wanted |= G_IO_IN;
	if (talk->texts.length > 0 || talk->ends)
		wanted |= G_IO_OUT;
	g_source_modify_unix_fd(&talk->source, talk->tag, wanted);
}

static void listen_on(struct talk *talk)
{
	char buffer[4096];
	ssize_t length = recv(talk->fd, buffer, sizeof(buffer), 0);
	g_autoptr(GString) said = NULL;

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length > 0 && talk->said->len + (size_t)length <= talk->most) {
		g_string_append_len(talk->said, buffer, length);
		return;
	}
	said = g_steal_pointer(&talk->said);
	set_ears(talk);
	if (length == 0)
		talk->calls->heard(talk, said->str, said->len, talk->data);
	else
		talk->calls->heard(talk, NULL, 0, talk->data);
}

/* False: the other side takes nothing more. */
static bool write_some(struct talk *talk)
{
	size_t budget = WRITE_AT_ONCE;

	while (talk->texts.length > 0 && budget > 0) {
		GBytes *text = g_queue_peek_head(&talk->texts);
		size_t length;
		const char *bytes = g_bytes_get_data(text, &length);
		ssize_t written = 0;

		if (length > talk->written) {
			written = send(talk->fd, bytes + talk->written,
				       MIN(length - talk->written, budget), MSG_NOSIGNAL);
			if (written < 0)
				return errno == EAGAIN || errno == EINTR;
		}
		talk->written += (size_t)written;
		budget -= (size_t)written;
		if (talk->written == length) {
			g_bytes_unref(g_queue_pop_head(&talk->texts));
			talk->written = 0;
		}
		be_patient(talk);
	}
	return true;
}

static gboolean dispatch(GSource *source, GSourceFunc unused G_GNUC_UNUSED,
			 gpointer data G_GNUC_UNUSED)
{
	struct talk *talk = (struct talk *)source;
	GIOCondition is = g_source_query_unix_fd(source, talk->tag);
	bool over = is & (G_IO_HUP | G_IO_ERR | G_IO_NVAL);

	if (!over && (is & G_IO_OUT)) {
		over = !write_some(talk) || (talk->ends && talk->texts.length == 0);
		set_ears(talk);
	}
	if (over)
		talk->calls->over(talk, talk->data);
	else if ((is & G_IO_IN) && talk->said)
		listen_on(talk);
	return G_SOURCE_CONTINUE;
}

static void finalize(GSource *source)
{
	struct talk *talk = (struct talk *)source;

	close(talk->fd);
	g_queue_clear_full(&talk->texts, (GDestroyNotify)g_bytes_unref);
	if (talk->said)
		g_string_free(talk->said, TRUE);
}

static GSourceFuncs functions = {.dispatch = dispatch, .finalize = finalize};

static uid_t user_of(int fd)
{
	struct ucred credentials;
	socklen_t length = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
		return (uid_t)-1;
	return credentials.uid;
}

struct talk *talk_new(GMainContext *loop, int fd, const struct talk_calls *calls, void *data)
{
	struct talk *talk = (struct talk *)g_source_new(&functions, sizeof(struct talk));

	talk->fd = fd;
	talk->user = user_of(fd);
	talk->calls = calls;
	talk->data = data;
	g_queue_init(&talk->texts);
	talk->tag = g_source_add_unix_fd(&talk->source, fd, 0);
	g_source_attach(&talk->source, loop);
	return talk;
}

void talk_free(struct talk *talk)
{
	g_source_destroy(&talk->source);
	g_source_unref(&talk->source);
}

uid_t talk_user(const struct talk *talk)
{
	return talk->user;
}

void talk_listen(struct talk *talk, size_t most)
{
	talk->said = g_string_new(NULL);
	talk->most = most;
	set_ears(talk);
}

void talk_write(struct talk *talk, GBytes *text)
{
	g_queue_push_tail(&talk->texts, g_bytes_ref(text));
	if (talk->texts.length == 1)
		be_patient(talk);
	set_ears(talk);
}

void talk_write_latest(struct talk *talk, GBytes *text)
{
	guint begun = talk->written > 0 ? 1 : 0;
	uint64_t due = talk->due;

	while (talk->texts.length > begun)
		g_bytes_unref(g_queue_pop_tail(&talk->texts));
	talk_write(talk, text);
	/* That there is something newer is no reason to wait longer. */
	if (due != 0)
		talk->due = due;
}

const GBytes *talk_text(const struct talk *talk)
{
	return talk->texts.head ? talk->texts.head->data : NULL;
}

void talk_end(struct talk *talk)
{
	talk->ends = true;
	set_ears(talk);
}

void talk_say_goodbye(struct talk *talk, const char *text)
{
	/* Who does not take it is hung up on all the same. */
	ssize_t sent G_GNUC_UNUSED = send(talk->fd, text, strlen(text), MSG_NOSIGNAL);
}

void talk_set_due(struct talk *talk, uint64_t due)
{
	talk->due = due;
}

void talk_set_patience(struct talk *talk, uint64_t patience)
{
	talk->patience = patience;
	be_patient(talk);
}

uint64_t talk_due(const struct talk *talk)
{
	return talk->due;
}
