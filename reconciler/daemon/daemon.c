/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/daemon.h"

#include <glib-unix.h>
#include <signal.h>
#include <sysexits.h>

#include "reconciler/daemon/act.h"
#include "reconciler/daemon/leave.h"
#include "reconciler/daemon/known_devices.h"
#include "reconciler/daemon/link.h"
#include "reconciler/daemon/request.h"
#include "reconciler/daemon/serve.h"
#include "reconciler/system/lock.h"
#include "reconciler/show/log.h"
#include "reconciler/system/service.h"
#include "state/clock.h"

/*
 * Passes that may start at once, and how many a second come back: the first event is never kept
 * waiting, and 2,000 uevents in 10 s make 38 passes.
 */
#define ALLOWANCE      8.0
#define ALLOWANCE_RATE 3.0

/* READY comes after the first pass, or after this: guests must not wait for a libvirt that is late.
 */
#define READY_PATIENCE (20 * G_USEC_PER_SEC)

static gboolean on_stop(gpointer data)
{
	struct daemon *daemon = data;

	if (daemon->stopping)
		return G_SOURCE_CONTINUE;
	daemon->stopping = true;
	daemon->due_stop = clock_now() + STOP_PATIENCE;
	daemon->leaving = daemon->listed && service_host_is_stopping();
	daemon->wanted = daemon->leaving;
	return G_SOURCE_CONTINUE;
}

static gboolean on_reload(gpointer data)
{
	struct daemon *daemon = data;

	link_resync(daemon);
	return G_SOURCE_CONTINUE;
}

/* Nothing to do here: the loop looks at all deadlines after each wait, and the alarm has ended this
 * one. */
static void on_alarm(void *data G_GNUC_UNUSED)
{
}

static bool is_due(uint64_t *due, uint64_t now)
{
	if (*due == 0 || *due > now)
		return false;
	*due = 0;
	return true;
}

static void check_deadlines(struct daemon *daemon)
{
	uint64_t now = clock_now();

	if (is_due(&daemon->due_connect, now))
		link_start(daemon);
	if (is_due(&daemon->due_resync, now))
		link_make_sure(daemon);
	if (is_due(&daemon->due_busy, now))
		link_ask_busy(daemon);
	known_devices_check(daemon, now);
	if (is_due(&daemon->due_wake, now))
		daemon_want(daemon, TRIGGER_DEADLINE);
	if (is_due(&daemon->due_ready, now))
		service_ready();
}

/* After a whole turn of the loop: it has made what plans were wanted, and no reading is overdue. */
static void feed_watchdog(struct daemon *daemon)
{
	uint64_t now = clock_now();
	bool late;

	if (!is_due(&daemon->due_watchdog, now))
		return;
	daemon->due_watchdog = now + service_watchdog() / 3;
	late = worker_is_late(daemon->worker);
	if (!late)
		service_alive();
	else if (!daemon->late)
		log_event(LOG_TROUBLE, NULL,
			  "libvirt has not answered for too long; unless it does now, the watchdog "
			  "ends this process, and the next one starts afresh");
	daemon->late = late;
}

/* May a pass start now? If not, *RET_WHEN is when. */
static bool is_allowed(struct daemon *daemon, uint64_t *ret_when)
{
	uint64_t now = clock_now();
	double elapsed = (double)(now - daemon->allowance_at) / G_USEC_PER_SEC;

	daemon->allowance = MIN(ALLOWANCE, daemon->allowance + elapsed * ALLOWANCE_RATE);
	daemon->allowance_at = now;
	if (daemon->allowance >= 1.0) {
		daemon->allowance -= 1.0;
		return true;
	}
	*ret_when =
		now + (uint64_t)((1.0 - daemon->allowance) / ALLOWANCE_RATE * G_USEC_PER_SEC) + 1;
	return false;
}

/* READY when the first pass is over, with all that it began. */
static void note_state(struct daemon *daemon)
{
	g_autofree char *now = NULL;

	if (!daemon->ready && daemon->listed && !daemon->listing && !daemon->wanted &&
	    !known_domains_are_busy(daemon->known_domains)) {
		daemon->ready = true;
		daemon->due_ready = 0;
		service_ready();
	}
	now = g_strdup_printf(daemon->link ? "reconciling %u domains and %u USB devices at %s"
					   : "waiting for libvirt; %u domains and %u USB devices "
					     "known%s",
			      g_hash_table_size(daemon->known_domains->by_uuid),
			      daemon->devices->len, daemon->link ? daemon->uri : "");
	if (g_strcmp0(now, daemon->said) == 0)
		return;
	service_status("%s", now);
	g_free(daemon->said);
	daemon->said = g_steal_pointer(&now);
}

