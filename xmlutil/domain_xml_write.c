/* SPDX-License-Identifier: MIT */
#include "xmlutil/domain_xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlsave.h>
#include <string.h>

#include "xmlutil/entry.h"
#include "xmlutil/hostdev_rest.h"
#include "xmlutil/hostdev_xml.h"
#include "xmlutil/xml.h"

static xmlNodePtr add(xmlNodePtr parent, const char *name)
{
	xmlNodePtr child = xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);

	if (!child)
		g_error("out of memory");
	return child;
}

static void set_number(xmlNodePtr node, const char *name, unsigned int number)
{
	g_autofree char *text = g_strdup_printf("%u", number);

	xml_set(node, name, text);
}

static void set_id(xmlNodePtr node, uint16_t id)
{
	g_autofree char *text = g_strdup_printf("0x%04x", id);

	xml_set(node, "id", text);
}

/* libvirt refuses a vendor 0 ("Zero is not permitted", 9.0.0), though there are such devices; the
 * address alone names them as well. */
static void add_ids(xmlNodePtr source, struct usb_id id)
{
	if (id.vendor == 0)
		return;
	set_id(add(source, "vendor"), id.vendor);
	set_id(add(source, "product"), id.product);
}

static void add_host_address(xmlNodePtr source, unsigned int bus, unsigned int dev)
{
	xmlNodePtr address = add(source, "address");

	set_number(address, "bus", bus);
	set_number(address, "device", dev);
}

static void add_alias(xmlNodePtr hostdev, const char *alias)
{
	if (alias)
		xml_set(add(hostdev, "alias"), "name", alias);
}

static void add_guest_address(xmlNodePtr hostdev, const char *guest_port)
{
	xmlNodePtr address;
	const char *colon = guest_port ? strchr(guest_port, ':') : NULL;
	g_autofree char *bus = colon ? g_strndup(guest_port, (gsize)(colon - guest_port)) : NULL;

	if (!colon)
		return;
	address = add(hostdev, "address");
	xml_set(address, "type", "usb");
	xml_set(address, "bus", bus);
	xml_set(address, "port", colon + 1);
}

/* Without a startupPolicy a live attach of a device that has just gone fails; with 'optional' it
 * would leave a placeholder, which QEMU fills with any device (libvirt 9.0.0 to 12.8.0). */
static void write_attach(xmlNodePtr hostdev, const struct action *action)
{
	xmlNodePtr source = xml_child(hostdev, "source");

	if (action->kind == ACTION_ATTACH_CONFIG)
		xml_set(source, "startupPolicy", "optional");
	if (action->guest_reset != GUEST_RESET_DEFAULT)
		xml_set(source, "guestReset", guest_reset_name(action->guest_reset));
	add_ids(source, action->device->id);
	add_host_address(source, action->device->bus, action->device->dev);
	add_alias(hostdev, action->alias);
	add_guest_address(hostdev, action->guest_port);
}

/* What libvirt compares, and no more: bus and device if both are given, else vendor and product. */
static void write_detach(xmlNodePtr hostdev, const struct hostdev *what)
{
	xmlNodePtr source = xml_child(hostdev, "source");

	if (what->has_id)
		add_ids(source, what->id);
	if (what->has_address)
		add_host_address(source, what->bus, what->dev);
}

char *domain_xml_write_hostdev(const struct action *action)
{
	OWN_XML doc = xmlNewDoc(NULL);
	g_autofree char *text = NULL;
	xmlNodePtr hostdev;

	if (!doc)
		g_error("out of memory");
	hostdev = hostdev_rest_begin(doc, action->device ? action->rest : NULL);
	if (action->device)
		write_attach(hostdev, action);
	else
		write_detach(hostdev, action->hostdev);
	text = xml_dump(hostdev, true);
	return g_strconcat(text, "\n", NULL);
}

