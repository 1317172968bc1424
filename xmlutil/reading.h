/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * For the files of xmlutil/ only: one reading of our metadata, and how it complains. Every WHY says
 * what is wrong, every FIX what to write instead; both are taken over.
 */

#include <glib.h>
#include <stdbool.h>

#include "state/tag.h"

struct reading {
	const char *domain;  /* its name, or NULL */
	const char *source;  /* a file's name that begins every message, or NULL */
	GPtrArray *problems; /* struct problem * */
	/* virDomainGetMetadata() takes our namespace away from the wrapper and all in it. */
	bool stripped;
};

/* The entry is invalid. The tag keeps the first complaint, the problems hold all. */
void reading_complain(const struct reading *reading, struct tag *tag, char *why, char *fix);

/* The entry is valid, but better written otherwise. */
void reading_warn(const struct reading *reading, const struct tag *tag, char *why, char *fix);

/* The wrapper, or what is around it, is wrong. */
void reading_object(const struct reading *reading, unsigned int line, char *why, char *fix);

/* The same, as a warning. */
void reading_remark(const struct reading *reading, unsigned int line, char *why, char *fix);

/* One entry while it is read. */
struct entry_reading {
	const struct reading *reading;
	struct tag *tag;
	unsigned int complaints;
	bool prefix_seen; /* an attribute has our prefix, and that was said */
	bool has_vendor;
	bool has_product;
	struct usb_id id;
};

/* reading_complain(), but not without end. */
void reading_complain_of(struct entry_reading *entry, char *why, char *fix);
