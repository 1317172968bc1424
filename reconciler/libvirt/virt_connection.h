/* SPDX-License-Identifier: MIT */
#pragma once

/* A connection as those behind libvirt's door see it: the one header of ours that includes
 * libvirt's, so only the virt*.c may include it. */

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdbool.h>

#include "reconciler/libvirt/virt.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)

struct virt {
	virConnectPtr connection;
	char *uri;
	unsigned long version; /* libvirtd's own, as 9001002 for 9.1.2; 0: unknown */
	GMutex lock;           /* over calls and domains */
	GHashTable *calls;     /* function name -> how often */
	uint64_t calls_made;   /* their sum */
	unsigned int calling;  /* how many are under way */
	GCond called;          /* one of them is over */
	GHashTable *domains;   /* UUID -> virDomainPtr: as last listed, and looked up since */
	GMutex subscribing;    /* over the two that follow */
	struct virt_removals *removals; /* NULL until the first live detach */
	int subscriptions[2];
	GArray *events;                 /* int: what virt_subscribe() registered */
	struct virt_listener *listener; /* NULL without */
	struct hands hands;
};

/*
 * Every libvirt function that asks the daemon is called through this, so that virt_calls() is
 * complete; those that only look into the client's own memory (virDomainGetName, …ID) are not.
 */
#define CALL(virt, function, ...)                                                                  \
	({                                                                                         \
		virt_begin_call((virt), #function);                                                \
		__typeof__(function(__VA_ARGS__)) call_result = function(__VA_ARGS__);             \
		virt_end_call(virt);                                                               \
		call_result;                                                                       \
	})
void virt_count(struct virt *virt, const char *function);

/* libvirtd serves 5 calls of one client at a time (max_client_requests) and with all of them
 * waiting does not even answer keepalive, which would end the connection: one is kept free, whoever
 * calls. Who would be the fifth waits here. */
#define VIRT_CALLS_MOST 4
void virt_begin_call(struct virt *virt, const char *function);
void virt_end_call(struct virt *virt);

/* libvirt's last error on this thread, kept: the next libvirt call, even a cleanup, forgets it. */
struct trouble {
	int code;   /* virErrorNumber */
	int system; /* errno of a VIR_ERR_SYSTEM_ERROR, else 0; the words may be in any language */
	bool lost;  /* it was the way to libvirt that broke, not libvirt that said no */
	char *words;
};

/* VIRT: the connection that the call went through, NULL: there is none yet. */
struct trouble *trouble_take(const struct virt *virt);
void trouble_free(struct trouble *trouble);
OWN_DEFINE(trouble)

/* CALLBACK is called for EVENT of every domain, with BOX (g_atomic_rc_box_new()), of which a
 * reference is taken and let go of with LET_GO. What to deregister by, or -1 with libvirt's error.
 */
int virt_register(struct virt *virt, int event, void (*callback)(void), void *box,
		  GDestroyNotify let_go);

/* A thread of this door: no signal is ever delivered to it, those are for the main program. */
GThread *virt_thread(const char *name, GThreadFunc run, void *data);

/* The domain of that UUID, from the last listing if it was there: a new reference, or NULL with
 * libvirt's error. */
virDomainPtr virt_domain(struct virt *virt, const char *uuid);

/* The next virt_domain() asks libvirt again. */
void virt_forget_domain(struct virt *virt, const char *uuid);

/* Takes over what virConnectListAllDomains() gave, for virt_domain(). */
void virt_remember_domains(struct virt *virt, virDomainPtr *domains, size_t count);
