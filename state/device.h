/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A USB device of this host, as sysfs and udev show it at one moment. A value: it never looks at
 * the host again. devices.h makes them.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "state/own.h"

struct usb_id {
	uint16_t vendor;
	uint16_t product;
};

static inline bool usb_id_equal(struct usb_id a, struct usb_id b)
{
	return a.vendor == b.vendor && a.product == b.product;
}

/* A guest that has a device, or something of it, by other means than a hostdev. */
struct guest_use {
	char *domain; /* its name */
	char *how;    /* "disk /dev/sdb1" */
};

struct device {
	char *sysname;    /* "1-1.6"; the key within one snapshot, not across boots */
	unsigned int bus; /* 1.. , as in /dev/bus/usb/BUS/DEV */
	unsigned int dev;
	struct usb_id id;

	/* What the device says of itself: the raw bytes of sysfs, without NUL, NULL when absent or
	 * empty. Anything may be in them. */
	char *untrusted_serial;
	char *untrusted_manufacturer;
	char *untrusted_product;

	char *id_path; /* udev's ID_PATH, or NULL */
	/*
	 * The physical port, one spelling a port: the ID_PATH of the USB 2 port, also for a device
	 * in its USB 3 companion; "…-usbv3-0:3" for a USB 3 port that has no companion. NULL when
	 * udev gave no ID_PATH.
	 */
	char *port;
	char *port_v3; /* the "…-usbv3-…" spelling when the device is on a USB 3 bus, else NULL */
	char *companion; /* the peer port as a sysname ("2-3"), or NULL */
	char *remote;    /* imported over USB/IP: where it is plugged in ("1-1.6 of stickhost"), or
			    NULL */

	unsigned int speed; /* Mbit/s, rounded down (1 for low speed); 0 unknown */
	bool hub;           /* hubs and root hubs: never passed through */
	bool authorized;
	/* A driver of the host's, neither "usbfs" nor none, bound to one of the interfaces, or
	 * NULL. While QEMU holds a device there is none. */
	char *driver;
	/* A program holds an interface of it through usbfs. QEMU is one, so this says nothing while
	 * a hostdev has the device. */
	bool claimed;
	/* How the host uses it ("/dev/sda1 is mounted on /mnt"), or NULL. */
	char *in_use;
	GPtrArray *guest_uses; /* struct guest_use *: guests that have it past us */
	/*
	 * When udev finished this enumeration (USEC_INITIALIZED: microseconds, CLOCK_MONOTONIC). A
	 * device that was away, even if it is back under the same numbers, has another one.
	 */
	uint64_t incarnation;
	GHashTable *properties; /* udev's: char * -> char *; untrusted values */
	gint references;        /* lists of different moments share what has not changed */
};

struct device *device_new(void); /* authorized, everything else absent */
/* Drops one reference; references may be held by several threads, once nothing changes it any more.
 */
void device_free(struct device *device);
OWN_DEFINE(device)
struct device *device_ref(struct device *device);
/* A new, empty list of struct device * that it owns. */
GPtrArray *device_list_new(void);

/* The one with this name in a list of them, or NULL. *ret_at (may be NULL): where it stands. */
struct device *device_list_find(const GPtrArray *devices, const char *sysname, guint *ret_at);

void device_add_guest_use(struct device *device, const char *domain, const char *how);

/* The value of a udev property, or NULL. */
const char *device_property(const struct device *device, const char *name);

/* What it calls itself, else what udev's database calls it: untrusted, or NULL. */
const char *device_untrusted_name(const struct device *device);

/* Does a udev rule of the host's (USBRECONCILE_IGNORE=1) keep it out of every guest? */
bool device_is_ignored(const struct device *device);

/* The sysname of the hub it is plugged into ("1-1" for "1-1.6", "usb1" for "1-1"): a new string, or
 * NULL for a root hub. */
char *device_parent(const struct device *device);

/* Does the host or a guest past its hostdevs have it? */
bool device_is_used(const struct device *device);

/* Do both say the same of themselves? */
bool device_same_itself(const struct device *a, const struct device *b);
/* … and is the same said of who uses them? */
bool device_same(const struct device *a, const struct device *b);

/* By port, then sysname: the order in which devices are shown and decided. */
int device_compare(const struct device *a, const struct device *b);
void device_sort(GPtrArray *devices);
