/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Small reads below one sysfs directory, byte for byte: libudev trims what devices say of
 * themselves. Never writes. Only the devices*.c files need it.
 */

#include <glib.h>

/* One page, as the kernel gives for an attribute. */
#define SYSFS_TEXT_MAX 4096

/*
 * The attribute without its last newline, a new string, NULL when empty; untrusted. 0, 1 when it
 * (or its device) is not there, or -1 with *err.
 */
int sysfs_read(const char *directory, const char *attribute, char **ret_text, char **err);

/*
 * A directory to read in, -1 when it is not there. What is read through it is of this one device,
 * whoever takes its name meanwhile: once it is gone, nothing is found there any more.
 */
int sysfs_open(const char *directory);

/* As sysfs_read(), in the directory DIR. */
int sysfs_read_at(int dir, const char *attribute, char **ret_text, char **err);

/* A whole file, of any length; NULL when empty. As sysfs_read(). */
int sysfs_read_file(const char *path, char **ret_text, char **err);

/* The last part of where a link points, a new string; NULL when there is no such link. */
char *sysfs_read_link(const char *directory, const char *link);

/* As sysfs_read_link(), in the directory DIR. */
char *sysfs_read_link_at(int dir, const char *link);

/* Where LINK leads if that is a device ("../../devices/…"): "/sys/devices/…", a new string; NULL.
 */
char *sysfs_device(const char *link);

/* The same if it is a USB device, or anything below one. */
char *sysfs_usb_device(const char *link);

/* Where those links in DIRECTORY lead that do so: a new list of char * that it owns. */
GPtrArray *sysfs_usb_devices(const char *directory);

/* The names in the directory that begin with PREFIX, sorted; empty when it is not there. */
GPtrArray *sysfs_list(const char *directory, const char *prefix);
