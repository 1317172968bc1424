/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which of a list of devices may be meant, without looking at all of them: by serial, port, ids and
 * address. It narrows and never decides: what it finds is asked again. Each of its tables is made
 * when it has been asked for often enough to be worth it, so that a plan for one domain costs no
 * more than it has to. For one thread, and as long as neither the list nor a device changes.
 */

#include <glib.h>

#include "state/device.h"
#include "state/own.h"
#include "state/tag.h"

struct device_index;

/* DEVICES, sorted by device_compare(), must outlive it. */
struct device_index *device_index_new(const GPtrArray *devices);
void device_index_free(struct device_index *index);
OWN_DEFINE(device_index)

/* After so many questions of one kind there is a table for them. */
#define DEVICE_INDEX_PATIENCE 8

/* All that TAG can match, and maybe others, in the list's order: a reference to a GPtrArray of
 * const struct device *, which is not to be changed. */
GPtrArray *device_index_for_tag(struct device_index *index, const struct tag *tag);

/* The same for all that have ID. */
GPtrArray *device_index_for_id(struct device_index *index, struct usb_id id);

/* The first device at that address, or NULL. */
const struct device *device_index_at(struct device_index *index, unsigned int bus,
				     unsigned int dev);
