/* SPDX-License-Identifier: MIT */
#pragma once

/* What the virt*.c share, and the one header of ours that includes libvirt's: included by them
 * only. */

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdbool.h>

#include "reconciler/virt.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)

struct virt {
	virConnectPtr connection;
	char *uri;
	GMutex lock;         /* over calls and domains */
	GHashTable *calls;   /* function name -> how often */
	uint64_t calls_made; /* their sum */
	GHashTable *domains; /* UUID -> virDomainPtr: as last listed, and looked up since */
	GMutex subscribing;  /* over the two that follow */
	struct virt_removals *removals; /* NULL until the first live detach */
	int subscriptions[2];
	GArray *events;                 /* int: what virt_subscribe() registered */
	struct virt_listener *listener; /* NULL without */
	struct hands hands;
};

/* Takes the connection over. URI: as asked for, if libvirt does not know better. */
struct virt *virt_new(virConnectPtr connection, const char *uri);

/*
 * Every libvirt function that asks the daemon is called through this, so that virt_calls() is
 * complete; those that only look into the client's own memory (virDomainGetName, …ID) are not.
 */
#define CALL(virt, function, ...) (virt_count((virt), #function), function(__VA_ARGS__))
void virt_count(struct virt *virt, const char *function);

/* libvirt's last error on this thread, kept: the next libvirt call, even a cleanup, forgets it. */
struct trouble {
	int code;   /* virErrorNumber */
	int system; /* errno of a VIR_ERR_SYSTEM_ERROR, else 0; the words may be in any language */
	bool lost;  /* it was the way to libvirt that broke, not libvirt that said no */
	char *words;
};

struct trouble *trouble_take(void);
void trouble_free(struct trouble *trouble);
OWN_DEFINE(trouble)

/* A thread of this door: no signal is ever delivered to it, those are for the main program. */
GThread *virt_thread(const char *name, GThreadFunc run, void *data);

/* The process's one event loop thread; without it there is no keepalive and there are no events.
 * Must come before the connection that wants them. */
void virt_loop_start(void);

/* The domain of that UUID, from the last listing if it was there: a new reference, or NULL with
 * libvirt's error. */
virDomainPtr virt_domain(struct virt *virt, const char *uuid);

/* The next virt_domain() asks libvirt again. */
void virt_forget_domain(struct virt *virt, const char *uuid);

/* Takes over what virConnectListAllDomains() gave, for virt_domain(). */
void virt_remember_domains(struct virt *virt, virDomainPtr *domains, size_t count);

/*
 * Is this really the live XML? virDomainGetXMLDesc() without VIR_DOMAIN_XML_INACTIVE answers with
 * the config when the domain stopped a moment ago (all versions); only a running domain has an id.
 */
bool virt_xml_is_live(const char *xml);

/* One domain while it is read. */
struct reading {
	virDomainPtr handle;   /* the list's */
	struct domain *domain; /* NULL: it vanished meanwhile */
	GPtrArray *problems;
	char *lost; /* there is no libvirt any more: its words */
};

/* The XML that FLAGS ask for, a new string. NULL: it is noted, and there may be no domain any more.
 */
char *virt_reading_dump(struct virt *virt, struct reading *reading, unsigned int flags);

/* What such an XML says, into the reading's domain and problems. */
void virt_reading_config(struct reading *reading, const char *xml);
void virt_reading_live(struct reading *reading, const char *xml);

/* Everything about the domain of reading->handle. */
void virt_reading_all(struct virt *virt, struct reading *reading);

/* DEVICE_REMOVED of one alias on one domain: expect before asking for it, as it may come at once.
 */
struct virt_removal;
enum removal {
	REMOVAL_SEEN,
	REMOVAL_REFUSED, /* DEVICE_REMOVAL_FAILED: the guest would not let go */
	REMOVAL_SILENT,  /* neither came in time */
};

/* NULL with *ret_trouble when the events cannot be had. */
struct virt_removal *virt_removal_expect(struct virt *virt, const char *uuid, const char *alias,
					 struct trouble **ret_trouble);
enum removal virt_removal_wait(struct virt_removal *removal, gint64 patience_usec);
void virt_removal_free(struct virt_removal *removal);
OWN_DEFINE(virt_removal)
void virt_removal_unsubscribe(struct virt *virt);
void virt_unsubscribe(struct virt *virt);

/* Fills virt->hands. */
void virt_hands_init(struct virt *virt);
