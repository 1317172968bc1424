/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * For the files of xmlutil/ only: what they all need of libxml2. Every parse here is bounded, reads
 * neither network nor files, expands no entity, prints nothing and touches no global of libxml2, so
 * that several threads may parse at once. libxml2's types are only named here, never included.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "xmlutil/xml_part.h"

struct _xmlAttr;
struct _xmlDoc;
struct _xmlNode;

/* No domain is bigger: libvirt's own protocol carries no longer string (REMOTE_STRING_MAX). */
#define XML_MAX_BYTES ((size_t)4 * 1024 * 1024)

enum xml_strictness {
	XML_STRICT,  /* well-formed or nothing */
	XML_LENIENT, /* whatever is still found in a damaged document */
};

/* Where and why a document could not be parsed. */
struct xml_fault {
	unsigned int line; /* 0 unknown */
	char *message;     /* NULL: no fault */
};

void xml_free(struct _xmlDoc *doc);
static inline void xml_free_at(struct _xmlDoc **at)
{
	if (*at)
		xml_free(*at);
}
#define OWN_XML __attribute__((cleanup(xml_free_at))) struct _xmlDoc *

/*
 * Parses LENGTH bytes. NULL when they are no document (or, lenient, hold no element at all); then
 * ret_fault->message says why, for the caller to free. A document type declaration is a fault in
 * either way of reading: libvirt writes none, and it is what makes entity bombs. RET_FAULT may be
 * NULL.
 */
struct _xmlDoc *xml_parse(const char *xml, size_t length, enum xml_strictness strictness,
			  struct xml_fault *ret_fault);

/*
 * As xml_parse(XML_STRICT) of a string, but it keeps only what WANT says, asked about the root
 * (then PARENT is NULL) and about what is in elements that are open: a document can be large, and
 * what concerns us in it is small. *ret_spans: a new array of struct xml_span, in their order.
 */
struct _xmlDoc *xml_parse_part(const char *xml,
			       enum xml_want (*want)(const struct _xmlNode *parent,
						     const char *name, const char *xml_namespace),
			       GArray **ret_spans, struct xml_fault *ret_fault);

/* "line 12: Entity 'x' not defined", freeing the fault's message. */
char *xml_fault_sentence(struct xml_fault *fault);

struct _xmlNode *xml_root(struct _xmlDoc *doc);

/* Elements only. NULL when there is no (further) one. */
struct _xmlNode *xml_first(const struct _xmlNode *parent);
struct _xmlNode *xml_next(const struct _xmlNode *element);
/* The element around this one, which must not be the root. */
const struct _xmlNode *xml_parent(const struct _xmlNode *element);

/*
 * The name without its prefix. libxml2 leaves an undeclared prefix in the name ("usb:devices"),
 * without calling the document damaged: that is how libvirt comes to lose it.
 */
const char *xml_name(const struct _xmlNode *node);
/* "<name>", cut short for a sentence: a new string. */
char *xml_tag(const struct _xmlNode *element);
/* The namespace URI and its prefix, or NULL. */
const char *xml_namespace(const struct _xmlNode *node);
const char *xml_prefix(const struct _xmlNode *node);
/* Where its start tag ends; 0 unknown. */
unsigned int xml_line(const struct _xmlNode *node);

/* Text between the elements that is not blank, stripped, as a new string, or NULL: before the first
 * child, and from an element to the next. */
char *xml_text_before_first(const struct _xmlNode *parent);
char *xml_text_after(const struct _xmlNode *element);

/* All attributes; namespace declarations are none. */
struct _xmlAttr *xml_attr_first(const struct _xmlNode *node);
struct _xmlAttr *xml_attr_next(const struct _xmlAttr *attr);
const char *xml_attr_name(const struct _xmlAttr *attr);
const char *xml_attr_namespace(const struct _xmlAttr *attr);
char *xml_attr_value(const struct _xmlAttr *attr); /* a new string */

/* Is it an element of that name, without a namespace? libvirt's own are. */
bool xml_is(const struct _xmlNode *node, const char *name);

/* The first child element of that name, without a namespace, or NULL. PARENT may be NULL. */
struct _xmlNode *xml_child(const struct _xmlNode *parent, const char *name);

/* The text of such a child, as a new string, or NULL. */
char *xml_child_text(const struct _xmlNode *parent, const char *name);

/* The value of an attribute without a namespace, as a new string, or NULL. NODE may be NULL. */
char *xml_attribute(const struct _xmlNode *node, const char *name);

/* Gives it that value; out of memory aborts. */
void xml_set(struct _xmlNode *node, const char *name, const char *value);

/* Takes it out of its document. NODE may be NULL. */
void xml_drop(struct _xmlNode *node);

/* The node as text, with its elements on lines of their own if INDENTED: a new string. */
char *xml_dump(struct _xmlNode *node, bool indented);

/* Elements below NODE, how deep: 1 when it has none. */
unsigned int xml_depth(const struct _xmlNode *node);
