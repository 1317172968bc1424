/* SPDX-License-Identifier: MIT */
#include "reconciler/system/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG        16
#define WRITE_SECONDS  10
#define STATUS_MOST    (64 * 1024 * 1024)
#define STATUS_SECONDS 5
/* A request may wait for passes with second looks, and for a request that came before it. */
#define ANSWER_SECONDS 120
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
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(address.sun_path, mode) < 0 || listen(fd, BACKLOG) < 0) {
		*err = g_strdup_printf("cannot listen on %s: %s", address.sun_path,
				       g_strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int wire_connect(const char *directory, const char *name)
{
	struct sockaddr_un address;
	int fd;

	if (!make_address(directory, name, &address))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void set_patience(int fd, int which, gint64 usec)
{
	struct timeval patience = {.tv_sec = (time_t)(usec / G_USEC_PER_SEC),
				   .tv_usec = (suseconds_t)(usec % G_USEC_PER_SEC)};

	setsockopt(fd, SOL_SOCKET, which, &patience, sizeof(patience));
}

bool wire_write(int fd, const char *text, size_t length)
{
	gint64 deadline = g_get_monotonic_time() + WRITE_SECONDS * G_USEC_PER_SEC;

	while (length > 0) {
		gint64 left = deadline - g_get_monotonic_time();
		ssize_t written;

		if (left <= 0)
			return false;
		set_patience(fd, SO_SNDTIMEO, left);
		written = send(fd, text, length, MSG_NOSIGNAL);
		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			text += written;
			length -= (size_t)written;
		}
	}
	return true;
}

char *wire_read(int fd, size_t most, unsigned int seconds, size_t *ret_length)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
	GString *text = g_string_new(NULL);
	char buffer[4096];

	for (;;) {
		gint64 left = deadline - g_get_monotonic_time();
		ssize_t length = -1;

		if (left > 0) {
			set_patience(fd, SO_RCVTIMEO, left);
			length = recv(fd, buffer, sizeof(buffer), 0);
		}
		if (length == 0)
			break;
		if (length < 0 && left > 0 && errno == EINTR)
			continue;
		if (length < 0 || text->len + (size_t)length > most) {
			g_string_free(text, TRUE);
			return NULL;
		}
		g_string_append_len(text, buffer, length);
	}
	if (ret_length)
		*ret_length = text->len;
	return g_string_free(text, FALSE);
}

char *wire_ask_status(const char *directory)
{
	int fd = wire_connect(directory, WIRE_STATUS);
	char *text;

	if (fd < 0)
		return NULL;
	text = wire_read(fd, STATUS_MOST, STATUS_SECONDS, NULL);
	close(fd);
	return text;
}

/* Arguments, each with the NUL at its end. */
static bool write_request(int fd, const char *const *arguments)
{
	for (; *arguments; arguments++) {
		if (!wire_write(fd, *arguments, strlen(*arguments) + 1))
			return false;
	}
	return shutdown(fd, SHUT_WR) == 0;
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

int wire_ask(const char *directory, const char *const *arguments, int *ret_status, char **ret_text,
	     char **err)
{
	int fd = wire_connect(directory, WIRE_CONTROL);
	g_autofree char *answer = NULL;

	if (fd < 0)
		return 1;
	if (write_request(fd, arguments))
		answer = wire_read(fd, STATUS_MOST, ANSWER_SECONDS, NULL);
	close(fd);
	if (answer && parse_answer(answer, ret_status, ret_text))
		return 0;
	*err = g_strdup("the daemon was asked and gave no answer; see `systemctl status "
			"usbreconcile`");
	return -1;
}
