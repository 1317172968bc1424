/* SPDX-License-Identifier: MIT */

/* Threads that libvirt's client needs, out of the way of the program's signals. */

#include <pthread.h>
#include <signal.h>

#include "reconciler/libvirt/virt_connection.h"
#include "reconciler/libvirt/virt_events.h"

GThread *virt_thread(const char *name, GThreadFunc run, void *data)
{
	sigset_t all, before;

	/* Blocked around the creation, because a thread inherits its creator's mask. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	GThread *thread = g_thread_new(name, run, data);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return thread;
}

static void *run_loop(void *unused G_GNUC_UNUSED)
{
	for (;;) {
		if (virEventRunDefaultImpl() < 0)
			g_usleep(G_USEC_PER_SEC / 10);
	}
	return NULL;
}

void virt_hear(void)
{
	static gsize started;

	if (!g_once_init_enter(&started))
		return;
	if (virEventRegisterDefaultImpl() == 0)
		g_thread_unref(virt_thread("libvirt-events", run_loop, NULL));
	g_once_init_leave(&started, 1);
}
