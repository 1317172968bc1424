/* SPDX-License-Identifier: MIT */
#include "xmlutil/metadata.h"

#include <string.h>

#include "state/guest_port.h"
#include "xmlutil/entry.h"
#include "xmlutil/guest_ports.h"
#include "xmlutil/wrapper.h"
#include "xmlutil/xml.h"

#define WRITE_WRAPPER "write <usb:" WRAPPER_NAME " xmlns:usb=\"" TAG_NAMESPACE "\">"

/* The element has our namespace, in any version. */
static bool is_of_family(const struct _xmlNode *element)
{
	const char *uri = xml_namespace(element);

	return uri && !entry_is_foreign(uri);
}

static const char *local_name(const struct _xmlNode *element)
{
	const char *colon = strchr(xml_name(element), ':');

	return colon ? colon + 1 : xml_name(element);
}

/* Without a (declared) namespace, but by its name probably meant to be ours. */
static bool looks_like_ours(const struct _xmlNode *element)
{
	static const char *const names[] = {WRAPPER_NAME, "device", "group", NULL};

	return !xml_namespace(element) && g_strv_contains(names, local_name(element));
}

/* "<element> WHAT", and what to write instead. */
static void object(const struct _xmlNode *element, const struct reading *reading, const char *what,
		   const char *fix)
{
	g_autofree char *tag = xml_tag(element);

	reading_object(reading, xml_line(element), g_strdup_printf("%s %s", tag, what),
		       g_strdup(fix));
}

static void object_lost(const struct _xmlNode *element, const struct reading *reading)
{
	object(element, reading,
	       strchr(xml_name(element), ':')
		       ? "has a prefix that is not declared, and libvirt loses it without a word"
		       : "has no namespace, and libvirt loses it without a word",
	       WRITE_WRAPPER);
}

static void object_second(const struct _xmlNode *element, const struct _xmlNode *first,
			  const struct reading *reading)
{
	g_autofree char *fix = g_strdup_printf(
		"move its entries into the <" WRAPPER_NAME "> of line %u", xml_line(first));

	object(element, reading,
	       "is a second element of ours: libvirt keeps the first one of a namespace and loses "
	       "the others without a word",
	       fix);
}

static void remark_other_version(const struct _xmlNode *element, const struct reading *reading)
{
	g_autofree char *tag = xml_tag(element);

	reading_remark(
		reading, xml_line(element),
		g_strdup_printf("%s is in another version of our namespace, and left alone", tag),
		g_strdup("take it out if nothing else reads it"));
}

/* A namespace that was probably meant to be ours. */
static bool is_misspelt(const char *uri)
{
	g_autofree char *lower = g_ascii_strdown(uri, -1);

	return strstr(lower, "usbrec") != NULL;
}

static void check_metadata_child(const struct _xmlNode *element, const struct _xmlNode *wrapper,
				 const struct reading *reading)
{
	const char *uri = xml_namespace(element);

	if (element == wrapper)
		return;
	if (wrapper_is_other_version(uri) && wrapper)
		remark_other_version(element, reading);
	else if (wrapper_is_other_version(uri))
		wrapper_object_version(element, reading);
	else if (is_of_family(element))
		object_second(element, wrapper, reading);
	else if (looks_like_ours(element))
		object_lost(element, reading);
	else if (uri && is_misspelt(uri))
		object(element, reading, "is in a namespace that looks like ours and is not",
		       WRITE_WRAPPER);
}

static void validate_metadata(const struct _xmlNode *metadata, const struct reading *reading,
			      struct domain *domain)
{
	struct _xmlNode *wrapper = wrapper_find(metadata);
	struct _xmlNode *child;

	if (wrapper)
		wrapper_read(wrapper, reading, domain);
	for (child = xml_first(metadata); child; child = xml_next(child))
		check_metadata_child(child, wrapper, reading);
}

/*
 * Looks for elements of ours where libvirt does not look. Not below foreign ones: somebody may keep
 * a whole document there.
 */
static void find_misplaced(const struct _xmlNode *element, const struct reading *reading)
{
	bool undeclared = strchr(xml_name(element), ':') && looks_like_ours(element);

	if (is_of_family(element) || undeclared) {
		object(element, reading,
		       "is not in the domain's <metadata>, and libvirt loses it without a word",
		       "move it to <metadata>, which is directly in <domain>");
		return;
	}
	if (xml_namespace(element))
		return;
	for (struct _xmlNode *child = xml_first(element); child; child = xml_next(child))
		find_misplaced(child, reading);
}

