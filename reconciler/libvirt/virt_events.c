/* SPDX-License-Identifier: MIT */
#include "reconciler/libvirt/virt_events.h"

#include "reconciler/libvirt/virt_connection.h"

/* Shared with libvirt's callbacks, which may still run while the connection is being closed. */
struct virt_listener {
	void (*notify)(struct virt_event *event, void *data);
	void *data;
	GDestroyNotify free_data;
};

void virt_event_free(struct virt_event *event)
{
	g_free(event->uuid);
	g_free(event->alias);
	g_free(event);
}

static void pass_event(const struct virt_listener *listener, enum virt_event_kind kind,
		       virDomainPtr domain, const char *alias)
{
	struct virt_event *event = g_new0(struct virt_event, 1);
	char uuid[VIR_UUID_STRING_BUFLEN] = "";

	event->kind = kind;
	event->alias = g_strdup(alias);
	if (domain) {
		virDomainGetUUIDString(domain, uuid);
		event->uuid = g_strdup(uuid);
	}
	listener->notify(event, listener->data);
}

static enum virt_event_kind kind_of_start(int detail)
{
	switch (detail) {
	case VIR_DOMAIN_EVENT_STARTED_RESTORED:
	case VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT:
		return VIRT_EVENT_REVIVED;
	case VIR_DOMAIN_EVENT_STARTED_MIGRATED:
		return VIRT_EVENT_ARRIVING;
	default:
		return VIRT_EVENT_STARTED;
	}
}

/*
 * A guest that arrives from another host says STARTED/MIGRATED when it has begun to,
 * RESUMED/MIGRATED (or POSTCOPY) when it is there, which may be minutes later, and SUSPENDED/PAUSED
 * instead when it was paused. The host that it was to leave says RESUMED/MIGRATED when it stays
 * after all.
 *
 * Of a revert while running, 9.0.0 to 12.8 say SUSPENDED or RESUMED with FROM_SNAPSHOT; of a
 * restore STARTED/RESTORED and then RESUMED/FROM_SNAPSHOT. The second of such a pair asks for the
 * same again, and who listens makes one of them.
 */
static int on_lifecycle(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr domain, int event,
			int detail, void *listener)
{
	switch (event) {
	case VIR_DOMAIN_EVENT_DEFINED:
		pass_event(listener, VIRT_EVENT_DEFINED, domain, NULL);
		break;
	case VIR_DOMAIN_EVENT_UNDEFINED:
		pass_event(listener, VIRT_EVENT_UNDEFINED, domain, NULL);
		break;
	case VIR_DOMAIN_EVENT_STARTED:
		pass_event(listener, kind_of_start(detail), domain, NULL);
		break;
	case VIR_DOMAIN_EVENT_SUSPENDED:
		if (detail == VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT)
			pass_event(listener, VIRT_EVENT_REVERTED, domain, NULL);
		else if (detail == VIR_DOMAIN_EVENT_SUSPENDED_PAUSED)
			pass_event(listener, VIRT_EVENT_ARRIVED, domain, NULL);
		break;
	case VIR_DOMAIN_EVENT_RESUMED:
		if (detail == VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT)
			pass_event(listener, VIRT_EVENT_REVERTED, domain, NULL);
		else if (detail == VIR_DOMAIN_EVENT_RESUMED_MIGRATED ||
			 detail == VIR_DOMAIN_EVENT_RESUMED_POSTCOPY)
			pass_event(listener, VIRT_EVENT_ARRIVED, domain, NULL);
		break;
	case VIR_DOMAIN_EVENT_STOPPED:
	case VIR_DOMAIN_EVENT_CRASHED:
		pass_event(listener, VIRT_EVENT_STOPPED, domain, NULL);
		break;
	default:
		break;
	}
	return 0;
}

static void on_added(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr domain, const char *alias,
		     void *listener)
{
	pass_event(listener, VIRT_EVENT_DEVICE_ADDED, domain, alias);
}

static void on_removed(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr domain,
		       const char *alias, void *listener)
{
	pass_event(listener, VIRT_EVENT_DEVICE_REMOVED, domain, alias);
}

static void on_metadata(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr domain, int type,
			const char *uri, void *listener)
{
	if (type == VIR_DOMAIN_METADATA_ELEMENT && g_strcmp0(uri, TAG_NAMESPACE) == 0)
		pass_event(listener, VIRT_EVENT_DEFINED, domain, NULL);
}

static void on_close(virConnectPtr connection G_GNUC_UNUSED, int reason, void *listener)
{
	/* Our own virConnectClose() is no news. */
	if (reason != VIR_CONNECT_CLOSE_REASON_CLIENT)
		pass_event(listener, VIRT_EVENT_CLOSED, NULL, NULL);
}

static void listener_clear(void *data)
{
	struct virt_listener *listener = data;

	listener->free_data(listener->data);
}

static void listener_unref(void *listener)
{
	g_atomic_rc_box_release_full(listener, listener_clear);
}

#define ANY(callback) ((void (*)(void))(callback))

int virt_subscribe(struct virt *virt, void (*notify)(struct virt_event *event, void *data),
		   void *data, GDestroyNotify free_data, char **err)
{
	const struct {
		int event;
		void (*callback)(void);
	} wanted[] = {
		{VIR_DOMAIN_EVENT_ID_LIFECYCLE, ANY(on_lifecycle)},
		{VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, ANY(on_added)},
		{VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, ANY(on_removed)},
		{VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, ANY(on_metadata)},
	};
	struct virt_listener *listener = g_atomic_rc_box_new0(struct virt_listener);
	int result = 0;

	listener->notify = notify;
	listener->data = data;
	listener->free_data = free_data;
	for (size_t i = 0; result == 0 && i < G_N_ELEMENTS(wanted); i++) {
		int id = virt_register(virt, wanted[i].event, wanted[i].callback, listener,
				       listener_unref);

		if (id < 0)
			result = -1;
		else
			g_array_append_val(virt->events, id);
	}
	if (result == 0)
		result =
			virConnectRegisterCloseCallback(virt->connection, on_close, listener, NULL);
	if (result < 0) {
		OWN(trouble) trouble = trouble_take(virt);

		*err = g_strdup_printf("libvirt does not tell its events: %s", trouble->words);
	}
	/* Kept until nobody can call it: a driver without close callbacks (test, all versions)
	 * takes one and never frees it. */
	virt->listener = listener;
	return result < 0 ? -1 : 0;
}

void virt_unsubscribe(struct virt *virt)
{
	for (guint i = 0; i < virt->events->len; i++)
		CALL(virt, virConnectDomainEventDeregisterAny, virt->connection,
		     g_array_index(virt->events, int, i));
	g_array_set_size(virt->events, 0);
	if (virt->listener) {
		virConnectUnregisterCloseCallback(virt->connection, on_close);
		listener_unref(g_steal_pointer(&virt->listener));
	}
}
