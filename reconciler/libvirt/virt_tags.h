/* SPDX-License-Identifier: MIT */
#pragma once

/* Reading and writing the tags of one domain through libvirt. Part of libvirt's door (virt.h). */

#include "reconciler/libvirt/virt.h"

struct virt_tags;

/* NULL with *err: libvirt does not know the domain (any more). */
struct virt_tags *virt_tags_open(struct virt *virt, const struct domain *domain, char **err);
void virt_tags_free(struct virt_tags *tags);
OWN_DEFINE(virt_tags)

/* The hands of a side, valid as long as TAGS; NULL: the domain has no such side. */
const struct tag_hands *virt_tags_config(const struct virt_tags *tags);
const struct tag_hands *virt_tags_live(const struct virt_tags *tags);
