/* SPDX-License-Identifier: MIT */
#include "reconciler/commands/watch_source.h"

#include <glib-unix.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "reconciler/libvirt/virt_events.h"
#include "state/devices_monitor.h"

/* What followed an event in a moment belongs to it; and it is seen well within 0.2 s. */
#define CROWD_MSEC 50

/* libvirt's thread writes into it; it outlives both sides. */
struct mailbox {
	atomic_int users;
	int fd;
	atomic_bool lost;
};

struct watch_source {
	struct virt *virt;
	struct devices_monitor *monitor;
	struct mailbox *mailbox;
	GSource *sources[3]; /* udev, libvirt, the crowd */
	void (*heard)(void *data);
	void (*lost)(void *data);
	void *data;
};

static void mailbox_unref(void *data)
{
	struct mailbox *mailbox = data;

	if (atomic_fetch_sub(&mailbox->users, 1) > 1)
		return;
	close(mailbox->fd);
	g_free(mailbox);
}

static void on_virt_event(struct virt_event *event, void *data)
{
	struct mailbox *mailbox = data;
	const uint64_t one = 1;

	if (event->kind == VIRT_EVENT_CLOSED)
		mailbox->lost = true;
	virt_event_free(event);
	/* It cannot be full: it is a sum. */
	ssize_t written G_GNUC_UNUSED = write(mailbox->fd, &one, sizeof(one));
}

static gboolean on_crowd(gpointer data)
{
	struct watch_source *source = data;

	g_clear_pointer(&source->sources[2], g_source_unref);
	source->heard(source->data);
	return G_SOURCE_REMOVE;
}

static void listen_to(struct watch_source *source, int which, GSource *to, GSourceFunc callback)
{
	source->sources[which] = to;
	g_source_set_callback(to, callback, source, NULL);
	g_source_attach(to, NULL);
}

static void something_happened(struct watch_source *source)
{
	if (!source->sources[2])
		listen_to(source, 2, g_timeout_source_new(CROWD_MSEC), on_crowd);
}

static gboolean on_udev(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct watch_source *source = data;

	while (devices_monitor_take(source->monitor, NULL) != DEVICES_EVENT_NONE)
		something_happened(source);
	return G_SOURCE_CONTINUE;
}

static gboolean on_mail(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct watch_source *source = data;
	uint64_t sum;
	ssize_t length G_GNUC_UNUSED = read(fd, &sum, sizeof(sum));

	if (!source->mailbox->lost) {
		something_happened(source);
		return G_SOURCE_CONTINUE;
	}
	source->lost(source->data);
	return G_SOURCE_REMOVE;
}

int watch_source_new(struct virt *virt, void (*heard)(void *data), void (*lost)(void *data),
		     void *data, struct watch_source **ret_source, char **err)
{
	OWN(watch_source) source = g_new0(struct watch_source, 1);

	source->heard = heard;
	source->lost = lost;
	source->data = data;
	if (devices_monitor_new(&source->monitor, err) < 0)
		return -1;
	source->mailbox = g_new0(struct mailbox, 1);
	source->mailbox->users = 2;
	source->mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	source->virt = virt;
	if (virt_subscribe(virt, on_virt_event, source->mailbox, mailbox_unref, err) < 0)
		return -1;
	listen_to(source, 0, g_unix_fd_source_new(devices_monitor_fd(source->monitor), G_IO_IN),
		  G_SOURCE_FUNC(on_udev));
	listen_to(source, 1, g_unix_fd_source_new(source->mailbox->fd, G_IO_IN),
		  G_SOURCE_FUNC(on_mail));
	*ret_source = g_steal_pointer(&source);
	return 0;
}

void watch_source_free(struct watch_source *source)
{
	for (guint i = 0; i < G_N_ELEMENTS(source->sources); i++) {
		if (!source->sources[i])
			continue;
		g_source_destroy(source->sources[i]);
		g_source_unref(source->sources[i]);
	}
	if (source->virt)
		virt_unsubscribe(source->virt);
	g_clear_pointer(&source->monitor, devices_monitor_free);
	g_clear_pointer(&source->mailbox, mailbox_unref);
	g_free(source);
}