static void object_second_metadata(const struct _xmlNode *element, const struct _xmlNode *first,
				   const struct reading *reading)
{
	g_autofree char *fix = g_strdup_printf("move what is in it to line %u", xml_line(first));

	object(element, reading,
	       "is there twice: libvirt keeps the first and loses the others without a word", fix);
}

/* That the guest has the ports that its tags ask for. */
static void validate_ports(const struct _xmlNode *root, const struct reading *reading,
			   struct domain *domain)
{
	domain->persistent = true;
	g_ptr_array_unref(domain->config_ports);
	domain->config_ports = guest_ports_taken(root);
	guest_ports_read(root, domain);
	for (guint i = 0; i < domain->tags->len; i++) {
		const struct tag *tag = g_ptr_array_index(domain->tags, i);
		char *why_not = guest_port_why_not(domain, tag);

		if (why_not)
			reading_remark(reading, tag->line, why_not,
				       g_strdup("choose another port, or leave it to libvirt"));
	}
}

static void validate_domain(const struct _xmlNode *root, const struct reading *reading,
			    struct domain *domain)
{
	const struct _xmlNode *metadata = xml_child(root, "metadata");

	if (metadata)
		validate_metadata(metadata, reading, domain);
	for (struct _xmlNode *child = xml_first(root); child; child = xml_next(child)) {
		if (child == metadata)
			continue;
		if (xml_is(child, "metadata"))
			object_second_metadata(child, metadata, reading);
		else
			find_misplaced(child, reading);
	}
	validate_ports(root, reading, domain);
}

/* An element without namespace: `virsh metadata --set` gives it ours, but in a domain document
 * libvirt drops it. */
static void validate_stripped(struct _xmlNode *root, struct reading *reading, struct domain *domain)
{
	reading_remark(reading, xml_line(root),
		       g_strdup("<" WRAPPER_NAME "> has no namespace, and in a domain document "
				"libvirt would lose it without a word"),
		       g_strdup(WRITE_WRAPPER));
	reading->stripped = true;
	wrapper_read(root, reading, domain);
}

static void validate_wrapper(struct _xmlNode *root, struct reading *reading, struct domain *domain)
{
	const char *uri = xml_namespace(root);

	if (wrapper_is_other_version(uri))
		wrapper_object_version(root, reading);
	else if (is_of_family(root))
		wrapper_read(root, reading, domain);
	else if (xml_is(root, WRAPPER_NAME))
		validate_stripped(root, reading, domain);
	else if (looks_like_ours(root))
		object_lost(root, reading);
	else
		object(root, reading, "is neither a domain nor metadata of ours",
		       "give a whole <domain> document, or our <" WRAPPER_NAME "> alone");
}

static void validate_root(struct _xmlNode *root, struct reading *reading, struct domain *domain)
{
	if (xml_is(root, "domain"))
		validate_domain(root, reading, domain);
	else if (xml_is(root, "metadata"))
		validate_metadata(root, reading, domain);
	else
		validate_wrapper(root, reading, domain);
}

static unsigned int count_critical(const GPtrArray *problems, guint first)
{
	unsigned int count = 0;

	for (guint i = first; i < problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(problems, i);

		if (problem->severity == SEVERITY_CRITICAL)
			count++;
	}
	return count;
}

static void object_unparsed(const struct reading *reading, struct xml_fault *fault)
{
	g_autofree char *message = g_steal_pointer(&fault->message);

	reading_object(reading, fault->line, g_strdup_printf("cannot be parsed: %s", message),
		       g_strdup("mend the XML first"));
}

unsigned int metadata_validate(const char *xml, size_t length, const char *source,
			       GPtrArray *problems, unsigned int *ret_tags)
{
	guint first = problems->len;
	struct xml_fault fault = {0};
	OWN_XML doc = xml_parse(xml, length, XML_STRICT, &fault);
	g_autofree char *name = doc ? xml_child_text(xml_root(doc), "name") : NULL;
	OWN(domain) domain = domain_new(name, NULL);
	struct reading reading = {.domain = name, .source = source, .problems = problems};

	if (doc)
		validate_root(xml_root(doc), &reading, domain);
	else
		object_unparsed(&reading, &fault);
	*ret_tags = domain_count_valid(domain);
	return count_critical(problems, first);
}
