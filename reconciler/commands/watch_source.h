/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where `status --watch` hears of changes when no daemon tells it: udev and libvirt. An event says
 * only that something may have changed.
 */

#include "reconciler/libvirt/virt.h"
#include "state/own.h"

struct watch_source;

/*
 * Subscribes; from now on HEARD is called on the default main context after events, a moment later,
 * as they come in crowds; LOST once, when the connection to libvirt is gone. 0, or -1 with *err.
 */
int watch_source_new(struct virt *virt, void (*heard)(void *data), void (*lost)(void *data),
		     void *data, struct watch_source **ret_source, char **err);
/* Before VIRT is. */
void watch_source_free(struct watch_source *source);
OWN_DEFINE(watch_source)
