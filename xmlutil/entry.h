/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of xmlutil/ only: one entry of our metadata, from XML to a tag. */

#include "state/tag.h"
#include "xmlutil/reading.h"

struct _xmlNode;

/* An entry while it is read. */
struct entry {
	const struct reading *reading;
	struct tag *tag;
	unsigned int complaints;
	bool prefix_seen; /* an attribute has our prefix, and that was said */
	bool has_vendor;
	bool has_product;
	struct usb_id id;
};

/*
 * The tag of an element below the wrapper that is not foreign: with a complaint when it is no
 * entry, or a bad one. NUMBER counts the entries, from 1.
 */
struct tag *entry_read(const struct _xmlNode *element, unsigned int number,
		       const struct reading *reading);

/* Does the element have a namespace that is not ours, in any version? Those are left alone. */
bool entry_is_foreign(const char *xml_namespace);

/* reading_complain(), but not without end. */
void entry_complain(struct entry *entry, char *why, char *fix);
