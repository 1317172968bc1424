/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of xmlutil/ only: the one element of ours in a domain's <metadata>. */

#include <stdbool.h>

#include "state/domain.h"
#include "xmlutil/reading.h"

struct _xmlNode;

#define WRAPPER_NAME "devices"

/* Our namespace, in a version that this program does not read? */
bool wrapper_is_other_version(const char *xml_namespace);

/* Complains about an element in such a namespace. */
void wrapper_object_version(const struct _xmlNode *element, const struct reading *reading);

/* The first child of <metadata> in our namespace, which is the one that libvirt keeps, or NULL. */
struct _xmlNode *wrapper_find(const struct _xmlNode *metadata);

/* The same in another version of our namespace. */
struct _xmlNode *wrapper_other(const struct _xmlNode *metadata);

/* Reads such an element: fills domain->tags and domain->metadata. False when the element itself is
 * not understood, and not only entries in it. */
bool wrapper_read(struct _xmlNode *wrapper, const struct reading *reading, struct domain *domain);

/*
 * The same for the root of a domain document. Beside a wrapper in our version, one in another
 * version is somebody else's; alone, it is a wish that this program cannot read.
 */
void wrapper_read_domain(const struct _xmlNode *root, const struct reading *reading,
			 struct domain *domain);
