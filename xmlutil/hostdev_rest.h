/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * For the files of xmlutil/ only: what a person set on a hostdev that we have no word for. libvirt
 * prints only what it knows, so what is there is allowed there, today and in versions to come.
 */

struct _xmlDoc;
struct _xmlNode;

/*
 * The element without what `struct hostdev` has of it (address, ids, alias, guest port,
 * startupPolicy, guestReset, missing): a new string, or NULL when nothing is left but what every
 * hostdev of ours has.
 */
char *hostdev_rest_read(const struct _xmlNode *hostdev);

/* The <hostdev> to begin with, with a <source>, and REST (may be NULL) on it, as DOC's root. */
struct _xmlNode *hostdev_rest_begin(struct _xmlDoc *doc, const char *rest);