static xmlNodePtr find_hostdev(xmlDocPtr doc, const char *wanted)
{
	xmlNodePtr devices = xml_child(xml_root(doc), "devices");
	xmlNodePtr element = devices ? xml_first(devices) : NULL;

	for (; element; element = xml_next(element)) {
		g_autofree char *alias = hostdev_xml_alias(element);

		if (hostdev_xml_is_usb(element) && g_strcmp0(alias, wanted) == 0)
			return element;
	}
	return NULL;
}

static xmlNodePtr child_or_new(xmlNodePtr parent, const char *name)
{
	xmlNodePtr child = xml_child(parent, name);

	return child ? child : add(parent, name);
}

static void unset(xmlNodePtr node, const char *name)
{
	xmlUnsetProp(node, (const xmlChar *)name);
}

/* libvirt wants ids and address to fit, and the device may have loaded a firmware since. */
static void edit_ids(xmlNodePtr source, struct usb_id id)
{
	xmlNodePtr vendor = xml_child(source, "vendor");
	xmlNodePtr product = xml_child(source, "product");

	if (!vendor || !product)
		return;
	if (id.vendor == 0) {
		xml_drop(vendor);
		xml_drop(product);
		return;
	}
	set_id(vendor, id.vendor);
	set_id(product, id.product);
}

static void edit_address(xmlNodePtr source, unsigned int bus, unsigned int dev)
{
	xmlNodePtr address = child_or_new(source, "address");

	set_number(address, "bus", bus);
	set_number(address, "device", dev);
	/* 12.8: "found both device id and port in usb address". */
	unset(address, "port");
	/* With it libvirt (9.0.0, 11.3.0) goes on to search by ids and fails for twins. */
	unset(source, "autoAddress");
	unset(source, "missing");
}

