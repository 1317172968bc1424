/* SPDX-License-Identifier: MIT */
#include "xmlutil/xml_part.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

/* Where the parser is. The bytes are the document's own only if nothing was converted, which is so
 * for UTF-8 (libxml2 2.9 to 2.14): of another encoding nothing is known. */
static size_t place(xmlParserCtxtPtr context)
{
	long place = xmlByteConsumed(context);

	return place > 0 ? (size_t)place : 0;
}

/* A start tag has been read but for its end, and has no other "<" in it. */
static size_t place_of_tag(const struct xml_part *part, size_t place)
{
	while (place > 0 && part->xml[place] != '<')
		place--;
	return place;
}

static void begin_span(struct xml_part *part, xmlParserCtxtPtr context)
{
	struct xml_span span = {.element = context->node};

	span.from = place_of_tag(part, place(context));
	g_array_append_val(part->spans, span);
}

static void end_span(struct xml_part *part, xmlParserCtxtPtr context)
{
	g_array_index(part->spans, struct xml_span, part->spans->len - 1).to = place(context);
}

static struct xml_part *part_of(void *context)
{
	return ((xmlParserCtxtPtr)context)->_private;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
		     int namespaces, const xmlChar **namespace_list, int attributes, int defaulted,
		     const xmlChar **attribute_list)
{
	struct xml_part *part = part_of(context);
	enum xml_want want = XML_SKIP;

	if (part->whole > 0)
		want = XML_OPEN;
	else if (part->skipping == 0)
		want = part->want(((xmlParserCtxtPtr)context)->node, (const char *)name,
				  (const char *)uri);
	if (want == XML_SKIP) {
		part->skipping++;
		return;
	}
	xmlSAX2StartElementNs(context, name, prefix, uri, namespaces, namespace_list, attributes,
			      defaulted, attribute_list);
	if (want == XML_WHOLE)
		begin_span(part, context);
	if (part->whole > 0 || want == XML_WHOLE)
		part->whole++;
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct xml_part *part = part_of(context);

	if (part->skipping > 0) {
		part->skipping--;
		return;
	}
	if (part->whole == 1)
		end_span(part, context);
	if (part->whole > 0)
		part->whole--;
	xmlSAX2EndElementNs(context, name, prefix, uri);
}

static void on_text(void *context, const xmlChar *text, int length)
{
	if (part_of(context)->whole > 0)
		xmlSAX2Characters(context, text, length);
}

static void on_cdata(void *context, const xmlChar *text, int length)
{
	if (part_of(context)->whole > 0)
		xmlSAX2CDataBlock(context, text, length);
}

static void on_comment(void *context, const xmlChar *text)
{
	if (part_of(context)->whole > 0)
		xmlSAX2Comment(context, text);
}

static void on_instruction(void *context, const xmlChar *target, const xmlChar *data)
{
	if (part_of(context)->whole > 0)
		xmlSAX2ProcessingInstruction(context, target, data);
}

void xml_part_watch(struct _xmlParserCtxt *context)
{
	context->sax->startElementNs = on_start;
	context->sax->endElementNs = on_end;
	context->sax->characters = on_text;
	context->sax->ignorableWhitespace = on_text;
	context->sax->cdataBlock = on_cdata;
	context->sax->comment = on_comment;
	context->sax->processingInstruction = on_instruction;
}
