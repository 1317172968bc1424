/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A host made of words: "this stick is plugged in there". Over umockdev, so run under its wrapper.
 * What it lacks: udev's database. A device is one that udev has finished unless it says otherwise.
 */

#include <stdbool.h>
#include <stdint.h>

struct mock_usb;

/* A device; what is NULL or 0 it does not have. */
struct mock_device {
	const char *sysname; /* "1-1.6": it is below "1-1", below "usb1" */
	const char *id;      /* "0403:6001" */
	unsigned int dev;
	const char *serial; /* bytes, without the newline the kernel adds */
	const char *manufacturer;
	const char *product;
	const char *id_path;
	const char *speed; /* "480" unless it says otherwise */
	uint64_t usec_initialized;
	bool hub;
	bool unauthorized;
	bool unfinished; /* udev has not finished it; has a node then */
};

struct mock_usb *mock_usb_new(void);
void mock_usb_free(struct mock_usb *mock);

/* A root hub on the one controller, pci-0000:00:14.0. SPEED: "480", "5000"… */
void mock_usb_bus(struct mock_usb *mock, unsigned int bus, const char *speed);

void mock_usb_plug(struct mock_usb *mock, const struct mock_device *device);
void mock_usb_unplug(struct mock_usb *mock, const char *sysname);

/* An event of a device: "add", "change". Plugging makes one when the device is not yet complete;
 * who lets others listen says "add" again. */
void mock_usb_event(struct mock_usb *mock, const char *sysname, const char *action);

/* Gives a plugged device its port, and that port a peer ("1-5", "1-3.2", NULL: none). */
void mock_usb_port(struct mock_usb *mock, const char *sysname, const char *peer);

/* An interface of a device, "1-1.6:1.0". DRIVER: NULL none. */
void mock_usb_interface(struct mock_usb *mock, const char *name, const char *driver);

/* A disk of a device, with its node; udev says of it what ID_FS_TYPE and ID_FS_LABEL are (NULL:
 * nothing). */
void mock_usb_block(struct mock_usb *mock, const char *sysname, const char *name, const char *type,
		    const char *label);

/* Writes or takes away one attribute; BYTES as sysfs would show them. */
void mock_usb_set(struct mock_usb *mock, const char *sysname, const char *attribute,
		  const char *bytes);
void mock_usb_lose(struct mock_usb *mock, const char *sysname, const char *attribute);

/* Changes a property of udev's. */
void mock_usb_property(struct mock_usb *mock, const char *sysname, const char *name,
		       const char *value);

/* A file below the fake root ("dev/sda1", "sys/class/…"); TEXT NULL: an empty directory. */
void mock_usb_file(struct mock_usb *mock, const char *path, const char *text);
void mock_usb_lose_file(struct mock_usb *mock, const char *path);
void mock_usb_link(struct mock_usb *mock, const char *path, const char *target);

/* "/sys/devices/…/1-1.6": a new string. */
char *mock_usb_syspath(const char *sysname);
