/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The spellings of a physical USB port that people paste, brought to the one that a tag holds. Text
 * only: whether there is such a port is not asked here.
 */

enum port_kind {
	PORT_ID_PATH, /* "pci-0000:00:14.0-usb-0:1.6", or "…-usbv3-0:3" */
	PORT_SYSNAME, /* "1-1.6": understood, but the bus number may be another one tomorrow */
	PORT_NONE,
};

/*
 * Reads TEXT, trimmed of what belongs to an interface, a tty or a disk (":1.0", "-port0"), of /sys
 * and by-path directories, and of the revision that USB 1 and 2 ports have in
 * ID_PATH_WITH_USB_REVISION (systemd 257). *ret_port is a new string; for PORT_NONE it is NULL, and
 * *ret_why ("is a device node, not a port") and *ret_fix say what is wrong and what to write: fixed
 * texts.
 */
enum port_kind port_read(const char *text, char **ret_port, const char **ret_why,
			 const char **ret_fix);
