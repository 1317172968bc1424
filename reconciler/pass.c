/* SPDX-License-Identifier: MIT */
#include "reconciler/pass.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "reconciler/apply.h"
#include "reconciler/core/planner.h"
#include "reconciler/core/retry.h"
#include "state/devices.h"

void pass_free(struct pass *pass)
{
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

	if (virt_read_domains(virt, snapshot->problems, &domains, err) < 0)
		return -1;
	g_ptr_array_unref(snapshot->domains);
	snapshot->domains = domains;
	if (devices_read(snapshot->problems, &devices, &snapshot->still_since, err) < 0)
		return -1;
	g_ptr_array_unref(snapshot->devices);
	snapshot->devices = devices;
	snapshot->host = g_strdup(g_get_host_name());
	snapshot->uri = g_strdup(virt_uri(virt));
	snapshot->time = g_get_real_time() / G_USEC_PER_SEC;
	snapshot->now = devices_now();
	snapshot_sort(snapshot);
	*ret_snapshot = g_steal_pointer(&snapshot);
	return 0;
}

int pass_look(struct virt *virt, struct history *history, struct pass **ret_pass, char **err)
{
	OWN(pass) pass = g_new0(struct pass, 1);

	pass->outcomes = g_ptr_array_new_with_free_func((GDestroyNotify)outcome_free);
	if (pass_read(virt, &pass->snapshot, err) < 0)
		return -1;
	pass->plan = planner_plan(pass->snapshot, history);
	retry_note_plan(history, pass->plan, pass->snapshot);
	*ret_pass = g_steal_pointer(&pass);
	return 0;
}

static void act(struct pass *pass, const struct hands *hands, struct history *history,
		const GPtrArray *only)
{
	g_ptr_array_unref(pass->outcomes);
	pass->outcomes = apply_plan(pass->plan, hands, only);
	for (guint i = 0; i < pass->outcomes->len; i++)
		retry_note_outcome(history, g_ptr_array_index(pass->outcomes, i), devices_now());
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
static bool again(const struct pass *pass, unsigned int *skips, const sigset_t *while_waiting)
{
	uint64_t wake = pass->plan->wake;

	*skips = pass->outcomes->len > 0 && !got_somewhere(pass) ? *skips + 1 : 0;
	if (pass->outcomes->len > 0 && *skips < 2)
		return true;
	if (wake == 0 || wake > devices_now() + PASS_PATIENCE_USEC)
		return false;
	return wait_until(wake, while_waiting);
}

static int settle(struct virt *virt, struct history *history, const GPtrArray *only,
		  GPtrArray *passes, const sigset_t *while_waiting, char **err)
{
	unsigned int skips = 0;

	for (unsigned int i = 0; i < PASS_MAX; i++) {
		struct pass *pass = NULL;

		if (pass_look(virt, history, &pass, err) < 0)
			return -1;
		g_ptr_array_add(passes, pass);
		act(pass, virt_hands(virt), history, only);
		if (i + 1 < PASS_MAX && !again(pass, &skips, while_waiting))
			break;
	}
	return 0;
}

int pass_settle(struct virt *virt, struct history *history, const GPtrArray *only,
		GPtrArray **ret_passes, char **err)
{
	g_autoptr(GPtrArray) passes = g_ptr_array_new_with_free_func((GDestroyNotify)pass_free);
	sigset_t stops, before;

	/* Not between a detach and its attach: a guest would be left without its device. */
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &stops, &before);
	int result = settle(virt, history, only, passes, &before, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result == 0)
		*ret_passes = g_steal_pointer(&passes);
	return result;
}
