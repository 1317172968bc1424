/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of xmlutil/ only: what the attributes of an entry may hold. */

#include "xmlutil/reading.h"

/* Those there are, NULL-terminated. */
const char *const *attribute_names(void);

/* Does the attribute say which device is meant, rather than what to do with it? */
bool attribute_narrows(const char *name);

/* Reads VALUES (char * -> char *) into the entry, and complains. The name is read first, so that
 * all complaints are about an entry that has it. */
void attribute_read_all(struct entry_reading *entry, GHashTable *values);

/* 1 to 4 hex digits; complains and returns false when VALUE is none. */
bool attribute_read_hex(struct entry_reading *entry, const char *name, const char *value,
			uint16_t *ret_number);
