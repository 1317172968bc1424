/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "xml_result.h"

struct result result_new(void)
{
	return (struct result){
		.domain = domain_new("vm", "12345678-1234-1234-1234-123456789abc"),
		.problems = problem_list_new(),
	};
}

void result_clear(struct result *result)
{
	domain_unref(result->domain);
	g_ptr_array_unref(result->problems);
}
struct result read_document(const char *metadata)
{
	g_autofree char *xml = g_strdup_printf("<domain type='kvm'>\n<name>vm</name>\n"
					       "<metadata>\n%s\n</metadata>\n</domain>\n",
					       metadata);
	struct result result = result_new();
	char *err = NULL;

	if (domain_xml_read_config(xml, false, result.domain, result.problems, &err) != 0)
		fail_msg("%s", err);
	return result;
}

struct result read_entries(const char *entries)
{
	g_autofree char *metadata = g_strdup_printf(
		"<usb:devices xmlns:usb='urn:usbreconcile:domain:1.0' xmlns:o='urn:other'>\n%s\n"
		"</usb:devices>",
		entries);

	return read_document(metadata);
}

struct result read_wrapper(const char *xml)
{
	const char *rest = g_str_has_prefix(xml, "<devices") ? xml + strlen("<devices") : NULL;
	g_autofree char *spelled = NULL;

	if (!rest || g_str_has_prefix(rest, " xmlns="))
		return read_document(xml);
	spelled = g_strconcat("<devices xmlns='" TAG_NAMESPACE "'", rest, NULL);
	return read_document(spelled);
}

const struct tag *tag_at(const struct result *result, guint i)
{
	assert_true(i < result->domain->tags->len);
	return g_ptr_array_index(result->domain->tags, i);
}

const struct problem *problem_at(const struct result *result, guint i)
{
	assert_true(i < result->problems->len);
	return g_ptr_array_index(result->problems, i);
}

char *repeat(const char *text, unsigned int times)
{
	GString *all = g_string_new(NULL);

	while (times--)
		g_string_append(all, text);
	return g_string_free(all, FALSE);
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void append_attributes(GString *text, const xmlNode *element)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (xmlAttrPtr at = element->properties; at; at = at->next) {
		xmlChar *value = xmlNodeListGetString(element->doc, at->children, 1);

		g_ptr_array_add(lines, g_strdup_printf(" {%s}%s=%s",
						       at->ns ? (const char *)at->ns->href : "",
						       at->name, value));
		xmlFree(value);
	}
	g_ptr_array_sort(lines, compare_lines);
	for (guint i = 0; i < lines->len; i++)
		g_string_append(text, g_ptr_array_index(lines, i));
}

static void append_node(GString *text, const xmlNode *node, unsigned int depth)
{
	for (; node; node = node->next) {
		if (xmlIsBlankNode(node))
			continue;
		g_string_append_printf(text, "%*s", (int)depth, "");
		if (node->type == XML_ELEMENT_NODE) {
			g_string_append_printf(text, "{%s}%s",
					       node->ns ? (const char *)node->ns->href : "",
					       node->name);
			append_attributes(text, node);
		} else {
			g_autofree char *content = g_strdup((const char *)node->content);

			g_string_append_printf(text, "%d:%s", node->type, g_strstrip(content));
		}
		g_string_append_c(text, '\n');
		if (node->type == XML_ELEMENT_NODE)
			append_node(text, node->children, depth + 1);
	}
}

static char *canonical(xmlDocPtr doc)
{
	GString *text = g_string_new(NULL);

	append_node(text, doc->children, 0);
	xmlFreeDoc(doc);
	return g_string_free(text, FALSE);
}

static xmlDocPtr parse(const char *xml)
{
	xmlDocPtr doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL,
				      XML_PARSE_NOBLANKS | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

	assert_non_null(doc);
	return doc;
}

char *xml_result_canonical(const char *xml)
{
	return canonical(parse(xml));
}

static void strip_source(xmlNodePtr source)
{
	const char *const names[] = {"startupPolicy", "autoAddress", "missing"};
	xmlNodePtr next;

	for (unsigned int i = 0; i < G_N_ELEMENTS(names); i++)
		xmlUnsetProp(source, (const xmlChar *)names[i]);
	for (xmlNodePtr child = source->children; child; child = next) {
		next = child->next;
		if (xmlStrcmp(child->name, (const xmlChar *)"address") == 0 && !child->ns) {
			xmlUnlinkNode(child);
			xmlFreeNode(child);
		}
	}
}

static void strip_hostdevs(xmlNodePtr node)
{
	for (; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE && node->parent && !node->ns &&
		    xmlStrcmp(node->name, (const xmlChar *)"source") == 0 &&
		    xmlStrcmp(node->parent->name, (const xmlChar *)"hostdev") == 0)
			strip_source(node);
		strip_hostdevs(node->children);
	}
}

char *xml_result_without_addresses(const char *xml)
{
	xmlDocPtr doc = parse(xml);

	strip_hostdevs(doc->children);
	return canonical(doc);
}
