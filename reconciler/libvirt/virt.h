/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The door to libvirt: a connection, reading domains, and the hands that act on them. Nothing
 * outside virt*.c includes libvirt's headers. Calls may come from several threads.
 */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "reconciler/libvirt/hands.h"
#include "state/domain.h"

struct virt;

enum virt_open_reply {
	VIRT_OPEN_DONE,
	VIRT_OPEN_UNREACHABLE, /* no daemon answered within the deadline */
	VIRT_OPEN_NO_ACCESS,   /* the daemon is there, but not for this user */
	VIRT_OPEN_REMOTE,      /* another host's URI: its USB devices are not ours to see */
};

/*
 * URI: NULL for LIBVIRT_DEFAULT_URI, else qemu:///system. Waits 10 s at most (virConnectOpen itself
 * can hang). On anything but VIRT_OPEN_DONE *err says what happened.
 */
enum virt_open_reply virt_open(const char *uri, bool read_only, struct virt **ret_virt, char **err);

/* What a person can do about that; NULL for VIRT_OPEN_DONE. */
const char *virt_open_hint(const char *uri, enum virt_open_reply reply);

/* What URI means: with NULL what the environment says, or our default. */
const char *virt_wanted_uri(const char *uri);

/* Whether that is a user's own libvirt (qemu:///session) and not the host's. URI as for
 * virt_open(). */
bool virt_is_session(const char *uri);

void virt_free(struct virt *virt);
OWN_DEFINE(virt)

const char *virt_uri(const struct virt *virt);

/*
 * All domains, running or not: a new GPtrArray of struct domain *, sorted by name. A domain that
 * cannot be read is there, with `unreadable` set, and costs nobody else anything; one that vanished
 * meanwhile is not. Those SPARED (UUID -> struct domain *; NULL: none) are taken as they are known,
 * without another call, as long as libvirt's list says that they run, or are off, as they did.
 * Problems are appended. 0, or -1 with *err when libvirt does not answer at all.
 */
int virt_read_domains(struct virt *virt, GHashTable *spared, GPtrArray *problems,
		      GPtrArray **ret_domains, char **err);

/* The hands that act through this connection; valid as long as it. */
const struct hands *virt_hands(struct virt *virt);

/* How often each libvirt function was called, "virDomainGetXMLDesc" -> GUINT_TO_POINTER(n): a new
 * table. */
GHashTable *virt_calls(struct virt *virt);

/* The same for people, "3 calls to libvirt: 1 virConnectOpenAuth, …": a new string. */
char *virt_describe_calls(struct virt *virt);

/* How many that are. */
uint64_t virt_count_calls(struct virt *virt);
