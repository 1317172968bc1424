/* SPDX-License-Identifier: MIT */
#pragma once

/* What time it is. How long a call may wait is counted elsewhere, by who waits. */

#include <stdint.h>

/* Microseconds on CLOCK_BOOTTIME, the clock of every deadline: a laptop or host that slept does not
 * wait the sleep out again. */
uint64_t clock_now(void);

/* Microseconds on CLOCK_MONOTONIC, which stands still while the host sleeps: udev's clock. */
uint64_t clock_awake(void);

/* Seconds since the epoch, UTC: for people and logs. */
int64_t clock_wall(void);
