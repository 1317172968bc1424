/* SPDX-License-Identifier: MIT */
#pragma once

/* For xml.c: a parser that need not build a tree of what nobody wants, and knows where things are.
 */

#include <glib.h>
#include <stddef.h>

struct _xmlNode;
struct _xmlParserCtxt;
struct xml_fault;

/* What is read of an element. */
enum xml_want {
	XML_SKIP,  /* nothing */
	XML_OPEN,  /* itself, and of what is in it what is wanted of that; no text */
	XML_WHOLE, /* all of it */
};

/* An element that was read as a whole, and its bytes in the document. */
struct xml_span {
	struct _xmlNode *element;
	size_t from, to;
};

/* What a parser has at hand: its _private. */
struct xml_part {
	struct xml_fault *fault;
	/* Of a document that is read in part: */
	const char *xml;
	enum xml_want (*want)(const struct _xmlNode *parent, const char *name,
			      const char *xml_namespace);
	GArray *spans;         /* struct xml_span */
	unsigned int skipping; /* how deep it is in an element that is skipped, */
	unsigned int whole;    /* or in one that is wanted as a whole */
};

/* Before CONTEXT, whose _private is a struct xml_part, parses. */
void xml_part_watch(struct _xmlParserCtxt *context);
