/* SPDX-License-Identifier: MIT */
#include "xmlutil/xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <string.h>

#include "xmlutil/phrase.h"

/* libxml2 2.12 made the error const; 2.13 gave handlers that belong to one context. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *error_ptr;
#else
typedef xmlErrorPtr error_ptr;
#endif

/* libxml2 quotes from the document: names may be long, and a line may not be UTF-8. */
static char *first_line(const char *message)
{
	g_autofree char *line = g_strndup(message, MIN(strcspn(message, "\n"), 200));

	return g_utf8_make_valid(line, -1);
}

static void keep_first_fault(struct xml_fault *fault, error_ptr error)
{
	if (!error || error->level != XML_ERR_FATAL || fault->message)
		return;
	fault->line = error->line > 0 ? (unsigned int)error->line : 0;
	fault->message = first_line(error->message ? error->message : "it is not XML");
}

static void on_error(void *data, error_ptr error)
{
#if LIBXML_VERSION >= 21300
	const struct xml_part *part = data;
#else
	const struct xml_part *part = ((xmlParserCtxtPtr)data)->_private;
#endif
	keep_first_fault(part->fault, error);
}

static xmlParserCtxtPtr context_new(struct xml_part *part)
{
	xmlParserCtxtPtr context = xmlNewParserCtxt();

	if (!context)
		g_error("out of memory");
#if LIBXML_VERSION >= 21300
	xmlCtxtSetErrorHandler(context, on_error, part);
#else
	context->sax->serror = on_error;
#endif
	context->_private = part;
	if (part->want)
		xml_part_watch(context);
	return context;
}

static int options(enum xml_strictness strictness)
{
	/* Not NOERROR: from 2.13 on it would silence our handler too. BIG_LINES: line numbers
	 * beyond 65535. */
	int common = XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES;

	switch (strictness) {
	case XML_STRICT:
		return common;
	case XML_LENIENT:
		return common | XML_PARSE_RECOVER;
	}
	g_assert_not_reached();
}

/* What makes a parsed document unusable all the same, or NULL. */
static const char *objection(xmlDocPtr doc)
{
	if (doc->intSubset || doc->extSubset)
		return "it has a document type declaration (<!DOCTYPE ...>), which has no place in "
		       "a "
		       "domain";
	if (!xmlDocGetRootElement(doc))
		return "it has no element";
	return NULL;
}

static xmlDocPtr parse_bounded(const char *xml, size_t length, enum xml_strictness strictness,
			       struct xml_part *part)
{
	struct xml_fault *fault = part->fault;
	xmlParserCtxtPtr context = context_new(part);
	xmlDocPtr doc =
		xmlCtxtReadMemory(context, xml, (int)length, NULL, NULL, options(strictness));
	const char *why;

	xmlFreeParserCtxt(context);
	if (!doc)
		return NULL;
	why = objection(doc);
	if (!why)
		return doc;
	xmlFreeDoc(doc);
	g_free(fault->message);
	*fault = (struct xml_fault){.message = g_strdup(why)};
	return NULL;
}

static struct _xmlDoc *parse(const char *xml, size_t length, enum xml_strictness strictness,
			     struct xml_part *part, struct xml_fault *ret_fault)
{
	struct xml_fault fault = {0};
	xmlDocPtr doc = NULL;

	part->fault = &fault;
	if (length > XML_MAX_BYTES)
		fault.message = g_strdup_printf("it is longer than %zu bytes", XML_MAX_BYTES);
	else if (length == 0)
		fault.message = g_strdup("it is empty");
	else if (memchr(xml, '\0', length))
		fault.message = g_strdup("it holds NUL bytes, so it is no XML in UTF-8");
	else
		doc = parse_bounded(xml, length, strictness, part);
	if (doc)
		g_clear_pointer(&fault.message, g_free);
	else if (!fault.message)
		fault.message = g_strdup("it is not XML");
	if (ret_fault)
		*ret_fault = fault;
	else
		g_free(fault.message);
	return doc;
}

struct _xmlDoc *xml_parse(const char *xml, size_t length, enum xml_strictness strictness,
			  struct xml_fault *ret_fault)
{
	struct xml_part all = {0};

	return parse(xml, length, strictness, &all, ret_fault);
}

/* Another encoding is converted before it is parsed, and then places mean nothing. */
static bool is_utf8(const xmlDoc *doc)
{
	return !doc->encoding || g_ascii_strcasecmp((const char *)doc->encoding, "UTF-8") == 0;
}

static bool spans_fit(const struct xml_part *part, size_t length)
{
	for (guint i = 0; i < part->spans->len; i++) {
		const struct xml_span *span = &g_array_index(part->spans, struct xml_span, i);

		if (span->from >= span->to || span->to > length || part->xml[span->from] != '<' ||
		    part->xml[span->to - 1] != '>')
			return false;
	}
	return true;
}

