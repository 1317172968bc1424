/* SPDX-License-Identifier: MIT */
#pragma once

/* What tests of metadata share: one reading of a document, and all that came of it. */

#include "xmlutil/domain_xml.h"
#include "xmlutil/metadata.h"

struct result {
	struct domain *domain; /* "vm" */
	GPtrArray *problems;
};

struct result result_new(void);
void result_clear(struct result *result);
#define RESULT __attribute__((cleanup(result_clear))) struct result

/* METADATA: what <metadata> of a domain document holds; it stands in line 4. */
struct result read_document(const char *metadata);

/* ENTRIES of a wrapper in that; they stand from line 5 on. */
struct result read_entries(const char *entries);

/* The wrapper alone; one without namespace gets ours, as virDomainSetMetadata() does it. */
struct result read_wrapper(const char *xml);

/* They fail the test when there is none. */
const struct tag *tag_at(const struct result *result, guint i);
const struct problem *problem_at(const struct result *result, guint i);

/* TEXT, TIMES times: a new string. */
char *repeat(const char *text, unsigned int times);

/*
 * XML as a line for each element, attribute (sorted) and comment, with namespaces in the place of
 * prefixes, without blanks and declarations: a new string.
 */
char *xml_result_canonical(const char *xml);

/* The same without what says where a hostdev is on the host. */
char *xml_result_without_addresses(const char *xml);
