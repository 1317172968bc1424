/* SPDX-License-Identifier: MIT */
#include "xmlutil/wrapper.h"

#include <string.h>

#include "xmlutil/entry.h"
#include "xmlutil/metadata.h"
#include "xmlutil/phrase.h"
#include "xmlutil/xml.h"

bool wrapper_is_other_version(const char *xml_namespace)
{
	return xml_namespace && !entry_is_foreign(xml_namespace) &&
	       strcmp(xml_namespace, TAG_NAMESPACE) != 0;
}

/* Complains and returns false when the wrapper's own tag says something that is not understood. */
static bool check_tag(const struct _xmlNode *wrapper, const struct reading *reading)
{
	struct _xmlAttr *attr = xml_attr_first(wrapper);
	g_autofree char *tag = xml_tag(wrapper);
	g_autofree char *quoted = NULL;

	if (strcmp(xml_name(wrapper), WRAPPER_NAME) != 0) {
		reading_object(reading, xml_line(wrapper),
			       g_strdup_printf("our element in <metadata> is called %s", tag),
			       g_strdup("put all entries into one <usb:" WRAPPER_NAME "> there"));
		return false;
	}
	while (attr && entry_is_foreign(xml_attr_namespace(attr)))
		attr = xml_attr_next(attr);
	if (!attr)
		return true;
	quoted = phrase_quote(xml_attr_name(attr));
	reading_object(
		reading, xml_line(wrapper),
		g_strdup_printf("<" WRAPPER_NAME "> has the attribute %s, and knows none", quoted),
		g_strdup("write it into the entries that it is for"));
	return false;
}

static unsigned int count_entries(const struct _xmlNode *wrapper)
{
	struct _xmlNode *element = entry_skip_foreign(xml_first(wrapper));
	unsigned int count = 0;

	for (; element; element = entry_skip_foreign(xml_next(element)))
		count++;
	return count;
}

static bool check_bounds(struct _xmlNode *wrapper, const struct reading *reading)
{
	unsigned int line = xml_line(wrapper);
	unsigned int entries = count_entries(wrapper);
	g_autofree char *text = xml_dump(wrapper, false);

	if (strlen(text) > METADATA_MAX_BYTES)
		reading_object(
			reading, line,
			g_strdup_printf("our metadata is longer than %d bytes", METADATA_MAX_BYTES),
			g_strdup("shorten it"));
	else if (xml_depth(wrapper) > METADATA_MAX_DEPTH)
		reading_object(reading, line,
			       g_strdup_printf("our metadata is nested deeper than %d elements",
					       METADATA_MAX_DEPTH),
			       g_strdup("take out what is nested"));
	else if (entries > METADATA_MAX_ENTRIES)
		reading_object(
			reading, line, g_strdup_printf("there are %u entries", entries),
			g_strdup_printf("a domain can have %d; several devices can be one group",
					METADATA_MAX_ENTRIES));
	else
		return true;
	return false;
}

/* Complains and returns false when there is TEXT, which it takes over. */
static bool check_text(const struct _xmlNode *wrapper, const struct reading *reading, char *text)
{
	g_autofree char *quoted = NULL;

	if (!text)
		return true;
	quoted = phrase_quote(text);
	g_free(text);
	reading_object(reading, xml_line(wrapper),
		       g_strdup_printf("there is text in <" WRAPPER_NAME ">: %s", quoted),
		       g_strdup("everything is said in <usb:device> and <usb:group>"));
	return false;
}

/*
 * What stands after an entry was perhaps meant to be inside it: <usb:device .../> serial="x"/>. An
 * entry that lost its serial would match the twin. Takes over TEXT, which may be NULL.
 */
static void check_text_after(const struct reading *reading, struct tag *tag, char *text)
{
	g_autofree char *quoted = NULL;

	if (!text)
		return;
	quoted = phrase_quote(text);
	g_free(text);
	reading_complain(reading, tag, g_strdup_printf("there is text after it: %s", quoted),
			 g_strdup("take it out; did the entry end too early?"));
}

