/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of xmlutil/ only: one entry of our metadata, from XML to a tag. */

#include "state/tag.h"
#include "xmlutil/reading.h"

struct _xmlNode;

/*
 * The tag of an element below the wrapper that is not foreign: with a complaint when it is no
 * entry, or a bad one. NUMBER counts the entries, from 1.
 */
struct tag *entry_read(const struct _xmlNode *element, unsigned int number,
		       const struct reading *reading);

/* Does the element have a namespace that is not ours, in any version? Those are left alone. */
bool entry_is_foreign(const char *xml_namespace);

/* ELEMENT, or the first after it that is not foreign; NULL: there is none. */
struct _xmlNode *entry_skip_foreign(struct _xmlNode *element);
