/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Changing our metadata: text in, text out. Whatever a change does not name stays as it was:
 * foreign elements and attributes, comments, entries that are invalid, their order and their
 * prefixes. Nothing here asks libvirt.
 */

#include <glib.h>
#include <stdbool.h>

#include "state/own.h"
#include "state/tag.h"

enum metadata_change_kind {
	METADATA_ADD,     /* an entry for a device, at the end; none if the same is there */
	METADATA_REMOVE,  /* all entries of that name, or all there are; none is none */
	METADATA_ENABLE,  /* the valid entry of that name, which must be there */
	METADATA_DISABLE, /* the same */
};

struct metadata_change {
	enum metadata_change_kind kind;
	const struct tag *tag; /* METADATA_ADD: name, at most one id, serial, port and persist */
	const char *name;      /* the others: whose; NULL: every entry (METADATA_REMOVE) */
};

struct metadata_edit {
	bool changed;
	char *xml; /* our element as the domain has it then, indented as there; NULL: there is none
		    */
	/*
	 * What virDomainSetMetadata() must be given for that, with KEY as the prefix: NULL to take
	 * it out. It adds a declaration of KEY to the outermost element, refuses text that has one
	 * already, and puts our namespace on every element in it that has none (libvirt 9.0.0).
	 */
	char *set;
	char *key;
};

void metadata_edit_free(struct metadata_edit *edit);
OWN_DEFINE(metadata_edit)

/*
 * DOMAIN_XML: a whole domain document, as libvirt gives it. CHANGES (struct metadata_change *) are
 * done one after the other, all or none. 0; or -1 with *err when our element is not understood,
 * when it would not be any more (too many entries), when a name is taken by something else or not
 * there, or when libvirt cannot be given the rest of it unchanged.
 */
int metadata_edit(const char *domain_xml, const GPtrArray *changes, struct metadata_edit **ret_edit,
		  char **err);
