/* SPDX-License-Identifier: MIT */
#include "xmlutil/entry.h"

#include <string.h>

#include "xmlutil/attribute.h"
#include "xmlutil/phrase.h"
#include "xmlutil/xml.h"

/* All versions of the format, those to come too. */
#define NAMESPACE_FAMILY "urn:usbreconcile:"

bool entry_is_foreign(const char *xml_namespace)
{
	return xml_namespace && !g_str_has_prefix(xml_namespace, NAMESPACE_FAMILY);
}

struct _xmlNode *entry_skip_foreign(struct _xmlNode *element)
{
	while (element && entry_is_foreign(xml_namespace(element)))
		element = xml_next(element);
	return element;
}

static bool is_ours(const struct reading *reading, const char *xml_namespace)
{
	if (reading->stripped && !xml_namespace)
		return true;
	return g_strcmp0(xml_namespace, TAG_NAMESPACE) == 0;
}

static bool has_undeclared_prefix(const char *name)
{
	return strchr(name, ':') != NULL;
}

/* What to write so that the element is in our namespace: its name with the prefix of the element
 * around it. */
static char *like_its_parent(const struct _xmlNode *element)
{
	const char *prefix = xml_prefix(xml_parent(element));
	const char *name = xml_name(element);
	const char *colon = strchr(name, ':');
	g_autofree char *full = g_strconcat(prefix ? prefix : "", prefix ? ":" : "",
					    colon ? colon + 1 : name, NULL);
	g_autofree char *cut = phrase_cut(full);

	return g_strdup_printf("write <%s>, as the element around it", cut);
}

/* Is the element in our namespace? Complains if it is not. Elements with a foreign namespace are
 * left alone and never come here. */
static bool check_namespace(struct entry_reading *entry, const struct _xmlNode *element)
{
	const char *uri = xml_namespace(element);
	bool prefixed = has_undeclared_prefix(xml_name(element));
	g_autofree char *tag = xml_tag(element);
	g_autofree char *quoted = NULL;

	if (is_ours(entry->reading, uri) && !prefixed)
		return true;
	if (!uri) {
		reading_complain_of(
			entry,
			prefixed ? g_strdup_printf("the prefix of %s is not declared", tag)
				 : g_strdup_printf("%s has no namespace", tag),
			like_its_parent(element));
		return false;
	}
	quoted = phrase_quote(uri);
	reading_complain_of(entry, g_strdup_printf("%s is in the namespace %s", tag, quoted),
			    g_strdup("this version reads " TAG_NAMESPACE));
	return false;
}

/* Is it an attribute that an element with these KNOWN ones may have, and not yet among VALUES? */
static bool check_attribute(struct entry_reading *entry, const char *name, const char *const *known,
			    GHashTable *values)
{
	g_autofree char *quoted = phrase_quote(name);

	if (has_undeclared_prefix(name))
		reading_complain_of(
			entry,
			g_strdup_printf("the prefix of the attribute %s is not declared", quoted),
			g_strdup("our attributes need no prefix: leave it out"));
	else if (!g_strv_contains(known, name))
		reading_complain_of(entry, g_strdup_printf("the attribute %s is not known", quoted),
				    phrase_hint(name, known));
	else if (g_hash_table_contains(values, name))
		reading_complain_of(
			entry, g_strdup_printf("%s is there twice, with and without prefix", name),
			g_strdup("leave out the one with the prefix"));
	else
		return true;
	return false;
}

/*
 * libvirt's virDomainGetMetadata() takes our namespace from the elements only, frees it, and then
 * writes out the attributes that still have it (use after free in libvirtd, seen on 9.0.0).
 */
static void warn_of_prefix(struct entry_reading *entry, const char *name)
{
	if (!entry->prefix_seen)
		reading_warn(entry->reading, entry->tag,
			     g_strdup_printf(
				     "the attribute %s has a prefix, which it does not need", name),
			     g_strdup("leave the prefix out: it can make libvirt crash, at \"virsh "
				      "metadata\" for one"));
	entry->prefix_seen = true;
}

/* The element's attributes of ours, whether they have our prefix or, as usual, none. */
static GHashTable *read_attributes(struct entry_reading *entry, const struct _xmlNode *element,
				   const char *const *known)
{
	GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	struct _xmlAttr *attr;

	for (attr = xml_attr_first(element); attr; attr = xml_attr_next(attr)) {
		const char *name = xml_attr_name(attr);

		if (entry_is_foreign(xml_attr_namespace(attr)) ||
		    !check_attribute(entry, name, known, values))
			continue;
		g_hash_table_insert(values, g_strdup(name), xml_attr_value(attr));
		if (xml_attr_namespace(attr))
			warn_of_prefix(entry, name);
	}
	return values;
}

static void read_id(struct entry_reading *entry, GHashTable *values)
{
	const char *vendor = g_hash_table_lookup(values, "vendor");
	const char *product = g_hash_table_lookup(values, "product");
	struct usb_id id;

	if (!vendor || !product) {
		reading_complain_of(entry, g_strdup("an <id> needs both vendor and product"),
				    g_strdup("write <usb:id vendor=\"1a6e\" product=\"089a\"/>"));
		return;
	}
	if (attribute_read_hex(entry, "vendor", vendor, &id.vendor) &&
	    attribute_read_hex(entry, "product", product, &id.product))
		g_array_append_val(entry->tag->ids, id);
}

static void read_match(struct entry_reading *entry, GHashTable *values)
{
	const char *property = g_hash_table_lookup(values, "property");
	const char *value = g_hash_table_lookup(values, "value");

	if (!property || !value || !*property || !*value)
		reading_complain_of(
			entry, g_strdup("a <match> needs both property and value, and not empty"),
			g_strdup("write <usb:match property=\"ID_MODEL\" value=\"*\"/>"));
	else
		g_ptr_array_add(entry->tag->matches, tag_match_new(property, value));
}

