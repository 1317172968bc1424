/* SPDX-License-Identifier: MIT */
#pragma once

/* Which devices a tag means, and how narrowly it asks. */

#include "state/device.h"
#include "state/snapshot.h"
#include "state/tag.h"

/* How narrowly a tag asks, the narrowest first: who asks more narrowly is served first. */
enum specificity {
	SPECIFICITY_SERIAL_PORT,
	SPECIFICITY_SERIAL,
	SPECIFICITY_PORT,
	SPECIFICITY_IDS,
	SPECIFICITY_MATCH,
	SPECIFICITY_GROUP,
};

enum specificity match_specificity(const struct tag *tag);

/* Is that one of the ids it asks for, if it asks for any? */
bool match_id(const struct tag *tag, struct usb_id id);

/* Does the tag match the device, hub or not, taking udev's spelling of a serial for the serial? */
bool match_device(const struct tag *tag, const struct device *device);

/*
 * A tag with neither serial nor port means "the only one that matches"; while such devices come or
 * go, that may be the first of two. When it need not wait for that any more, as snapshot.now; 0: it
 * never had to.
 */
uint64_t match_still_at(const struct tag *tag, const GPtrArray *changes);

/*
 * All devices that the tag matches, in the snapshot's order; NEVER: only those that are never
 * passed through (hubs, and what the host's rules keep), else only the others. A new GPtrArray of
 * const struct device *. A serial that some device has to the byte is not taken as udev's spelling
 * of another's.
 */
GPtrArray *match_devices(const struct tag *tag, const struct snapshot *snapshot, bool never);

/* The only device of the host with that id, or NULL when there is none or more than one. */
const struct device *match_only_with_id(const struct snapshot *snapshot, struct usb_id id);
