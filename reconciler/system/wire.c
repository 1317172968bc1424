/* SPDX-License-Identifier: MIT */
#include "reconciler/system/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Who waits to be let in; the daemon lets one in at every turn of its loop. */
#define BACKLOG        128
#define ANSWER_MOST    (64 * 1024 * 1024)
#define ARGUMENTS_MOST 1024

static bool make_address(const char *directory, const char *name, struct sockaddr_un *ret_address)
{
	int length;

	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	length = g_snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s/%s",
			    directory, name);
	return length > 0 && (size_t)length < sizeof(ret_address->sun_path);
}

int wire_listen(const char *directory, const char *name, unsigned int mode, char **err)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || !make_address(directory, name, &address)) {
		*err = g_strdup_printf("cannot make the socket %s/%s", directory, name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	/* We hold the lock, so no other daemon can be listening: a socket that is there was left
	 * behind. */
	unlink(address.sun_path);
	/* Opened to others last: who waits for that may connect then. */
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, BACKLOG) < 0 || chmod(address.sun_path, mode) < 0) {
		*err = g_strdup_printf("cannot listen on %s: %s", address.sun_path,
				       g_strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* One exchange, until `end` on the monotonic clock. */
struct exchange {
	int fd;
	gint64 end;
};

/* Before each call that may block. False: it is too late. */
static bool set_patience(const struct exchange *exchange, int which, gint64 end)
{
	gint64 left = MIN(end, exchange->end) - g_get_monotonic_time();
	struct timeval patience = {.tv_sec = (time_t)(left / G_USEC_PER_SEC),
				   .tv_usec = (suseconds_t)(left % G_USEC_PER_SEC)};

	return left > 0 &&
	       setsockopt(exchange->fd, SOL_SOCKET, which, &patience, sizeof(patience)) == 0;
}

static bool is_late(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == ETIMEDOUT;
}

int wire_connect(const char *directory, const char *name)
{
	const struct timeval patience = {.tv_sec = WIRE_HEARD_SECONDS};
	struct sockaddr_un address;
	int fd, error;

	if (!make_address(directory, name, &address)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* A socket's own timer is all that bounds connect() to a daemon that lets nobody in while
	 * its queue is full. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* WIRE_ANSWERED: it is connected, and must be closed. */
static enum wire_reply open_exchange(const char *directory, const char *name, unsigned int seconds,
				     struct exchange *ret_exchange)
{
	ret_exchange->end = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
	ret_exchange->fd = wire_connect(directory, name);
	if (ret_exchange->fd >= 0)
		return WIRE_ANSWERED;
	return is_late(errno) ? WIRE_SILENT : WIRE_NOBODY;
}

static enum wire_reply write_all(const struct exchange *exchange, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t written;

		if (!set_patience(exchange, SO_SNDTIMEO, exchange->end))
			return WIRE_SILENT;
		written = send(exchange->fd, text, length, MSG_NOSIGNAL);
		if (written < 0 && errno != EINTR)
			return is_late(errno) ? WIRE_SILENT : WIRE_BROKEN;
		if (written > 0) {
			text += written;
			length -= (size_t)written;
		}
	}
	return WIRE_ANSWERED;
}

/* To the end; FIRST is when the first byte must have come. */
static enum wire_reply read_all(const struct exchange *exchange, gint64 first, char **ret_text)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char buffer[4096];

	for (;;) {
		ssize_t length;

		if (!set_patience(exchange, SO_RCVTIMEO, text->len > 0 ? exchange->end : first))
			return WIRE_SILENT;
		length = recv(exchange->fd, buffer, sizeof(buffer), 0);
		if (length < 0 && errno == EINTR)
			continue;
		/* Reset: it hung up without reading all that we said, after its answer perhaps. */
		if (length == 0 || (length < 0 && errno == ECONNRESET))
			break;
		if (length < 0)
			return is_late(errno) ? WIRE_SILENT : WIRE_BROKEN;
		if (text->len + (size_t)length > ANSWER_MOST)
			return WIRE_BROKEN;
		g_string_append_len(text, buffer, length);
	}
	if (text->len == 0)
		return WIRE_BROKEN;
	*ret_text = g_string_free(g_steal_pointer(&text), FALSE);
	return WIRE_ANSWERED;
}

bool wire_has_daemon(const char *directory)
{
	struct exchange exchange;

	switch (open_exchange(directory, WIRE_STATUS, 1, &exchange)) {
	case WIRE_ANSWERED:
		close(exchange.fd);
		return true;
	case WIRE_SILENT:
		return true;
	case WIRE_NOBODY:
	case WIRE_BROKEN:
		return false;
	}
	g_assert_not_reached();
}

enum wire_reply wire_ask_status(const char *directory, char **ret_text)
{
	struct exchange exchange;
	enum wire_reply reply =
		open_exchange(directory, WIRE_STATUS, WIRE_STATUS_SECONDS, &exchange);

	if (reply != WIRE_ANSWERED)
		return reply;
	reply = read_all(&exchange, exchange.end, ret_text);
	close(exchange.fd);
	return reply;
}

/* Arguments, each with the NUL at its end. */
static enum wire_reply write_request(const struct exchange *exchange, const char *const *arguments)
{
	enum wire_reply reply = WIRE_ANSWERED;

	for (; *arguments && reply == WIRE_ANSWERED; arguments++)
		reply = write_all(exchange, *arguments, strlen(*arguments) + 1);
	if (reply == WIRE_ANSWERED && shutdown(exchange->fd, SHUT_WR) < 0)
		reply = WIRE_BROKEN;
	return reply;
}

char **wire_parse_request(const char *request, size_t length)
{
	g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);

	if (length == 0 || request[length - 1] != '\0')
		return NULL;
	for (size_t at = 0; at < length; at += strlen(request + at) + 1) {
		if (arguments->len == ARGUMENTS_MOST)
			return NULL;
		g_ptr_array_add(arguments, g_strdup(request + at));
	}
	g_ptr_array_add(arguments, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&arguments), FALSE);
}

char *wire_format_answer(int status, const char *text)
{
	return g_strdup_printf("%d\n%s", status, text);
}

static bool parse_answer(const char *answer, int *ret_status, char **ret_text)
{
	char *end;
	long status = strtol(answer, &end, 10);

	if (end == answer || *end != '\n' || status < 0 || status > 255)
		return false;
	*ret_status = (int)status;
	*ret_text = g_strdup(end + 1);
	return true;
}

enum wire_reply wire_ask(const char *directory, const char *const *arguments, int *ret_status,
			 char **ret_text)
{
	struct exchange exchange;
	g_autofree char *answer = NULL;
	enum wire_reply reply =
		open_exchange(directory, WIRE_CONTROL, WIRE_ANSWER_SECONDS, &exchange);
	gint64 heard;

	if (reply != WIRE_ANSWERED)
		return reply;
	heard = g_get_monotonic_time() + WIRE_HEARD_SECONDS * G_USEC_PER_SEC;
	reply = write_request(&exchange, arguments);
	/* Who was turned away has its answer, though the request found nobody to read it. */
	if (reply != WIRE_SILENT)
		reply = read_all(&exchange, heard, &answer);
	close(exchange.fd);
	if (reply == WIRE_ANSWERED && !parse_answer(answer, ret_status, ret_text))
		reply = WIRE_BROKEN;
	return reply;
}
