/* SPDX-License-Identifier: MIT */
#pragma once

/* The DEVICE of a command line: every way in which people write which one they mean. */

#include "state/snapshot.h"

/*
 * TEXT: a sysname ("1-1.6"), an ID_PATH, ids ("0403:6001"), "serial=...", any /dev or /sys path of
 * the device or of something on it, or what `devices` shows as BUS:DEV. *ret_device is the one it
 * means, perhaps a hub. 0, or -1 with *err, and *ret_hint saying what there is instead.
 */
int pick_device(const struct snapshot *snapshot, const char *text, const struct device **ret_device,
		char **ret_hint, char **err);
