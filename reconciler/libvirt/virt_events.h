/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What libvirt says while a connection lives, for the daemon. Each event only says what to read
 * again. Part of libvirt's door (virt.h).
 */

#include "reconciler/libvirt/virt.h"

enum virt_event_kind {
	VIRT_EVENT_STARTED,  /* a QEMU of its own: nothing known of the live side holds any more */
	VIRT_EVENT_REVIVED,  /* started from a restore or a snapshot: QEMU has let go of every USB
			      * device, though the XML says otherwise */
	VIRT_EVENT_ARRIVING, /* from another host: what is said of it here is not yet so */
	VIRT_EVENT_ARRIVED,  /* it is there, running or paused, and QEMU has let go; or it has not
			      * left after all, or was only paused: who listens knows */
	VIRT_EVENT_REVERTED, /* the same under a QEMU that runs on; a restore says this, too, a
			      * moment after VIRT_EVENT_REVIVED */
	VIRT_EVENT_STOPPED,
	VIRT_EVENT_DEFINED, /* the persistent side changed, or its metadata */
	VIRT_EVENT_UNDEFINED,
	VIRT_EVENT_DEVICE_ADDED,
	VIRT_EVENT_DEVICE_REMOVED,
	VIRT_EVENT_CLOSED, /* the connection is gone, and with it every event since */
};

struct virt_event {
	enum virt_event_kind kind;
	char *uuid;  /* NULL for VIRT_EVENT_CLOSED */
	char *alias; /* VIRT_EVENT_DEVICE_…: which */
};

void virt_event_free(struct virt_event *event);
OWN_DEFINE(virt_event)

/* Starts the process's one event loop thread, without which a connection has neither events nor
 * keepalive: before virt_open(), which does it itself for one that does not only read. */
void virt_hear(void);

/*
 * NOTIFY is called from libvirt's event thread, with an event that is then its own, until
 * virt_free() and maybe a moment longer; FREE_DATA when it is certain that there are no more.
 * Subscribe before the first reading. 0, or -1 with *err.
 */
int virt_subscribe(struct virt *virt, void (*notify)(struct virt_event *event, void *data),
		   void *data, GDestroyNotify free_data, char **err);

/* Before the connection is closed. */
void virt_unsubscribe(struct virt *virt);

/* Which sides of a domain to read again. */
enum virt_sides {
	VIRT_LIVE = 1,
	VIRT_CONFIG = 2,
	VIRT_ALL = 7, /* and whether it runs, is persistent, or has a managed save image */
};

/*
 * Reads one domain again: SIDES of it, the rest as in OLD (NULL: everything). Appends problems. 0;
 * 1 when there is no such domain (any more); -1 with *err when libvirt does not answer at all. One
 * that cannot be read is there, with `unreadable` set.
 */
int virt_read_domain(struct virt *virt, const char *uuid, unsigned int sides,
		     const struct domain *old, GPtrArray *problems, struct domain **ret_domain,
		     char **err);
