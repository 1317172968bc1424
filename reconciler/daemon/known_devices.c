/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/known_devices.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>

#include "reconciler/daemon/link.h"
#include "reconciler/show/log.h"
#include "state/clock.h"
#include "state/devices.h"
#include "state/devices_use.h"

/* A driver is bound a moment after its device came, and a file system mounted among others; that is
 * worth a look, but no hurry. */
#define LOOK_DELAY (G_USEC_PER_SEC / 5)
/* When the devices could not be listed. */
#define READ_AGAIN (1 * G_USEC_PER_SEC)
/* How often a device that is in use is asked about while a tag waits for it. */
#define IN_USE_LOOK (5 * G_USEC_PER_SEC)
/* What a listing sees before udev's event of it is heard. */
#define EVENT_PATIENCE (5 * G_USEC_PER_SEC)

#define MOUNTS "/proc/self/mountinfo"

static void name(GHashTable *names, const char *sysname)
{
	g_hash_table_add(names, g_strdup(sysname));
}

static gboolean on_udev(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
	struct daemon *daemon = data;

	for (;;) {
		g_autofree char *sysname = NULL;

		switch (devices_monitor_take(daemon->monitor, &sysname)) {
		case DEVICES_EVENT_NONE:
			return G_SOURCE_CONTINUE;
		case DEVICES_EVENT_CHANGED:
			name(daemon->changed, sysname);
			daemon_want(daemon, TRIGGER_UDEV);
			break;
		case DEVICES_EVENT_BOUND:
			name(daemon->bound, sysname);
			if (daemon->due_look == 0)
				daemon->due_look = clock_now() + LOOK_DELAY;
			break;
		case DEVICES_EVENT_LOST:
			daemon->report.overflows++;
			log_event(LOG_UDEV_LOST, NULL,
				  "udev had more to say than fits: reading everything again");
			daemon->devices_dirty = daemon->events_lost = true;
			link_resync(daemon);
			daemon_want(daemon, TRIGGER_UDEV);
			continue;
		}
		g_hash_table_remove(daemon->unheard, sysname);
	}
}

/* That it has changed is all that the poll says, and it says it once. */
static gboolean on_mounts(gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED,
			  gpointer data)
{
	struct daemon *daemon = data;

	if (daemon->due_mounts == 0)
		daemon->due_mounts = clock_now() + LOOK_DELAY;
	return G_SOURCE_CONTINUE;
}

static void listen_to(struct daemon *daemon, int fd, GIOCondition condition, GUnixFDSourceFunc hear)
{
	GSource *source = g_unix_fd_source_new(fd, condition);

	g_source_set_callback(source, G_SOURCE_FUNC(hear), daemon, NULL);
	g_source_attach(source, daemon->loop);
	g_source_unref(source);
}

void known_devices_listen(struct daemon *daemon)
{
	/* For as long as this process lives. */
	int mounts = open(MOUNTS, O_RDONLY | O_CLOEXEC);

	listen_to(daemon, devices_monitor_fd(daemon->monitor), G_IO_IN, on_udev);
	if (mounts >= 0)
		listen_to(daemon, mounts, G_IO_PRI, on_mounts);
	daemon->devices_dirty = true;
}

/* What is of DEVICES and not in OTHERS, or not the same there, and not yet announced either. */
static void name_differences(struct daemon *daemon, const GPtrArray *devices,
			     const GPtrArray *others)
{
	for (guint i = 0; i < devices->len; i++) {
		const struct device *device = g_ptr_array_index(devices, i);
		const struct device *other = device_list_find(others, device->sysname, NULL);

		if ((!other || !device_same_itself(device, other)) &&
		    !g_hash_table_contains(daemon->changed, device->sysname) &&
		    !g_hash_table_contains(daemon->bound, device->sysname))
			name(daemon->unheard, device->sysname);
	}
}

/* A fresh listing is what is known, but for what udev is about to say. */
static void compare(struct daemon *daemon, const GPtrArray *fresh)
{
	name_differences(daemon, fresh, daemon->devices);
	name_differences(daemon, daemon->devices, fresh);
	if (g_hash_table_size(daemon->unheard) > 0 && daemon->due_unheard == 0)
		daemon->due_unheard = clock_now() + EVENT_PATIENCE;
}

static void tell_unheard(struct daemon *daemon)
{
	g_autofree char **names = (char **)g_hash_table_get_keys_as_array(daemon->unheard, NULL);
	g_autofree char *list = g_strjoinv(", ", names);

	if (*list)
		log_event(
			LOG_UDEV_LOST, NULL,
			"what was known of the USB devices was not so, and no event had told: %s; "
			"either an event was lost, or this is a fault of usbreconcile",
			list);
	g_hash_table_remove_all(daemon->unheard);
}

static GPtrArray *read_all(struct daemon *daemon)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autoptr(GPtrArray) users = known_domains_users(daemon->known_domains);
	g_autofree char *err = NULL;
	GPtrArray *devices = NULL;

	if (devices_read(problems, &devices, &err) < 0) {
		log_event(LOG_TROUBLE, NULL, "cannot read this host's USB devices: %s", err);
		daemon->devices_dirty = true;
		daemon->due_look = clock_now() + READ_AGAIN;
		return NULL;
	}
	if (daemon->devices->len > 0 && !daemon->events_lost)
		compare(daemon, devices);
	devices_use_note_all(devices, users);
	daemon->devices_dirty = daemon->events_lost = false;
	return devices;
}

