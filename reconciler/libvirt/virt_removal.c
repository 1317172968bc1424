/* SPDX-License-Identifier: MIT */

/*
 * Waiting for DEVICE_REMOVED. An alias detach only asks (libvirt 4.4.0 and later); the alias, the
 * guest port and the device are free again when the event has come, 3 to 60 ms later, and an attach
 * before that fails ("non unique alias detected", "in use").
 */

#include "reconciler/libvirt/virt_removal.h"
#include "reconciler/libvirt/virt_connection.h"

/* Shared with libvirt's callbacks, which may still run while the connection is being closed. */
struct virt_removals {
	GMutex lock;
	GCond news;
	GPtrArray *expected; /* struct virt_removal *, each owned by who expects it */
};

struct virt_removal {
	struct virt_removals *removals;
	char *uuid;
	char *alias;
	enum removal seen;
};

static void removals_clear(void *data)
{
	struct virt_removals *removals = data;

	g_mutex_clear(&removals->lock);
	g_cond_clear(&removals->news);
	g_ptr_array_unref(removals->expected);
}

static void removals_unref(void *removals)
{
	g_atomic_rc_box_release_full(removals, removals_clear);
}

static struct virt_removals *removals_new(void)
{
	struct virt_removals *removals = g_atomic_rc_box_new0(struct virt_removals);

	g_mutex_init(&removals->lock);
	g_cond_init(&removals->news);
	removals->expected = g_ptr_array_new();
	return removals;
}

static void note_seen(struct virt_removals *removals, virDomainPtr domain, const char *alias,
		      enum removal seen)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (virDomainGetUUIDString(domain, uuid) < 0)
		return;
	g_mutex_lock(&removals->lock);
	for (guint i = 0; i < removals->expected->len; i++) {
		struct virt_removal *removal = g_ptr_array_index(removals->expected, i);

		if (g_str_equal(removal->uuid, uuid) && g_str_equal(removal->alias, alias))
			removal->seen = seen;
	}
	g_cond_broadcast(&removals->news);
	g_mutex_unlock(&removals->lock);
}

static void on_removed(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr domain,
		       const char *alias, void *removals)
{
	note_seen(removals, domain, alias, REMOVAL_SEEN);
}

static void on_removal_failed(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr domain,
			      const char *alias, void *removals)
{
	note_seen(removals, domain, alias, REMOVAL_REFUSED);
}

/* Once a connection, at its first live detach: most one-shots never need one. */
static struct virt_removals *removals_of(struct virt *virt, struct trouble **ret_trouble)
{
	g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&virt->subscribing);

	if (virt->removals)
		return virt->removals;

	struct virt_removals *removals = removals_new();
	int removed = virt_register(virt, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
				    (void (*)(void))on_removed, removals, removals_unref);
	int failed = removed < 0 ? -1
				 : virt_register(virt, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
						 (void (*)(void))on_removal_failed, removals,
						 removals_unref);
	if (failed < 0) {
		*ret_trouble = trouble_take(virt);
		if (removed >= 0)
			CALL(virt, virConnectDomainEventDeregisterAny, virt->connection, removed);
		removals_unref(removals);
		return NULL;
	}
	virt->subscriptions[0] = removed;
	virt->subscriptions[1] = failed;
	virt->removals = removals;
	return removals;
}

void virt_removal_unsubscribe(struct virt *virt)
{
	if (!virt->removals)
		return;
	for (guint i = 0; i < G_N_ELEMENTS(virt->subscriptions); i++)
		CALL(virt, virConnectDomainEventDeregisterAny, virt->connection,
		     virt->subscriptions[i]);
	g_clear_pointer(&virt->removals, removals_unref);
}

struct virt_removal *virt_removal_expect(struct virt *virt, const char *uuid, const char *alias,
					 struct trouble **ret_trouble)
{
	struct virt_removals *removals = removals_of(virt, ret_trouble);

	if (!removals)
		return NULL;

	struct virt_removal *removal = g_new0(struct virt_removal, 1);
	removal->removals = g_atomic_rc_box_acquire(removals);
	removal->uuid = g_strdup(uuid);
	removal->alias = g_strdup(alias);
	removal->seen = REMOVAL_SILENT;
	g_mutex_lock(&removals->lock);
	g_ptr_array_add(removals->expected, removal);
	g_mutex_unlock(&removals->lock);
	return removal;
}

enum removal virt_removal_wait(struct virt_removal *removal, gint64 patience_usec)
{
	struct virt_removals *removals = removal->removals;
	gint64 deadline = g_get_monotonic_time() + patience_usec;

	g_mutex_lock(&removals->lock);
	while (removal->seen == REMOVAL_SILENT &&
	       g_cond_wait_until(&removals->news, &removals->lock, deadline))
		;
	enum removal seen = removal->seen;
	g_mutex_unlock(&removals->lock);
	return seen;
}

void virt_removal_free(struct virt_removal *removal)
{
	struct virt_removals *removals = removal->removals;

	g_mutex_lock(&removals->lock);
	g_ptr_array_remove(removals->expected, removal);
	g_mutex_unlock(&removals->lock);
	g_free(removal->uuid);
	g_free(removal->alias);
	g_free(removal);
	removals_unref(removals);
}
