/* SPDX-License-Identifier: MIT */
#pragma once

/* Devices of other hosts, imported over USB/IP. For devices_read.c and tests only. */

/*
 * Where such a device is plugged in: "1-1.6 of stickhost" by the record that usbip keeps (root's,
 * unless somebody made it readable), else "bus 1 device 4 of another host" by what the kernel
 * knows. A new string, NULL for a device of this host.
 */
char *devices_remote(const char *sysname, const char *syspath);