/* One step: what is wanted and allowed. Returns when to be back, 0: when something happens. */
static uint64_t step(struct daemon *daemon)
{
	uint64_t when = 0;

	check_deadlines(daemon);
	if (!daemon->wanted)
		return 0;
	if (daemon->stopping)
		return leave_step(daemon);
	if (daemon->link && link_read_dirty(daemon) && !known_devices_are_old(daemon) &&
	    daemon->trigger == TRIGGER_LIBVIRT) {
		/* What libvirt told is being read; there is nothing to decide before that. */
		daemon->wanted = false;
		return 0;
	}
	if (!daemon->link || !daemon->listed) {
		daemon->wanted = false;
		return 0;
	}
	if (!is_allowed(daemon, &when))
		return when;
	daemon->wanted = false;
	known_devices_update(daemon);
	act_pass(daemon, daemon->trigger);
	return 0;
}

static void set_alarm(struct daemon *daemon, uint64_t when)
{
	deadline_sooner(&when, daemon->due_connect);
	deadline_sooner(&when, daemon->due_resync);
	deadline_sooner(&when, known_devices_due(daemon));
	deadline_sooner(&when, daemon->due_busy);
	deadline_sooner(&when, daemon->due_wake);
	deadline_sooner(&when, daemon->due_ready);
	deadline_sooner(&when, daemon->due_watchdog);
	deadline_sooner(&when, daemon->due_stop);
	deadline_sooner(&when, request_due(daemon));
	deadline_sooner(&when, serve_due(daemon));
	deadline_set(daemon->alarm, when);
}

/* After SIGTERM: until no call is under way, or it has taken too long. */
static bool may_leave(const struct daemon *daemon)
{
	return daemon->stopping && ((worker_outstanding(daemon->worker) == 0 && !daemon->wanted) ||
				    clock_now() >= daemon->due_stop);
}

static void run(struct daemon *daemon)
{
	for (;;) {
		uint64_t when = step(daemon);

		request_check(daemon);
		serve_check(daemon);
		if (may_leave(daemon))
			return;
		if (daemon->wanted && !daemon->stopping && when == 0)
			when = clock_now();
		feed_watchdog(daemon);
		note_state(daemon);
		set_alarm(daemon, when);
		g_main_context_iteration(daemon->loop, TRUE);
	}
}

static void listen_to(struct daemon *daemon, GSource *source, GSourceFunc callback)
{
	g_source_set_callback(source, callback, daemon, NULL);
	g_source_attach(source, daemon->loop);
	g_source_unref(source);
}

static void set_up(struct daemon *daemon)
{
	uint64_t now = clock_now();

	daemon->worker = worker_new(daemon->loop, DAEMON_THREADS);
	daemon->alarm = deadline_new(daemon->loop, on_alarm, daemon);
	daemon_init(daemon);
	known_devices_listen(daemon);
	daemon->allowance = ALLOWANCE;
	daemon->allowance_at = now;
	daemon->report.since = clock_wall();
	daemon->due_ready = now + READY_PATIENCE;
	daemon->due_watchdog = service_watchdog() ? now + service_watchdog() / 3 : 0;
	listen_to(daemon, g_unix_signal_source_new(SIGTERM), on_stop);
	listen_to(daemon, g_unix_signal_source_new(SIGINT), on_stop);
	listen_to(daemon, g_unix_signal_source_new(SIGHUP), on_reload);
}

static void close_work(void *link)
{
	link_unref(link);
}

static void close_done(void *link G_GNUC_UNUSED)
{
}

/* Saying goodbye is a call to libvirt, too, and has no more time than the others. */
static void close_link(struct daemon *daemon)
{
	worker_start(daemon->worker, (struct worker_job){close_work, close_done,
							 g_steal_pointer(&daemon->link), 0});
	while (worker_outstanding(daemon->worker) > 0 && clock_now() < daemon->due_stop) {
		deadline_set(daemon->alarm, daemon->due_stop);
		g_main_context_iteration(daemon->loop, TRUE);
	}
}

static void tear_down(struct daemon *daemon)
{
	bool finished = worker_outstanding(daemon->worker) == 0;

	service_stopping();
	if (daemon->link)
		link_tell_calls(daemon);
	if (finished && daemon->link) {
		close_link(daemon);
		finished = worker_outstanding(daemon->worker) == 0;
	}
	if (!finished)
		log_event(LOG_TROUBLE, NULL,
			  "a call to libvirt is still under way after %d s and is left behind",
			  (int)(STOP_PATIENCE / G_USEC_PER_SEC));
	worker_abandon(daemon->worker);
	/* What a call that hangs still uses is the kernel's to clean up. */
	if (!finished)
		return;
	deadline_free(daemon->alarm);
	devices_monitor_free(daemon->monitor);
	daemon_clear(daemon);
}

int daemon_run(const struct daemon_options *options)
{
	/* Never freed: what a call left behind still points at it. */
	static struct daemon *daemon;
	g_autofree char *err = NULL;

	daemon = g_new0(struct daemon, 1);
	daemon->options = *options;
	daemon->loop = g_main_context_new();
	if (devices_monitor_new(&daemon->monitor, &err) < 0) {
		log_event(LOG_TROUBLE, NULL, "%s", err);
		return EX_OSERR;
	}
	set_up(daemon);
	serve_start(daemon, lock_directory(virt_is_session(options->uri)));
	link_start(daemon);
	run(daemon);
	serve_stop(daemon);
	tear_down(daemon);
	return EX_OK;
}
