/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of this wing only: one domain while it is read. */

#include "reconciler/libvirt/virt_connection.h"

/*
 * Is this really the live XML? virDomainGetXMLDesc() without VIR_DOMAIN_XML_INACTIVE answers with
 * the config when the domain stopped a moment ago (all versions); only a running domain has an id.
 */
bool virt_xml_is_live(const char *xml);

/* One domain while it is read. */
struct virt_reading {
	virDomainPtr handle;   /* the list's */
	struct domain *domain; /* NULL: it vanished meanwhile */
	GPtrArray *problems;
	bool awake;   /* it is known not to be paused, */
	bool unsaved; /* … and to have no managed save image */
	char *lost;   /* there is no libvirt any more: its words */
};

/* The XML that FLAGS ask for, a new string. NULL: it is noted, and there may be no domain any more.
 */
char *virt_reading_dump(struct virt *virt, struct virt_reading *reading, unsigned int flags);

/*
 * Would a dump wait for a QEMU that does not answer? That is told at once, and noted. Nobody waits
 * for a guest that hangs then: a few of them would take all the calls that a connection has, and a
 * few more all that libvirtd serves.
 */
bool virt_reading_is_held(struct virt *virt, struct virt_reading *reading);

/* What such an XML says, into the reading's domain and problems. */
void virt_reading_config(struct virt *virt, struct virt_reading *reading, const char *xml);
void virt_reading_live(struct virt_reading *reading, const char *xml);

/* Everything about the domain of reading->handle. */
void virt_reading_all(struct virt *virt, struct virt_reading *reading);
