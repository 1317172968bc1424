/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which devices came or went a moment ago. What comes with a hub comes one by one, so the first
 * that matches a tag need not be the only one. A value; it looks at no host, only at clocks.
 */

#include "state/device.h"

struct change {
	struct device *device; /* as it is, or was */
	uint64_t when;         /* microseconds, CLOCK_BOOTTIME */
};

/* For so long more may follow. */
#define CHANGES_FRESH (1 * G_USEC_PER_SEC)

/* A new, empty list of struct change * that it owns; and one more in it. */
GPtrArray *changes_new(void);
void changes_add(GPtrArray *changes, struct device *device, uint64_t when);

/* For who has not looked before: the devices that have just been enumerated. */
GPtrArray *changes_of(const GPtrArray *devices);

/* What is fresh of EARLIER, and what has come or gone since BEFORE became DEVICES, both sorted: a
 * new list. */
GPtrArray *changes_between(const GPtrArray *earlier, const GPtrArray *before,
			   const GPtrArray *devices);

/* The last of them, 0: none. */
uint64_t changes_last(const GPtrArray *changes);
