/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Names of physical USB ports. One socket has two ports, one on the USB 2 bus and one on the USB 3
 * bus, which need not have the same number; udev's ID_PATH tells neither which of the two it means
 * nor that they belong together. Here each socket gets one name. SYSPATH: /sys/devices/…/2-3.1.
 */

#include <glib.h>
#include <stdbool.h>

/* "/sys/devices/…/usb2": the root hub of the device's bus, a new string. */
char *devices_port_root(const char *syspath);

/* Does a root hub of that SPEED (Mbit/s) make a USB 3 bus? */
bool devices_port_is_usb3(unsigned int speed);

/*
 * The other port of the device's socket as a sysname ("1-5", "1-3.2"), a new string, or NULL. The
 * kernel pairs them (sysfs: port/peer), only within one controller.
 */
char *devices_port_companion(const char *syspath);

/* The canonical name of the socket of a device on a USB 3 bus, as struct device has it; a new
 * string. COMPANION: as above. On a USB 2 bus it is ID_PATH. */
char *devices_port_canonical(const char *syspath, const char *id_path, const char *companion);

/* The "-usbv3-" spelling of ID_PATH, a new string; NULL when it names no port. */
char *devices_port_v3(const char *id_path);
