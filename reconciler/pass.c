/* SPDX-License-Identifier: MIT */
#include "reconciler/pass.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "reconciler/apply.h"
#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "state/devices.h"
#include "state/devices_use.h"
#include "state/clock.h"

struct pass *pass_ref(struct pass *pass)
{
	pass->shares++;
	return pass;
}

void pass_free(struct pass *pass)
{
	if (pass->shares > 0) {
		pass->shares--;
		return;
	}
	if (pass->outcomes)
		g_ptr_array_unref(pass->outcomes);
	if (pass->plan)
		plan_free(pass->plan);
	if (pass->snapshot)
		snapshot_free(pass->snapshot);
	g_free(pass);
}

/* The domains first: their reading may take long, and the devices must not be old when it is over.
 */
int pass_read(struct virt *virt, struct snapshot **ret_snapshot, char **err)
{
	OWN(snapshot) snapshot = snapshot_new();
	GPtrArray *domains = NULL, *devices = NULL;

	if (virt_read_domains(virt, NULL, snapshot->problems, &domains, err) < 0)
		return -1;
	g_ptr_array_unref(snapshot->domains);
	snapshot->domains = domains;
	if (devices_read(snapshot->problems, &devices, err) < 0)
		return -1;
	g_ptr_array_unref(snapshot->devices);
	snapshot->devices = devices;
	g_ptr_array_unref(snapshot->changes);
	snapshot->changes = changes_of(devices);
	devices_use_note_all(devices, snapshot->domains);
	snapshot_stamp(snapshot, virt_uri(virt));
	snapshot_sort(snapshot);
	*ret_snapshot = g_steal_pointer(&snapshot);
	return 0;
}

struct pass *pass_make(struct snapshot *snapshot, const struct history *history)
{
	struct pass *pass = g_new0(struct pass, 1);

	pass->snapshot = snapshot;
	pass->plan = planner_plan(snapshot, history);
	pass->outcomes = outcome_list_new();
	return pass;
}

int pass_look(struct virt *virt, struct history *history, struct pass **ret_pass, char **err)
{
	struct snapshot *snapshot = NULL;

	if (pass_read(virt, &snapshot, err) < 0)
		return -1;
	*ret_pass = pass_make(snapshot, history);
	remember_plan(history, (*ret_pass)->plan, snapshot);
	remember_domains(history, snapshot);
	return 0;
}

static void act(struct pass *pass, const struct hands *hands, struct history *history,
		const GPtrArray *only)
{
	g_ptr_array_unref(pass->outcomes);
	pass->outcomes = apply_plan(pass->plan, hands, only, NULL);
	for (guint i = 0; i < pass->outcomes->len; i++)
		remember_outcome(history, g_ptr_array_index(pass->outcomes, i), clock_now());
}

/* Did it change the world, or what is remembered of it? */
static bool got_somewhere(const struct pass *pass)
{
	for (guint i = 0; i < pass->outcomes->len; i++) {
		const struct outcome *outcome = g_ptr_array_index(pass->outcomes, i);
		if (outcome->kind != OUTCOME_SKIPPED)
			return true;
	}
	return false;
}

/* Until that moment on CLOCK_BOOTTIME, with the signals that WHILE_WAITING lets through. False: a
 * signal was handled, or there is no clock. */
static bool wait_until(uint64_t moment, const sigset_t *while_waiting)
{
	struct itimerspec when = {.it_value = {.tv_sec = (time_t)(moment / G_USEC_PER_SEC),
					       .tv_nsec = (long)(moment % G_USEC_PER_SEC) * 1000}};
	struct pollfd poll = {.fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC), .events = POLLIN};
	bool reached = false;

	if (poll.fd < 0)
		return false;
	if (timerfd_settime(poll.fd, TFD_TIMER_ABSTIME, &when, NULL) == 0)
		reached = ppoll(&poll, 1, NULL, while_waiting) > 0;
	close(poll.fd);
	return reached;
}

/* After a pass: is there reason for one more? Waits until it is time for it. SKIPS counts the
 * passes in a row that only skipped; the world may change under one, but not under two for the same
 * reason. */
