/* SPDX-License-Identifier: MIT */
#pragma once

/* Does QEMU still hold what the live XML says it holds? */

#include "state/device.h"
#include "state/domain.h"
#include "state/history.h"

/* How long after the first sign of death the second look is due: microseconds. */
#define PULSE_SECOND_LOOK (3 * G_USEC_PER_SEC)

enum pulse {
	PULSE_ALIVE,
	PULSE_LOOK_AGAIN, /* at *ret_when */
	PULSE_DEAD,
	PULSE_BEYOND_HELP, /* dead again after it was replugged */
};

/* MEMORY may be NULL. *ret_when is set for PULSE_LOOK_AGAIN alone. */
enum pulse pulse_take(const struct device *device, const struct memory *memory, uint64_t now,
		      uint64_t *ret_when);

/* Has a person or an event asked for a replug of LIVE (may be NULL), or of what is remembered as
 * MEMORY (may be NULL)? What a restore brings is remembered by the alias that it has. */
bool pulse_is_asked(const struct history *history, const struct domain *domain,
		    const struct memory *memory, const struct hostdev *live);
