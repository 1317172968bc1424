/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/deadline.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct deadline {
	int fd;
	uint64_t set;
	GSource *source;
	void (*ring)(void *data);
	void *data;
};

static gboolean on_ring(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct deadline *deadline = data;
	uint64_t times;

	if (read(fd, &times, sizeof(times)) == (ssize_t)sizeof(times)) {
		deadline->set = 0;
		deadline->ring(deadline->data);
	}
	return G_SOURCE_CONTINUE;
}

void deadline_sooner(uint64_t *when, uint64_t other)
{
	if (other != 0 && (*when == 0 || other < *when))
		*when = other;
}

struct deadline *deadline_new(GMainContext *loop, void (*ring)(void *data), void *data)
{
	struct deadline *deadline = g_new0(struct deadline, 1);

	deadline->ring = ring;
	deadline->data = data;
	deadline->fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (deadline->fd < 0)
		g_error("timerfd_create: %s", g_strerror(errno));
	deadline->source = g_unix_fd_source_new(deadline->fd, G_IO_IN);
	g_source_set_callback(deadline->source, G_SOURCE_FUNC(on_ring), deadline, NULL);
	g_source_attach(deadline->source, loop);
	return deadline;
}

void deadline_free(struct deadline *deadline)
{
	g_source_destroy(deadline->source);
	g_source_unref(deadline->source);
	close(deadline->fd);
	g_free(deadline);
}

void deadline_set(struct deadline *deadline, uint64_t when)
{
	struct itimerspec timer = {0};

	if (when == deadline->set)
		return;
	deadline->set = when;
	timer.it_value.tv_sec = (time_t)(when / G_USEC_PER_SEC);
	timer.it_value.tv_nsec = (long)(when % G_USEC_PER_SEC) * 1000;
	timerfd_settime(deadline->fd, TFD_TIMER_ABSTIME, &timer, NULL);
}
