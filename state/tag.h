/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A tag: one entry of our metadata in a domain, the wish. Format 1.0; the README says what each
 * attribute means. A value; xmlutil/metadata.h reads them.
 */

#include <glib.h>
#include <stdbool.h>

#include "state/device.h"
#include "state/own.h"

#define TAG_NAMESPACE     "urn:usbreconcile:domain:1.0"
#define TAG_NAME_MAX      40
#define TAG_ALIAS_PREFIX  "ua-usbr-"
#define TAG_GROUP_LIMIT   15u
#define TAG_GROUP_DIVIDER "--" /* between a group's name and a member's port; never in a name */

enum tag_persist {
	TAG_PERSIST_KEEP, /* absent: what the config holds is kept right, nothing is added */
	TAG_PERSIST_YES,
	TAG_PERSIST_NO,
};

enum guest_reset {
	GUEST_RESET_DEFAULT,
	GUEST_RESET_OFF,
	GUEST_RESET_UNINITIALIZED,
	GUEST_RESET_ON,
};

/* A udev property that must match a glob (fnmatch). */
struct tag_match {
	char *property;
	char *value;
};

struct tag {
	char *name; /* NULL when the entry is invalid and has no usable one */
	bool group;
	GArray *ids;        /* struct usb_id: any of them; empty: not asked */
	char *serial;       /* raw bytes (\xNN resolved), or NULL */
	char *port;         /* as ID_PATH: "pci-…-usb-0:1.6" or "pci-…-usbv3-0:3", or NULL */
	char *port_sysname; /* as sysfs: "1-1.6", or NULL; never both */
	GPtrArray *matches; /* struct tag_match *: all of them */
	bool required;
	bool enabled;
	bool force;
	enum tag_persist persist;
	char *guest_port; /* "BUS:PORT" on the guest's controller, or NULL */
	enum guest_reset guest_reset;
	unsigned int limit; /* groups: how many members at most */
	unsigned int entry; /* which entry of the metadata, from 1 */
	unsigned int line;  /* in the XML that was read, 0 unknown */
	/* Why the entry is invalid, and what to write instead; NULL when it is valid. An invalid
	 * entry claims nothing, and nothing of its hostdevs is changed. */
	char *complaint;
};

struct tag *tag_new(void); /* enabled, limit TAG_GROUP_LIMIT, everything else absent */
void tag_free(struct tag *tag);
OWN_DEFINE(tag)
struct tag_match *tag_match_new(const char *property, const char *value);

/* `[A-Za-z0-9_-]{1,40}` without "--", as a name and so as part of an alias. */
bool tag_name_ok(const char *name);

/* Is it one of NAMES (char *, NULL at the end)? */
bool tag_is_among(const struct tag *tag, char *const *names);

/* A name made of TEXT, which a device may have chosen: what a name cannot have becomes one '-', and
 * it is cut to 40. A new string; empty when nothing is left. */
char *tag_name_from(const char *text);

/* Does it say which device at all: a serial, a port, ids or matches? */
bool tag_says_which(const struct tag *tag);

/* Do both ask for the same with the same words? Names and what else they say do not matter. */
bool tag_same_identity(const struct tag *a, const struct tag *b);

/* A number that is another one, but for chance, when the tag asks for anything else; what it is
 * called does not matter. Never 0. */
uint32_t tag_hash(const struct tag *tag);

/* The alias a tag's hostdev carries; for a group that of the member DEVICE. NULL for a tag without
 * a usable name, and for a group without DEVICE: no hostdev can be theirs. */
char *tag_alias(const struct tag *tag, const struct device *device);

/* The alias of a group's member at PLACE (a port, say): a new string. */
char *tag_alias_at(const struct tag *tag, const char *place);

/* Does ALIAS (may be NULL) name TAG, or for a group one of its members? */
bool tag_owns_alias(const struct tag *tag, const char *alias);

/* Does ALIAS (may be NULL) have our prefix at all? */
bool tag_alias_is_ours(const char *alias);

const char *tag_persist_name(enum tag_persist persist); /* "keep", "yes", "no" */
bool tag_persist_parse(const char *text, enum tag_persist *ret_persist);
const char *guest_reset_name(enum guest_reset reset); /* "default", "off", … */
bool guest_reset_parse(const char *text, enum guest_reset *ret_reset);

/* "0:3", "0:1.2": BUS:PORT as libvirt's <address type='usb'> has them. */
bool guest_port_ok(const char *guest_port);
