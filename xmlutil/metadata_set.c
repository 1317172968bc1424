/* SPDX-License-Identifier: MIT */
#include "xmlutil/metadata_set.h"

#include <libxml/tree.h>
#include <libxml/xmlIO.h>
#include <libxml/xmlsave.h>
#include <string.h>

#include "state/tag.h"
#include "xmlutil/xml.h"

#define KEY "usb"

/* The next node in document order at or below ROOT, NULL at the end. */
static xmlNodePtr walk(const xmlNode *root, const xmlNode *node)
{
	if (node->type == XML_ELEMENT_NODE && node->children)
		return node->children;
	while (node != root && !node->next)
		node = node->parent;
	return node == root ? NULL : node->next;
}

static bool is_ours(const xmlNs *ns)
{
	return g_strcmp0((const char *)ns->href, TAG_NAMESPACE) == 0;
}

static bool has_attribute_in(const xmlNode *element, const xmlNs *ns)
{
	const xmlAttr *attribute = element->properties;

	while (attribute && attribute->ns != ns)
		attribute = attribute->next;
	return attribute != NULL;
}

static bool is_used(const xmlNode *wrapper, const xmlNs *ns)
{
	for (const xmlNode *node = wrapper; node; node = walk(wrapper, node)) {
		if (node->type == XML_ELEMENT_NODE &&
		    (node->ns == ns || has_attribute_in(node, ns)))
			return true;
	}
	return false;
}

static void undeclare(xmlNodePtr element, xmlNsPtr ns)
{
	xmlNsPtr *at = &element->nsDef;

	while (*at && *at != ns)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = ns->next;
	ns->next = NULL;
	xmlFreeNs(ns);
}

void metadata_set_tidy(struct _xmlNode *wrapper)
{
	xmlNsPtr next;

	for (xmlNsPtr ns = wrapper->nsDef; ns; ns = next) {
		next = ns->next;
		if (is_ours(ns) && !is_used(wrapper, ns))
			undeclare(wrapper, ns);
	}
}

const struct _xmlNode *metadata_set_obstacle(const struct _xmlNode *wrapper)
{
	const xmlNode *node = wrapper;

	while (node && (node->type != XML_ELEMENT_NODE || node->ns))
		node = walk(wrapper, node);
	return node;
}

/* Would the element, without a namespace of its own, fall into a default one other than OWN? */
static bool in_another_default(const xmlNode *wrapper, const xmlNode *element, const xmlNs *own)
{
	for (;; element = element->parent) {
		for (const xmlNs *ns = element->nsDef; ns; ns = ns->next) {
			if (ns != own && !ns->prefix)
				return true;
		}
		if (element == wrapper)
			return false;
	}
}

static bool declares(const xmlNode *element, const char *prefix, const xmlNs *but)
{
	const xmlNs *ns = element->nsDef;

	while (ns && (ns == but || g_strcmp0((const char *)ns->prefix, prefix) != 0))
		ns = ns->next;
	return ns != NULL;
}

/*
 * May all elements in the wrapper's namespace OWN lose it, to get it back from libvirt under the
 * prefix KEY? Attributes would not get it back, a default namespace would take their place, and a
 * prefix that means something else further in would as well.
 */
static bool can_strip(const xmlNode *wrapper, const xmlNs *own, const char *key)
{
	for (const xmlNode *node = wrapper; node; node = walk(wrapper, node)) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (has_attribute_in(node, own) || (!own->prefix && declares(node, key, own)))
			return false;
		if (node->ns == own && in_another_default(wrapper, node, own))
			return false;
	}
	return true;
}

static void strip(xmlNodePtr wrapper, xmlNsPtr own)
{
	for (xmlNodePtr node = wrapper; node; node = walk(wrapper, node)) {
		if (node->type == XML_ELEMENT_NODE && node->ns == own)
			node->ns = NULL;
	}
	undeclare(wrapper, own);
}

/* A prefix that the wrapper does not declare. */
static char *free_key(const xmlNode *wrapper)
{
	char *key = g_strdup(KEY);

	for (unsigned int i = 1; declares(wrapper, key, NULL); i++) {
		g_free(key);
		key = g_strdup_printf(KEY "%u", i);
	}
	return key;
}

char *metadata_set_write(struct _xmlDoc *doc, char **ret_key)
{
	xmlNodePtr wrapper = xml_root(doc);
	xmlNsPtr own = wrapper->ns;
	const char *key = own->prefix ? (const char *)own->prefix : KEY;

	if (can_strip(wrapper, own, key)) {
		*ret_key = g_strdup(key);
		strip(wrapper, own);
	} else {
		*ret_key = free_key(wrapper);
	}
	return metadata_set_dump(wrapper, false);
}

char *metadata_set_dump(struct _xmlNode *node, bool indented)
{
	xmlOutputBufferPtr output = xmlAllocOutputBuffer(NULL);
	char *text;

	if (!output)
		g_error("out of memory");
	/* In a domain document it stands two elements deep. */
	xmlNodeDumpOutput(output, node->doc, node, 2, indented, "UTF-8");
	text = g_strndup((const char *)xmlOutputBufferGetContent(output),
			 xmlOutputBufferGetSize(output));
	xmlOutputBufferClose(output);
	return text;
}
