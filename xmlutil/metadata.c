/* SPDX-License-Identifier: MIT */
#include "xmlutil/metadata.h"

#include <string.h>

#include "xmlutil/phrase.h"
#include "xmlutil/wrapper.h"
#include "xmlutil/xml.h"

static void object_unparsed(const struct reading *reading, struct xml_fault *fault)
{
	unsigned int line = fault->line;
	g_autofree char *message = g_steal_pointer(&fault->message);

	reading_object(reading, line, g_strdup_printf("our metadata cannot be parsed: %s", message),
		       g_strdup("mend it with \"virsh edit\", or remove it and tag again"));
}

static void read_root(struct _xmlNode *root, struct reading *reading, struct domain *domain)
{
	const char *uri = xml_namespace(root);

	reading->stripped = !uri;
	domain->metadata = METADATA_INVALID;
	if (wrapper_is_other_version(uri)) {
		wrapper_object_version(root, reading);
	} else if (uri && strcmp(uri, TAG_NAMESPACE) != 0) {
		g_autofree char *tag = xml_tag(root);
		g_autofree char *quoted = phrase_quote(uri);

		reading_object(
			reading, xml_line(root),
			g_strdup_printf("%s is in the namespace %s, which is not ours", tag,
					quoted),
			g_strdup("write <usb:" WRAPPER_NAME " xmlns:usb=\"" TAG_NAMESPACE "\">"));
	} else {
		wrapper_read(root, reading, domain);
	}
}

void metadata_read(const char *xml, struct domain *domain, GPtrArray *problems)
{
	struct reading reading = {.domain = domain->name, .problems = problems};
	size_t length = strlen(xml);
	struct xml_fault fault = {0};
	OWN_XML doc = NULL;

	domain->metadata = METADATA_INVALID;
	if (length > METADATA_MAX_BYTES) {
		reading_object(
			&reading, 0,
			g_strdup_printf("our metadata is longer than %d bytes", METADATA_MAX_BYTES),
			g_strdup("shorten it"));
		return;
	}
	doc = xml_parse(xml, length, XML_STRICT, &fault);
	if (doc)
		read_root(xml_root(doc), &reading, domain);
	else
		object_unparsed(&reading, &fault);
}