struct _xmlDoc *xml_parse_part(const char *xml,
			       enum xml_want (*want)(const struct _xmlNode *parent,
						     const char *name, const char *xml_namespace),
			       GArray **ret_spans, struct xml_fault *ret_fault)
{
	struct xml_part part = {.xml = xml, .want = want};
	size_t length = strlen(xml);
	xmlDocPtr doc;

	part.spans = g_array_new(FALSE, FALSE, sizeof(struct xml_span));
	doc = parse(xml, length, XML_STRICT, &part, ret_fault);
	if (doc && (!is_utf8(doc) || !spans_fit(&part, length))) {
		ret_fault->message = g_strdup("it is not in UTF-8");
		g_clear_pointer(&doc, xmlFreeDoc);
	}
	if (doc)
		*ret_spans = part.spans;
	else
		g_array_unref(part.spans);
	return doc;
}

char *xml_fault_sentence(struct xml_fault *fault)
{
	g_autofree char *message = g_steal_pointer(&fault->message);

	if (!fault->line)
		return g_steal_pointer(&message);
	return g_strdup_printf("line %u: %s", fault->line, message);
}

void xml_free(struct _xmlDoc *doc)
{
	xmlFreeDoc(doc);
}

struct _xmlNode *xml_root(struct _xmlDoc *doc)
{
	return xmlDocGetRootElement(doc);
}

static xmlNodePtr element_from(xmlNodePtr node)
{
	while (node && node->type != XML_ELEMENT_NODE)
		node = node->next;
	return node;
}

struct _xmlNode *xml_first(const struct _xmlNode *parent)
{
	return element_from(parent->children);
}

struct _xmlNode *xml_next(const struct _xmlNode *element)
{
	return element_from(element->next);
}

const struct _xmlNode *xml_parent(const struct _xmlNode *element)
{
	return element->parent;
}

const char *xml_name(const struct _xmlNode *node)
{
	return (const char *)node->name;
}

char *xml_tag(const struct _xmlNode *element)
{
	g_autofree char *cut = phrase_cut(xml_name(element));

	return g_strdup_printf("<%s>", cut);
}

const char *xml_namespace(const struct _xmlNode *node)
{
	return node->ns ? (const char *)node->ns->href : NULL;
}

const char *xml_prefix(const struct _xmlNode *node)
{
	return node->ns ? (const char *)node->ns->prefix : NULL;
}

unsigned int xml_line(const struct _xmlNode *node)
{
	long line = xmlGetLineNo(node);

	return line > 0 ? (unsigned int)line : 0;
}

bool xml_is(const struct _xmlNode *node, const char *name)
{
	return !node->ns && strcmp(xml_name(node), name) == 0;
}

struct _xmlNode *xml_child(const struct _xmlNode *parent, const char *name)
{
	struct _xmlNode *child = parent ? xml_first(parent) : NULL;

	while (child && !xml_is(child, name))
		child = xml_next(child);
	return child;
}

static char *take(xmlChar *text)
{
	char *copy = g_strdup((const char *)text);

	xmlFree(text);
	return copy;
}

char *xml_child_text(const struct _xmlNode *parent, const char *name)
{
	struct _xmlNode *child = xml_child(parent, name);

	return child ? take(xmlNodeGetContent(child)) : NULL;
}

char *xml_attribute(const struct _xmlNode *node, const char *name)
{
	xmlChar *value = NULL;

	if (node)
		value = xmlGetNoNsProp(node, (const xmlChar *)name);
	return value ? take(value) : NULL;
}

static bool is_text(const xmlNode *node)
{
	return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

static char *text_from(const xmlNode *node)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (; node && node->type != XML_ELEMENT_NODE; node = node->next) {
		if (is_text(node) && node->content)
			g_string_append(text, (const char *)node->content);
	}
	g_strstrip(text->str);
	return text->str[0] ? g_strdup(text->str) : NULL;
}

char *xml_text_before_first(const struct _xmlNode *parent)
{
	return text_from(parent->children);
}

char *xml_text_after(const struct _xmlNode *element)
{
	return text_from(element->next);
}

struct _xmlAttr *xml_attr_first(const struct _xmlNode *node)
{
	return node->properties;
}

struct _xmlAttr *xml_attr_next(const struct _xmlAttr *attr)
{
	return attr->next;
}

const char *xml_attr_name(const struct _xmlAttr *attr)
{
	return (const char *)attr->name;
}

const char *xml_attr_namespace(const struct _xmlAttr *attr)
{
	return attr->ns ? (const char *)attr->ns->href : NULL;
}

char *xml_attr_value(const struct _xmlAttr *attr)
{
	xmlChar *value = xmlNodeListGetString(attr->doc, attr->children, 1);

	return value ? take(value) : g_strdup("");
}

unsigned int xml_depth(const struct _xmlNode *node)
{
	unsigned int deepest = 0;

	for (struct _xmlNode *child = xml_first(node); child; child = xml_next(child))
		deepest = MAX(deepest, xml_depth(child));
	return deepest + 1;
}

char *xml_dump(struct _xmlNode *node, bool indented)
{
	xmlBufferPtr buffer = xmlBufferCreate();
	char *text;

	if (!buffer)
		g_error("out of memory");
	xmlNodeDump(buffer, node->doc, node, 0, indented);
	text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

void xml_set(struct _xmlNode *node, const char *name, const char *value)
{
	if (!xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value))
		g_error("out of memory");
}

void xml_drop(struct _xmlNode *node)
{
	if (!node)
		return;
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}
