/* SPDX-License-Identifier: MIT */
#pragma once

/* Writing tags through libvirt. Part of libvirt's door (reconciler/virt.h). */

#include "reconciler/edit.h"
#include "reconciler/virt.h"

/*
 * Changes the tags of a domain (reconciler/edit.h): in its config, and then the running domain's
 * own copy is made the same; of a transient domain there is only that. WRITE false: only looks
 * whether it can be done. *ret_edit as edit_side(). On anything but EDIT_DONE *err says why.
 * EDIT_DONE with *err: only the running domain's copy, which nothing but a migration or a snapshot
 * goes by, could not be written.
 */
enum edit_reply virt_edit_tags(struct virt *virt, const struct domain *domain,
			       const GPtrArray *changes, bool write,
			       struct metadata_edit **ret_edit, char **err);
