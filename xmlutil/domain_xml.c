/* SPDX-License-Identifier: MIT */
#include "xmlutil/domain_xml.h"

#include <string.h>

#include "xmlutil/guest_ports.h"
#include "xmlutil/host_uses.h"
#include "xmlutil/hostdev_xml.h"
#include "xmlutil/wrapper.h"
#include "xmlutil/xml.h"

static void add_other_alias(const struct _xmlNode *element, GPtrArray *other_aliases)
{
	char *alias = hostdev_xml_alias(element);

	if (tag_alias_is_ours(alias) &&
	    !g_ptr_array_find_with_equal_func(other_aliases, alias, g_str_equal, NULL))
		g_ptr_array_add(other_aliases, alias);
	else
		g_free(alias);
}

/* Where the findings go; NULL: not asked for. */
struct findings {
	GPtrArray *hostdevs;
	GPtrArray *other_aliases;
	GPtrArray *uses;
};

static void read_devices(const struct _xmlNode *root, const struct findings *findings)
{
	const struct _xmlNode *devices = xml_child(root, "devices");
	struct _xmlNode *element = devices ? xml_first(devices) : NULL;

	for (; element; element = xml_next(element)) {
		if (hostdev_xml_is_usb(element))
			g_ptr_array_add(findings->hostdevs, hostdev_xml_read(element));
		else if (findings->other_aliases)
			add_other_alias(element, findings->other_aliases);
	}
	if (findings->uses)
		host_uses_read(root, findings->uses);
}

/* The root of a domain document, or NULL with *err. */
static const struct _xmlNode *find_root(struct _xmlDoc *doc, char **err)
{
	const struct _xmlNode *root = xml_root(doc);

	if (xml_is(root, "domain"))
		return root;
	*err = g_strdup_printf("the document is a <%s>, not a <domain>", xml_name(root));
	return NULL;
}

/*
 * A strict reading's document, or NULL with *err; then *ret_lenient is what a lenient one found, or
 * NULL. An undefined entity in somebody's metadata is enough (libvirt 9.0.0 to 12.8.0 let it pass,
 * and write a document that nobody can parse), and what the domain holds must not look free.
 */
static struct _xmlDoc *parse(const char *xml, struct _xmlDoc **ret_lenient, char **err)
{
	struct xml_fault fault;
	struct _xmlDoc *doc = xml_parse(xml, strlen(xml), XML_STRICT, &fault);

	*ret_lenient = NULL;
	if (doc)
		return doc;
	*err = xml_fault_sentence(&fault);
	*ret_lenient = xml_parse(xml, strlen(xml), XML_LENIENT, NULL);
	return NULL;
}

static void read_leniently(struct _xmlDoc *lenient, const struct findings *findings)
{
	if (lenient && xml_is(xml_root(lenient), "domain"))
		read_devices(xml_root(lenient), findings);
}

static void learn_ports(const struct _xmlNode *root, GPtrArray **ports)
{
	g_ptr_array_unref(*ports);
	*ports = guest_ports_taken(root);
}

int domain_xml_read_config(const char *xml, bool transient, struct domain *domain,
			   GPtrArray *problems, char **err)
{
	const struct reading reading = {.domain = domain->name, .problems = problems};
	const struct findings findings = {.hostdevs = transient ? domain->live : domain->config,
					  .other_aliases = domain->other_aliases,
					  .uses = transient ? domain->uses : NULL};
	OWN_XML lenient = NULL;
	OWN_XML doc = parse(xml, &lenient, err);
	const struct _xmlNode *root = doc ? find_root(doc, err) : NULL;

	if (!root) {
		domain->metadata = METADATA_UNREAD;
		read_leniently(lenient, &findings);
		return -1;
	}
	read_devices(root, &findings);
	learn_ports(root, transient ? &domain->live_ports : &domain->config_ports);
	guest_ports_read(root, domain);
	wrapper_read_domain(root, &reading, domain);
	return 0;
}

static int read_only_devices(const char *xml, const struct findings *findings, GPtrArray **ports,
			     char **err)
{
	OWN_XML lenient = NULL;
	OWN_XML doc = parse(xml, &lenient, err);
	const struct _xmlNode *root = doc ? find_root(doc, err) : NULL;

	if (!root) {
		read_leniently(lenient, findings);
		return -1;
	}
	read_devices(root, findings);
	if (ports)
		learn_ports(root, ports);
	return 0;
}

int domain_xml_read_live(const char *xml, struct domain *domain, char **err)
{
	const struct findings findings = {domain->live, domain->other_aliases, domain->uses};

	return read_only_devices(xml, &findings, &domain->live_ports, err);
}

int domain_xml_read_image(const char *xml, struct domain *domain, char **err)
{
	const struct findings findings = {.hostdevs = domain->image};

	return read_only_devices(xml, &findings, NULL, err);
}

struct domain *domain_xml_read_alone(const struct _xmlNode *root, GPtrArray *problems)
{
	g_autofree char *name = xml_child_text(root, "name");
	g_autofree char *uuid = xml_child_text(root, "uuid");
	struct reading reading = {.domain = name, .problems = problems};
	struct domain *domain = domain_new(name ? name : "", uuid ? uuid : "");

	const struct findings findings = {.hostdevs = domain->live,
					  .other_aliases = domain->other_aliases};

	read_devices(root, &findings);
	wrapper_read_domain(root, &reading, domain);
	return domain;
}