static const char *const id_attributes[] = {"vendor", "product", NULL};
static const char *const match_attributes[] = {"property", "value", NULL};

static const struct child {
	const char *name;
	const char *const *attributes;
	void (*read)(struct entry_reading *entry, GHashTable *values);
} children[] = {
	{"id", id_attributes, read_id},
	{"match", match_attributes, read_match},
};

static void complain_child(struct entry_reading *entry, const char *name)
{
	static const char *const known[] = {"<id>", "<match>", NULL};
	g_autofree char *quoted = phrase_quote(name);
	g_autofree char *tagged = g_strdup_printf("<%s>", name);

	if (g_strv_contains(attribute_names(), name))
		reading_complain_of(entry, g_strdup_printf("%s is an element here", quoted),
				    g_strdup_printf("write it as an attribute, %s=\"...\"", name));
	else
		reading_complain_of(entry, g_strdup_printf("the element %s is not known", quoted),
				    phrase_hint(tagged, known));
}

/* Takes over TEXT, which may be NULL. */
static void complain_text(struct entry_reading *entry, char *text)
{
	g_autofree char *quoted = NULL;

	if (!text)
		return;
	quoted = phrase_quote(text);
	g_free(text);
	reading_complain_of(
		entry, g_strdup_printf("there is text in it: %s", quoted),
		g_strdup("everything about an entry is said in attributes, <id> and <match>"));
}

/* <id> and <match> have nothing in them. */
static void check_empty(struct entry_reading *entry, const struct _xmlNode *element)
{
	complain_text(entry, xml_text_before_first(element));
	for (struct _xmlNode *inner = xml_first(element); inner; inner = xml_next(inner)) {
		complain_text(entry, xml_text_after(inner));
		if (!entry_is_foreign(xml_namespace(inner)))
			complain_child(entry, xml_name(inner));
	}
}

static void read_child(struct entry_reading *entry, const struct _xmlNode *element)
{
	if (entry_is_foreign(xml_namespace(element)) || !check_namespace(entry, element))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(children); i++) {
		g_autoptr(GHashTable) values = NULL;

		if (strcmp(xml_name(element), children[i].name) != 0)
			continue;
		values = read_attributes(entry, element, children[i].attributes);
		children[i].read(entry, values);
		check_empty(entry, element);
		return;
	}
	complain_child(entry, xml_name(element));
}

static void read_children(struct entry_reading *entry, const struct _xmlNode *element)
{
	complain_text(entry, xml_text_before_first(element));
	for (struct _xmlNode *child = xml_first(element); child; child = xml_next(child)) {
		read_child(entry, child);
		complain_text(entry, xml_text_after(child));
	}
}

/* Vendor and product are one <id>, written shorter. */
static void join_id(struct entry_reading *entry)
{
	if (!entry->has_vendor && !entry->has_product)
		return;
	if (!entry->has_product)
		reading_complain_of(entry, g_strdup("vendor is there without product"),
				    g_strdup("write both or neither"));
	else if (!entry->has_vendor)
		reading_complain_of(entry, g_strdup("product is there without vendor"),
				    g_strdup("write both or neither"));
	else if (entry->tag->ids->len > 0)
		reading_complain_of(entry, g_strdup("it has vendor and product, and <id> as well"),
				    g_strdup("write all of its identities as <id>"));
	else
		g_array_append_val(entry->tag->ids, entry->id);
}

/* Checks what only the whole entry shows. Not of an entry that has a complaint already: a misspelt
 * attribute would be reported a second time, as one that is missing. */
static void check_whole(struct entry_reading *entry)
{
	if (!entry->tag->name)
		reading_complain_of(
			entry, g_strdup("it has no name"),
			g_strdup("add name=\"...\": 1 to 40 letters, digits, - and _, which "
				 "become part of the alias"));
	else if (!tag_says_which(entry->tag))
		reading_complain_of(
			entry, g_strdup("it does not say which device"),
			g_strdup("add at least one of serial, port, vendor and product, <id> or "
				 "<match>"));
}

static bool check_kind(struct entry_reading *entry, const char *name)
{
	static const char *const kinds[] = {"device", "group", NULL};
	g_autofree char *quoted = phrase_quote(name);

	if (g_strv_contains(kinds, name))
		return true;
	reading_complain_of(entry, g_strdup_printf("the element %s is not known", quoted),
			    phrase_hint(name, kinds));
	return false;
}

/* Takes the name, if it is a good one, before anything else is read: complaints name the entry,
 * also one that is not read any further. */
static void read_name_only(struct entry_reading *entry, const struct _xmlNode *element)
{
	char *name = xml_attribute(element, "name");

	if (name && tag_name_ok(name))
		entry->tag->name = name;
	else
		g_free(name);
}

static void read_entry(struct entry_reading *entry, const struct _xmlNode *element)
{
	g_autoptr(GHashTable) values = read_attributes(entry, element, attribute_names());

	attribute_read_all(entry, values);
	read_children(entry, element);
	if (entry->complaints == 0)
		join_id(entry);
	if (entry->complaints == 0)
		check_whole(entry);
}

struct tag *entry_read(const struct _xmlNode *element, unsigned int number,
		       const struct reading *reading)
{
	struct entry_reading entry = {.reading = reading, .tag = tag_new()};
	const char *name = xml_name(element);

	entry.tag->entry = number;
	entry.tag->line = xml_line(element);
	entry.tag->group = g_str_equal(name, "group");
	read_name_only(&entry, element);
	if (check_namespace(&entry, element) && check_kind(&entry, name))
		read_entry(&entry, element);
	return entry.tag;
}