/* Those that were read just now: the others are shared with rounds that are under way. */
static void note_uses(const struct daemon *daemon, const GPtrArray *devices)
{
	g_autoptr(GPtrArray) users = known_domains_users(daemon->known_domains);

	for (guint i = 0; i < devices->len; i++) {
		struct device *device = g_ptr_array_index(devices, i);

		if (!g_ptr_array_find(daemon->devices, device, NULL))
			devices_use_note(device, users);
	}
}

static GPtrArray *read_changed(struct daemon *daemon)
{
	GPtrArray *devices = devices_read_again(daemon->devices, daemon->changed);

	if (devices)
		note_uses(daemon, devices);
	else
		daemon->events_lost = true;
	return devices;
}

bool known_devices_are_old(const struct daemon *daemon)
{
	return daemon->devices_dirty || g_hash_table_size(daemon->changed) > 0;
}

void known_devices_update(struct daemon *daemon)
{
	GPtrArray *devices = NULL, *changes;

	if (!known_devices_are_old(daemon))
		return;
	if (!daemon->devices_dirty)
		devices = read_changed(daemon);
	if (!devices)
		devices = read_all(daemon);
	g_hash_table_remove_all(daemon->changed);
	if (!devices)
		return;
	changes = daemon->changes ? changes_between(daemon->changes, daemon->devices, devices)
				  : changes_of(devices);
	g_clear_pointer(&daemon->changes, g_ptr_array_unref);
	daemon->changes = changes;
	g_ptr_array_unref(daemon->devices);
	daemon->devices = devices;
}

void known_devices_doubt(struct daemon *daemon, const struct device *device)
{
	name(daemon->changed, device->sysname);
}

void known_devices_doubt_uses(struct daemon *daemon)
{
	for (guint i = 0; i < daemon->devices->len; i++) {
		const struct device *device = g_ptr_array_index(daemon->devices, i);

		if (device_is_used(device))
			known_devices_doubt(daemon, device);
	}
}

static bool waits_for_release(const struct verdict *verdict)
{
	return verdict->reason == REASON_IN_USE_BY_HOST ||
	       verdict->reason == REASON_IN_USE_BY_GUEST;
}

void known_devices_note_plan(struct daemon *daemon, const struct plan *plan, bool all)
{
	if (all)
		g_hash_table_remove_all(daemon->awaited);
	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		for (guint k = 0; waits_for_release(verdict) && k < verdict->candidates->len; k++) {
			const struct device *device = g_ptr_array_index(verdict->candidates, k);

			if (device_is_used(device))
				name(daemon->awaited, device->sysname);
		}
	}
	if (daemon->due_release == 0 && g_hash_table_size(daemon->awaited) > 0)
		daemon->due_release = clock_now() + IN_USE_LOOK;
}

static gboolean is_over(gpointer sysname, gpointer unused G_GNUC_UNUSED, gpointer data)
{
	const struct daemon *daemon = data;
	const struct device *device = device_list_find(daemon->devices, sysname, NULL);

	return !device || !device_is_used(device);
}

static void look_at_awaited(struct daemon *daemon)
{
	GHashTableIter iter;
	gpointer sysname;

	g_hash_table_foreach_remove(daemon->awaited, is_over, daemon);
	g_hash_table_iter_init(&iter, daemon->awaited);
	while (g_hash_table_iter_next(&iter, &sysname, NULL))
		name(daemon->changed, sysname);
}

/* The kernel's table of mounts has changed, or what guests use. */
static void find_used(struct daemon *daemon)
{
	g_autoptr(GPtrArray) users = known_domains_users(daemon->known_domains);

	devices_use_find(daemon->devices, users, daemon->changed);
	daemon->known_domains->uses_changed = false;
}

static bool is_due(uint64_t *due, uint64_t now)
{
	if (*due == 0 || *due > now)
		return false;
	*due = 0;
	return true;
}

static gboolean move_to(gpointer sysname, gpointer unused G_GNUC_UNUSED, gpointer set)
{
	g_hash_table_add(set, sysname);
	return TRUE;
}

void known_devices_check(struct daemon *daemon, uint64_t now)
{
	if (is_due(&daemon->due_unheard, now))
		tell_unheard(daemon);
	if (is_due(&daemon->due_look, now)) {
		g_hash_table_foreach_steal(daemon->bound, move_to, daemon->changed);
		daemon_want(daemon, TRIGGER_UDEV);
	}
	if (is_due(&daemon->due_mounts, now) || daemon->known_domains->uses_changed)
		find_used(daemon);
	if (is_due(&daemon->due_release, now))
		look_at_awaited(daemon);
	if (!daemon->wanted && known_devices_are_old(daemon) && daemon->due_look == 0)
		daemon_want(daemon, TRIGGER_DEADLINE);
}

uint64_t known_devices_due(const struct daemon *daemon)
{
	uint64_t when = daemon->due_look;

	deadline_sooner(&when, daemon->due_mounts);
	deadline_sooner(&when, daemon->due_release);
	deadline_sooner(&when, daemon->due_unheard);
	return when;
}
