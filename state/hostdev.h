/* SPDX-License-Identifier: MIT */
#pragma once

/* A USB <hostdev> of a domain as its XML has it, the fact. A value; xmlutil/domain_xml.h reads
 * them. */

#include <glib.h>
#include <stdbool.h>

#include "state/device.h"
#include "state/tag.h"
#include "state/own.h"

struct hostdev {
	char *alias; /* ours, somebody's, libvirt's "hostdev0" (live only), or NULL */
	bool has_address;
	unsigned int bus; /* of the host; 0 without address */
	unsigned int dev;
	bool has_id;
	struct usb_id id;
	bool missing; /* libvirt says missing='yes' (live only, lost when libvirtd restarts) */
	char *startup_policy; /* "optional", "requisite", "mandatory", or NULL */
	char *guest_port;     /* "BUS:PORT", or NULL */
	enum guest_reset guest_reset;
	/*
	 * What libvirt has in the element besides all this (a boot order, say): the element itself
	 * without it, as XML. NULL: nothing. A hostdev that is replaced keeps it.
	 */
	char *rest;
};

struct hostdev *hostdev_new(void);
void hostdev_free(struct hostdev *hostdev);
OWN_DEFINE(hostdev)

/* Same host address? False when the hostdev has none. */
bool hostdev_at(const struct hostdev *hostdev, unsigned int bus, unsigned int dev);

/*
 * Does the hostdev, by everything it says (address, and ids if it has any), mean this device? One
 * that is missing or has no address means none.
 */
bool hostdev_is(const struct hostdev *hostdev, const struct device *device);
