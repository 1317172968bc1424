/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * For the files of xmlutil/ only: the shape that virDomainSetMetadata() wants our element in. It
 * adds xmlns:KEY to the outermost element, fails when that has one ("failed to create a new XML
 * namespace"), and puts our namespace on every element that has none, however deep (seen on 9.0.0).
 */

#include <stdbool.h>

struct _xmlDoc;
struct _xmlNode;

/*
 * Takes declarations of our namespace from the outermost element that nothing uses: they are what
 * an earlier KEY has left there.
 */
void metadata_set_tidy(struct _xmlNode *wrapper);

/* The first element below that has no namespace, into which libvirt would put ours, or NULL. */
const struct _xmlNode *metadata_set_obstacle(const struct _xmlNode *wrapper);

/* The text for libvirt, which changes DOC; *ret_key is the prefix to give with it. New strings. */
char *metadata_set_write(struct _xmlDoc *doc, char **ret_key);

/* NODE as text; INDENTED: as libvirt would in a domain document, if it has no text in it. */
char *metadata_set_dump(struct _xmlNode *node, bool indented);
