/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Our metadata, format 1.0: its bounds, and whether it is well written. domain_xml.h reads it into
 * tags: a bad entry becomes an invalid tag and a problem that says where it is and what to write
 * instead; it never stops other entries. libxml2 stays inside xmlutil/.
 */

#include <glib.h>

#include "state/problem.h"

#define METADATA_MAX_BYTES   (64 * 1024)
#define METADATA_MAX_DEPTH   16
#define METADATA_MAX_ENTRIES 64

/*
 * `validate FILE`: a whole domain document, or the wrapper alone. Beside the entries it finds what
 * libvirt would lose without a word: an undeclared prefix, our elements without namespace, a second
 * wrapper or <metadata>, another version of our namespace. Returns the number of problems appended
 * that are critical; *ret_tags counts the valid entries.
 */
unsigned int metadata_validate(const char *xml, size_t length, const char *source,
			       GPtrArray *problems, unsigned int *ret_tags);