/* Is the wrapper itself understood, so that only single entries in it can be wrong? */
static bool read_entries(const struct _xmlNode *wrapper, const struct reading *reading,
			 struct domain *domain)
{
	bool ok = check_text(wrapper, reading, xml_text_before_first(wrapper));
	unsigned int number = 0;

	for (struct _xmlNode *element = xml_first(wrapper); element; element = xml_next(element)) {
		struct tag *tag;

		if (entry_is_foreign(xml_namespace(element))) {
			ok = ok && check_text(wrapper, reading, xml_text_after(element));
			continue;
		}
		tag = entry_read(element, ++number, reading);
		g_ptr_array_add(domain->tags, tag);
		check_text_after(reading, tag, xml_text_after(element));
	}
	return ok;
}

/* Another entry of that name, or NULL. */
static const struct tag *find_namesake(const struct domain *domain, const struct tag *tag)
{
	for (guint i = 0; tag->name && i < domain->tags->len; i++) {
		const struct tag *other = g_ptr_array_index(domain->tags, i);

		if (other != tag && g_strcmp0(tag->name, other->name) == 0)
			return other;
	}
	return NULL;
}

/* An alias would not tell which of them is meant: all of one name are invalid. */
static void check_names(const struct reading *reading, const struct domain *domain)
{
	for (guint i = 0; i < domain->tags->len; i++) {
		struct tag *tag = g_ptr_array_index(domain->tags, i);
		const struct tag *other = find_namesake(domain, tag);

		if (other)
			reading_complain(
				reading, tag,
				g_strdup_printf("entry %u is called \"%s\" too", other->entry,
						tag->name),
				g_strdup("give each entry of the domain a name of its own"));
	}
}

bool wrapper_read(struct _xmlNode *wrapper, const struct reading *reading, struct domain *domain)
{
	bool ok;

	domain->metadata = METADATA_INVALID;
	if (!check_tag(wrapper, reading) || !check_bounds(wrapper, reading))
		return false;
	ok = read_entries(wrapper, reading, domain);
	check_names(reading, domain);
	if (ok && domain_count_valid(domain) == domain->tags->len)
		domain->metadata = METADATA_VALID;
	return ok;
}

void wrapper_object_version(const struct _xmlNode *element, const struct reading *reading)
{
	g_autofree char *tag = xml_tag(element);
	g_autofree char *quoted = phrase_quote(xml_namespace(element));

	reading_object(reading, xml_line(element),
		       g_strdup_printf("%s is in the namespace %s", tag, quoted),
		       g_strdup("this version reads " TAG_NAMESPACE));
}

/* libvirt reads one <metadata>, and of the elements in one namespace the first (9.0.0 to 12.8.0).
 */
static struct _xmlNode *find(const struct _xmlNode *metadata, bool (*fits)(const char *))
{
	struct _xmlNode *element = metadata ? xml_first(metadata) : NULL;

	while (element && !fits(xml_namespace(element)))
		element = xml_next(element);
	return element;
}

static bool is_ours(const char *xml_namespace)
{
	return g_strcmp0(xml_namespace, TAG_NAMESPACE) == 0;
}

struct _xmlNode *wrapper_find(const struct _xmlNode *metadata)
{
	return find(metadata, is_ours);
}

struct _xmlNode *wrapper_other(const struct _xmlNode *metadata)
{
	return find(metadata, wrapper_is_other_version);
}

void wrapper_read_domain(const struct _xmlNode *root, const struct reading *reading,
			 struct domain *domain)
{
	const struct _xmlNode *metadata = xml_child(root, "metadata");
	struct _xmlNode *wrapper = wrapper_find(metadata);
	struct _xmlNode *other = wrapper_other(metadata);

	domain->metadata = METADATA_ABSENT;
	if (wrapper) {
		wrapper_read(wrapper, reading, domain);
	} else if (other) {
		wrapper_object_version(other, reading);
		domain->metadata = METADATA_INVALID;
	}
}
