/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The world at one moment: this host's USB devices and libvirt's domains. It owns everything in it;
 * plans point into it. Read-only once built.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "state/changes.h"
#include "state/device.h"
#include "state/device_index.h"
#include "state/domain.h"
#include "state/problem.h"
#include "state/report.h"
#include "state/own.h"

struct snapshot {
	char *host;   /* host name */
	char *uri;    /* libvirt's canonical URI */
	int64_t time; /* when it was read: seconds since the epoch, UTC */
	uint64_t now; /* the same moment: microseconds, CLOCK_BOOTTIME */
	/* The whole host is going down in good order: what must not survive a boot under an old
	 * number comes out of the persistent configs, and nothing else is done. */
	bool leaving;
	GPtrArray *devices; /* struct device *, sorted by device_compare() */
	GPtrArray *changes; /* struct change *: which devices came or went a moment ago */
	/* Of the devices, for as long as a plan is made of them; NULL: none. Not owned. */
	struct device_index *index;
	GPtrArray *domains;    /* struct domain *, sorted by name */
	GPtrArray *problems;   /* struct problem * */
	struct report *daemon; /* of the daemon that runs on this host, or NULL */
};

struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot);
OWN_DEFINE(snapshot)

/* The same moment again, sharing its lists. */
struct snapshot *snapshot_share(const struct snapshot *snapshot);

/* Here and now, and what libvirt's URI is (NULL: none was asked). */
void snapshot_stamp(struct snapshot *snapshot, const char *uri);

/* Puts devices and domains into their order. */
void snapshot_sort(struct snapshot *snapshot);

/* The device at this address, or NULL. */
const struct device *snapshot_device_at(const struct snapshot *snapshot, unsigned int bus,
					unsigned int dev);

/* The device of that sysname, or NULL. */
const struct device *snapshot_find_device(const struct snapshot *snapshot, const char *sysname);

/* The domain of that name, else of that UUID, else of that number; or NULL. */
const struct domain *snapshot_find_domain(const struct snapshot *snapshot, const char *word);
