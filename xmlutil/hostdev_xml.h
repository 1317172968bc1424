/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of xmlutil/ only: one <hostdev> of a domain document. */

#include <stdbool.h>

#include "state/hostdev.h"

struct _xmlNode;

bool hostdev_xml_is_usb(const struct _xmlNode *element);

/* The alias of any device, as a new string, or NULL. */
char *hostdev_xml_alias(const struct _xmlNode *device);

/* The "BUS:PORT" of any device that has one, as a new string, or NULL. */
char *hostdev_xml_guest_port(const struct _xmlNode *device);

struct hostdev *hostdev_xml_read(const struct _xmlNode *hostdev);
