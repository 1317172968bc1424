/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Names of physical USB ports. One socket has two ports, one on the USB 2 bus and one on the USB 3
 * bus, which need not have the same number; udev's ID_PATH tells neither which of the two it means
 * nor that they belong together. Here each socket gets one name. SYSPATH: /sys/devices/…/2-3.1.
 */

#include <glib.h>
#include <stdbool.h>

/* Is the device on a USB 3 bus? */
bool devices_port_on_usb3(const char *syspath);

/*
 * The other port of the device's socket as a sysname ("1-5", "1-3.2"), a new string, or NULL. The
 * kernel pairs them (sysfs: port/peer), only within one controller.
 */
char *devices_port_companion(const char *syspath);

/* The canonical name of the device's socket, as struct device has it; a new string. */
char *devices_port_canonical(const char *syspath, const char *id_path);

/* The "-usbv3-" spelling of ID_PATH, a new string; NULL when it names no port. */
char *devices_port_v3(const char *id_path);