static bool wants_another(const struct pass *pass, unsigned int *skips,
			  const sigset_t *while_waiting)
{
	uint64_t wake = plan_wake(pass->plan);

	*skips = pass->outcomes->len > 0 && !got_somewhere(pass) ? *skips + 1 : 0;
	if (pass->outcomes->len > 0 && *skips < 2)
		return true;
	if (wake == 0 || wake > clock_now() + PASS_PATIENCE_USEC)
		return false;
	return wait_until(wake, while_waiting);
}

static int run_passes(struct virt *virt, struct history *history, const GPtrArray *only,
		      GPtrArray *passes, const sigset_t *while_waiting, char **err)
{
	unsigned int skips = 0;

	for (unsigned int i = 0; i < PASS_MAX; i++) {
		struct pass *pass = NULL;

		if (pass_look(virt, history, &pass, err) < 0)
			return -1;
		g_ptr_array_add(passes, pass);
		act(pass, virt_hands(virt), history, only);
		if (i + 1 < PASS_MAX && !wants_another(pass, &skips, while_waiting))
			break;
	}
	return 0;
}

/* What followed an event in a moment belongs to it: a hub brings its devices one by one. */
#define GATHERING_USEC (G_USEC_PER_SEC / 5)

enum pause {
	PAUSE_QUIET, /* nothing happened, and udev has nothing in hand */
	PAUSE_EVENT,
	PAUSE_SIGNAL,
	PAUSE_END, /* it is late */
};

static enum pause pause_for_events(struct devices_monitor *monitor, uint64_t end,
				   const sigset_t *while_waiting)
{
	const struct timespec quiet = {.tv_sec = PASS_QUIET_USEC / G_USEC_PER_SEC,
				       .tv_nsec = PASS_QUIET_USEC % G_USEC_PER_SEC * 1000};
	struct pollfd poll = {.fd = devices_monitor_fd(monitor), .events = POLLIN};

	while (clock_now() < end) {
		int ready = ppoll(&poll, 1, &quiet, while_waiting);

		if (ready < 0)
			return PAUSE_SIGNAL;
		if (ready > 0)
			return wait_until(clock_now() + GATHERING_USEC, while_waiting)
				       ? PAUSE_EVENT
				       : PAUSE_SIGNAL;
		if (devices_monitor_is_idle(monitor))
			return PAUSE_QUIET;
	}
	return PAUSE_END;
}

static bool did_nothing(gconstpointer pass)
{
	return ((const struct pass *)pass)->outcomes->len == 0;
}

/* All but the last, FROM on. */
static void drop_idle(GPtrArray *passes, guint from)
{
	for (guint i = passes->len - 1; i-- > from;) {
		if (did_nothing(g_ptr_array_index(passes, i)))
			g_ptr_array_remove_index(passes, i);
	}
}

static int run_passes_until_quiet(struct virt *virt, struct history *history, const GPtrArray *only,
				  struct devices_monitor *monitor, uint64_t end, GPtrArray *passes,
				  const sigset_t *while_waiting, char **err)
{
	guint kept = 0;

	for (;;) {
		/* What is queued was before the look that follows. */
		while (devices_monitor_take(monitor, NULL) != DEVICES_EVENT_NONE)
			;
		if (run_passes(virt, history, only, passes, while_waiting, err) < 0)
			return -1;
		drop_idle(passes, kept);
		kept = passes->len - 1;
		switch (pause_for_events(monitor, end, while_waiting)) {
		case PAUSE_QUIET:
		case PAUSE_SIGNAL:
			return 0;
		case PAUSE_END:
			return 1;
		case PAUSE_EVENT:
			break;
		}
	}
}

/* Not between a detach and its attach: a guest would be left without its device. */
static void block_stops(sigset_t *ret_before)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &stops, ret_before);
}

int pass_settle(struct virt *virt, struct history *history, const GPtrArray *only,
		struct devices_monitor *monitor, gint64 patience_usec, GPtrArray **ret_passes,
		char **err)
{
	uint64_t end = clock_now() + (uint64_t)patience_usec;
	g_autoptr(GPtrArray) passes = g_ptr_array_new_with_free_func(pass_drop);
	sigset_t before;
	int result;

	block_stops(&before);
	result = monitor ? run_passes_until_quiet(virt, history, only, monitor, end, passes,
						  &before, err)
			 : run_passes(virt, history, only, passes, &before, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result >= 0)
		*ret_passes = g_steal_pointer(&passes);
	return result;
}
