/* SPDX-License-Identifier: MIT */
#include "xmlutil/hostdev_rest.h"

#include <glib.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdint.h>
#include <string.h>

#include "xmlutil/xml.h"

/* Text between elements: libvirt's indentation. */
static void drop_texts(xmlNodePtr parent)
{
	xmlNodePtr next;

	for (xmlNodePtr node = parent->children; node; node = next) {
		next = node->next;
		if (node->type != XML_ELEMENT_NODE)
			xml_drop(node);
		else
			drop_texts(node);
	}
}

static void strip_source(xmlNodePtr source)
{
	static const char *const attributes[] = {"startupPolicy", "guestReset", "missing",
						 "autoAddress"};

	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++)
		xmlUnsetProp(source, (const xmlChar *)attributes[i]);
	xml_drop(xml_child(source, "vendor"));
	xml_drop(xml_child(source, "product"));
	xml_drop(xml_child(source, "address"));
}

/* Nothing but <hostdev mode='subsystem' type='usb' managed='yes'><source/></hostdev>? */
static bool is_plain(xmlNodePtr hostdev, xmlNodePtr source)
{
	g_autofree char *managed = xml_attribute(hostdev, "managed");
	unsigned int attributes = 0;

	for (const struct _xmlAttr *attr = xml_attr_first(hostdev); attr;
	     attr = xml_attr_next(attr))
		attributes++;
	return (!managed || strcmp(managed, "yes") == 0) && attributes <= (managed ? 3u : 2u) &&
	       xml_first(hostdev) == source && (!source || !xml_next(source)) &&
	       (!source || (!xml_attr_first(source) && !xml_first(source)));
}

char *hostdev_rest_read(const struct _xmlNode *hostdev)
{
	OWN_XML doc = xmlNewDoc(NULL);
	xmlNodePtr copy, source;

	copy = doc ? xmlDocCopyNode((xmlNodePtr)(uintptr_t)hostdev, doc, 1) : NULL;
	if (!copy)
		g_error("out of memory");
	xmlDocSetRootElement(doc, copy);
	drop_texts(copy);
	source = xml_child(copy, "source");
	if (source)
		strip_source(source);
	xml_drop(xml_child(copy, "alias"));
	xml_drop(xml_child(copy, "address"));
	return is_plain(copy, source) ? NULL : xml_dump(copy, false);
}

static xmlNodePtr new_hostdev(xmlDocPtr doc)
{
	xmlNodePtr hostdev = xmlNewDocNode(doc, NULL, (const xmlChar *)"hostdev", NULL);

	/* What `managed` says means nothing for USB; virt-manager writes it so. */
	if (!hostdev)
		g_error("out of memory");
	xml_set(hostdev, "mode", "subsystem");
	xml_set(hostdev, "type", "usb");
	xml_set(hostdev, "managed", "yes");
	return hostdev;
}

struct _xmlNode *hostdev_rest_begin(struct _xmlDoc *doc, const char *rest)
{
	OWN_XML other = rest ? xml_parse(rest, strlen(rest), XML_STRICT, NULL) : NULL;
	xmlNodePtr hostdev = NULL;

	if (other && xml_is(xml_root(other), "hostdev"))
		hostdev = xmlDocCopyNode(xml_root(other), doc, 1);
	if (!hostdev)
		hostdev = new_hostdev(doc);
	xmlDocSetRootElement(doc, hostdev);
	if (!xml_child(hostdev, "source") &&
	    !xmlNewChild(hostdev, NULL, (const xmlChar *)"source", NULL))
		g_error("out of memory");
	return hostdev;
}