static char *save(xmlDocPtr doc, bool declaration)
{
	xmlBufferPtr buffer = xmlBufferCreate();
	int options = XML_SAVE_AS_XML | (declaration ? 0 : XML_SAVE_NO_DECL);
	xmlSaveCtxtPtr context = buffer ? xmlSaveToBuffer(buffer, "UTF-8", options) : NULL;
	char *text;

	if (!context)
		g_error("out of memory");
	xmlSaveDoc(context, doc);
	xmlSaveClose(context);
	text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

char *domain_xml_edit_image(const char *xml, const struct action *action, char **err)
{
	struct xml_fault fault;
	OWN_XML doc = xml_parse(xml, strlen(xml), XML_STRICT, &fault);
	xmlNodePtr hostdev, source;
	unsigned int bus, dev;

	if (!doc) {
		*err = xml_fault_sentence(&fault);
		return NULL;
	}
	hostdev = find_hostdev(doc, action->alias);
	if (!hostdev) {
		*err = g_strdup_printf(
			"the managed save image has no USB hostdev with the alias %s",
			action->alias);
		return NULL;
	}
	source = child_or_new(hostdev, "source");
	if (action->device) {
		edit_ids(source, action->device->id);
		edit_address(source, action->device->bus, action->device->dev);
	} else {
		xml_set(source, "startupPolicy", "optional");
		route_nowhere(action->domain->uuid, action->alias, &bus, &dev);
		edit_address(source, bus, dev);
	}
	return save(doc, g_str_has_prefix(xml, "<?xml"));
}

static bool has_attribute(const struct _xmlNode *node, const char *name)
{
	g_autofree char *value = xml_attribute(node, name);

	return value != NULL;
}

static bool leads_to(const struct _xmlNode *element, const struct route *route)
{
	const struct _xmlNode *source = xml_child(element, "source");
	OWN(hostdev) hostdev = hostdev_xml_read(element);

	return hostdev_at(hostdev, route->bus, route->dev) &&
	       g_strcmp0(hostdev->startup_policy, "optional") == 0 &&
	       !has_attribute(source, "autoAddress") && !has_attribute(source, "missing") &&
	       !has_attribute(xml_child(source, "address"), "port");
}

/* Whether that changed anything. libvirt writes no hostdev without a source. */
static bool lead(xmlNodePtr element, const struct route *route)
{
	xmlNodePtr source = xml_child(element, "source");

	if (!source || leads_to(element, route))
		return false;
	xml_set(source, "startupPolicy", "optional");
	edit_address(source, route->bus, route->dev);
	return true;
}

/* The elements that were changed, a new list. */
static GPtrArray *lead_all(xmlNodePtr devices, const GArray *routes)
{
	xmlNodePtr element = devices ? xml_first(devices) : NULL;
	guint index = 0, next = 0;
	GPtrArray *changed = g_ptr_array_new();

	for (; element && next < routes->len; element = xml_next(element)) {
		const struct route *route = &g_array_index(routes, struct route, next);

		if (!hostdev_xml_is_usb(element) || index++ != route->index)
			continue;
		if (lead(element, route))
			g_ptr_array_add(changed, element);
		next++;
	}
	return changed;
}

/* What concerns us; a domain with many disks, or somebody's long metadata, is read past. */
static enum xml_want wanted(const struct _xmlNode *parent, const char *name,
			    const char *xml_namespace)
{
	if (!parent)
		return XML_OPEN;
	if (xml_is(parent, "metadata"))
		return entry_is_foreign(xml_namespace) ? XML_SKIP : XML_WHOLE;
	if (xml_namespace)
		return XML_SKIP;
	if (xml_is(parent, "devices"))
		return strcmp(name, "hostdev") == 0 ? XML_WHOLE : XML_SKIP;
	if (strcmp(name, "metadata") == 0 || strcmp(name, "devices") == 0)
		return XML_OPEN;
	return strcmp(name, "name") == 0 || strcmp(name, "uuid") == 0 ? XML_WHOLE : XML_SKIP;
}

static void append_element(GString *text, xmlDocPtr doc, xmlNodePtr element)
{
	xmlBufferPtr buffer = xmlBufferCreate();

	if (!buffer)
		g_error("out of memory");
	xmlNodeDump(buffer, doc, element, 0, 0);
	g_string_append(text, (const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
}

/* XML with the CHANGED elements as they are now, and every other byte as it was. */
static char *splice(const char *xml, xmlDocPtr doc, const GArray *spans, const GPtrArray *changed)
{
	GString *text = g_string_sized_new(strlen(xml) + 256);
	size_t at = 0;

	for (guint i = 0, next = 0; i < spans->len && next < changed->len; i++) {
		const struct xml_span *span = &g_array_index(spans, struct xml_span, i);

		if (span->element != g_ptr_array_index(changed, next))
			continue;
		g_string_append_len(text, xml + at, (gssize)(span->from - at));
		append_element(text, doc, span->element);
		at = span->to;
		next++;
	}
	g_string_append(text, xml + at);
	return g_string_free(text, FALSE);
}

int domain_xml_reroute(const char *xml, domain_xml_decide decide, void *data, char **ret_xml,
		       char **err)
{
	struct xml_fault fault;
	g_autoptr(GArray) spans = NULL;
	OWN_XML doc = xml_parse_part(xml, wanted, &spans, &fault);
	g_autoptr(GPtrArray) unneeded = problem_list_new();
	g_autoptr(GPtrArray) changed = NULL;
	g_autoptr(GArray) routes = NULL;
	OWN(domain) domain = NULL;

	*ret_xml = NULL;
	if (!doc)
		*err = xml_fault_sentence(&fault);
	else if (!xml_is(xml_root(doc), "domain"))
		*err = g_strdup("it is not a <domain>");
	if (*err)
		return -1;
	domain = domain_xml_read_alone(xml_root(doc), unneeded);
	routes = decide(domain, data);
	changed = lead_all(xml_child(xml_root(doc), "devices"), routes);
	if (changed->len > 0)
		*ret_xml = splice(xml, doc, spans, changed);
	return 0;
}
