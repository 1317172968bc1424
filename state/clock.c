/* SPDX-License-Identifier: MIT */
#include "state/clock.h"

#include <glib.h>
#include <time.h>

static uint64_t usec(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * G_USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_now(void)
{
	return usec(CLOCK_BOOTTIME);
}

uint64_t clock_awake(void)
{
	return usec(CLOCK_MONOTONIC);
}

int64_t clock_wall(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}
