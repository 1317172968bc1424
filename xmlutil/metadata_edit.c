/* SPDX-License-Identifier: MIT */
#include "xmlutil/metadata_edit.h"

#include <libxml/tree.h>
#include <string.h>

#include "state/problem.h"
#include "state/text.h"
#include "xmlutil/entry.h"
#include "xmlutil/metadata_set.h"
#include "xmlutil/wrapper.h"
#include "xmlutil/xml.h"

/* Our element while it is changed: alone in a document, with every declaration it needs. */
struct editing {
	xmlDocPtr doc;         /* NULL: there is none */
	struct domain *domain; /* what is read from it; the tags are its entries, in their order */
	bool changed;
};

void metadata_edit_free(struct metadata_edit *edit)
{
	g_free(edit->xml);
	g_free(edit->set);
	g_free(edit->key);
	g_free(edit);
}

static void check_memory(const void *made)
{
	if (!made)
		g_error("out of memory");
}

static void editing_close(struct editing *editing)
{
	if (editing->doc)
		xml_free(editing->doc);
	domain_unref(editing->domain);
}

static xmlNodePtr wrapper_of(const struct editing *editing)
{
	return xml_root(editing->doc);
}

/* The first problem that is about the element itself; if each is about an entry, the first. */
static const struct problem *main_problem(const GPtrArray *problems)
{
	for (guint i = 0; i < problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(problems, i);

		if (!problem->tag)
			return problem;
	}
	return g_ptr_array_index(problems, 0);
}

/* Reads WRAPPER; -1 with *err when it, and not only an entry, is wrong. */
static int read_wrapper(struct editing *editing, xmlNodePtr wrapper, const char *what, char **err)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	const struct reading reading = {.problems = problems};
	const struct problem *problem;

	domain_unref(editing->domain);
	editing->domain = domain_new(NULL, NULL);
	if (wrapper_read(wrapper, &reading, editing->domain))
		return 0;
	problem = main_problem(problems);
	*err = g_strdup_printf("%s: %s; %s", what, problem->message, problem->hint);
	return -1;
}

static void copy_out(struct editing *editing, xmlNodePtr wrapper)
{
	xmlNodePtr copy;

	editing->doc = xmlNewDoc(NULL);
	check_memory(editing->doc);
	/* Declares on the copy what was declared further out. */
	copy = xmlDocCopyNode(wrapper, editing->doc, 1);
	check_memory(copy);
	xmlDocSetRootElement(editing->doc, copy);
	metadata_set_tidy(copy);
}

static int editing_open(struct editing *editing, const char *domain_xml, char **err)
{
	struct xml_fault fault;
	OWN_XML doc = xml_parse(domain_xml, strlen(domain_xml), XML_STRICT, &fault);
	g_autofree char *why = doc ? NULL : xml_fault_sentence(&fault);
	const xmlNode *root = doc ? xml_root(doc) : NULL;
	xmlNodePtr wrapper;

	*editing = (struct editing){.domain = domain_new(NULL, NULL)};
	if (!root || !xml_is(root, "domain")) {
		*err = g_strdup_printf("the domain's XML cannot be read: %s",
				       why ? why : "it is no <domain>");
		return -1;
	}
	wrapper = wrapper_find(xml_child(root, "metadata"));
	if (wrapper) {
		copy_out(editing, wrapper);
		return read_wrapper(editing, wrapper, "its tags cannot be changed", err);
	}
	if (wrapper_other(xml_child(root, "metadata"))) {
		*err = g_strdup("its tags cannot be changed: they are in another version of our "
				"namespace, and this program writes " TAG_NAMESPACE);
		return -1;
	}
	return 0;
}

/* The element of the tag that was read as the Nth. */
static xmlNodePtr entry_at(const struct editing *editing, guint n)
{
	xmlNodePtr element = entry_skip_foreign(xml_first(wrapper_of(editing)));

	while (n-- > 0)
		element = entry_skip_foreign(xml_next(element));
	return element;
}

static bool is_text(const xmlNode *node)
{
	return node && node->type == XML_TEXT_NODE && node->content;
}

static bool is_blank(const xmlNode *node)
{
	return is_text(node) &&
	       node->content[strspn((const char *)node->content, " \t\r\n")] == '\0';
}

/* The line break and blanks before the last of the elements; NULL: it has none. */
static char *indentation(const xmlNode *wrapper)
{
	const xmlNode *last = wrapper->last;
	const char *text;

	while (last && last->type != XML_ELEMENT_NODE)
		last = last->prev;
	if (last ? !is_blank(last->prev) : !is_blank(wrapper->last))
		return NULL;
	text = (const char *)(last ? last->prev : wrapper->last)->content;
	text = strrchr(text, '\n') ? strrchr(text, '\n') : text;
	return g_strconcat(text, last ? "" : "  ", NULL);
}

/* Puts the entry at the end, on a line of its own if the others are. */
static void append(xmlNodePtr wrapper, xmlNodePtr entry)
{
	g_autofree char *indent = indentation(wrapper);
	xmlNodePtr text;

	if (is_blank(wrapper->last))
		xmlAddPrevSibling(wrapper->last, entry);
	else
		xmlAddChild(wrapper, entry);
	if (!indent)
		return;
	text = xmlNewDocText(wrapper->doc, (const xmlChar *)indent);
	check_memory(text);
	/* Blank text that was alone between the wrapper's tags now stands after the entry, where it
	 * indents the end tag. */
	xmlAddPrevSibling(entry, text);
}

static void set(xmlNodePtr entry, const char *name, const char *value)
{
	if (value)
		xml_set(entry, name, value);
}

static void set_hex(xmlNodePtr entry, const char *name, uint16_t number)
{
	g_autofree char *text = g_strdup_printf("%04x", number);

	set(entry, name, text);
}

static xmlNodePtr new_entry(xmlNodePtr wrapper, const struct tag *tag)
{
	xmlNodePtr entry =
		xmlNewDocNode(wrapper->doc, wrapper->ns, (const xmlChar *)"device", NULL);
	g_autofree char *serial = tag->serial ? text_spell(tag->serial) : NULL;

	check_memory(entry);
	set(entry, "name", tag->name);
	if (tag->ids->len > 0) {
		struct usb_id id = g_array_index(tag->ids, struct usb_id, 0);

		set_hex(entry, "vendor", id.vendor);
		set_hex(entry, "product", id.product);
	}
	set(entry, "serial", serial);
	set(entry, "port", tag->port ? tag->port : tag->port_sysname);
	if (tag->persist != TAG_PERSIST_KEEP)
		set(entry, "persist", tag_persist_name(tag->persist));
	if (tag->guest_reset != GUEST_RESET_DEFAULT)
		set(entry, "guestReset", guest_reset_name(tag->guest_reset));
	return entry;
}

static void make_wrapper(struct editing *editing)
{
	xmlNodePtr wrapper;

	editing->doc = xmlNewDoc(NULL);
	check_memory(editing->doc);
	wrapper = xmlNewDocNode(editing->doc, NULL, (const xmlChar *)WRAPPER_NAME, NULL);
	check_memory(wrapper);
	xmlDocSetRootElement(editing->doc, wrapper);
	xmlSetNs(wrapper,
		 xmlNewNs(wrapper, (const xmlChar *)TAG_NAMESPACE, (const xmlChar *)"usb"));
	check_memory(wrapper->ns);
}

static int add_entry(struct editing *editing, const struct tag *tag, char **err)
{
	const struct tag *there = domain_find_tag(editing->domain, tag->name);

	if (there && !there->complaint && tag_same_identity(there, tag))
		return 0;
	if (there) {
		*err = g_strdup_printf("it has a tag \"%s\" that asks for something else",
				       tag->name);
		return -1;
	}
	if (!editing->doc)
		make_wrapper(editing);
	append(wrapper_of(editing), new_entry(wrapper_of(editing), tag));
	editing->changed = true;
	return 0;
}

/* Text behind an entry counts as a mistake in it (wrapper.c) and goes with it. */
static bool drop_text_behind(xmlNodePtr entry)
{
	bool any = false;
	xmlNodePtr next;

	for (xmlNodePtr node = entry->next; node && node->type != XML_ELEMENT_NODE; node = next) {
		next = node->next;
		if (node->type != XML_CDATA_SECTION_NODE && (!is_text(node) || is_blank(node)))
			continue;
		xml_drop(node);
		any = true;
	}
	return any;
}

static void remove_entry(struct editing *editing, xmlNodePtr entry)
{
	if (!drop_text_behind(entry) && is_blank(entry->prev))
		xml_drop(entry->prev);
	xml_drop(entry);
	editing->changed = true;
}

/* Is there anything left in our element that somebody may want to keep: another element, a comment,
 * an attribute? */
static bool is_bare(const xmlNode *wrapper)
{
	const xmlNode *child = wrapper->children;

	while (is_blank(child))
		child = child->next;
	return !child && !wrapper->properties;
}

static void remove_entries(struct editing *editing, const char *name)
{
	for (guint i = editing->domain->tags->len; i-- > 0;) {
		const struct tag *tag = g_ptr_array_index(editing->domain->tags, i);

		if (!name || g_strcmp0(tag->name, name) == 0)
			remove_entry(editing, entry_at(editing, i));
	}
	if (editing->doc && is_bare(wrapper_of(editing))) {
		xml_free(g_steal_pointer(&editing->doc));
		editing->changed = true;
	}
}

/* Enabling removes the attribute: enabled="yes" is the default. */
static void write_enabled(xmlNodePtr entry, bool enabled)
{
	/* People write the prefix at attributes, too. */
	xmlAttrPtr old = xmlHasNsProp(entry, (const xmlChar *)"enabled", NULL);

	if (!old)
		old = xmlHasNsProp(entry, (const xmlChar *)"enabled",
				   (const xmlChar *)TAG_NAMESPACE);
	if (enabled)
		xmlRemoveProp(old);
	else if (old)
		check_memory(xmlSetNsProp(entry, old->ns, old->name, (const xmlChar *)"no"));
	else
		set(entry, "enabled", "no");
}

static int enable_entry(struct editing *editing, const char *name, bool enabled, char **err)
{
	for (guint i = 0; i < editing->domain->tags->len; i++) {
		const struct tag *tag = g_ptr_array_index(editing->domain->tags, i);

		if (g_strcmp0(tag->name, name) != 0)
			continue;
		if (tag->complaint) {
			*err = g_strdup_printf("its tag \"%s\" is invalid: %s", name,
					       tag->complaint);
			return -1;
		}
		if (tag->enabled != enabled) {
			write_enabled(entry_at(editing, i), enabled);
			editing->changed = true;
		}
		return 0;
	}
	*err = g_strdup_printf("it has no tag \"%s\"", name);
	return -1;
}

static int change_once(struct editing *editing, const struct metadata_change *change, char **err)
{
	switch (change->kind) {
	case METADATA_ADD:
		return add_entry(editing, change->tag, err);
	case METADATA_REMOVE:
		remove_entries(editing, change->name);
		return 0;
	case METADATA_ENABLE:
		return enable_entry(editing, change->name, true, err);
	case METADATA_DISABLE:
		return enable_entry(editing, change->name, false, err);
	}
	g_assert_not_reached();
}

static int change_all(struct editing *editing, const GPtrArray *changes, char **err)
{
	for (guint i = 0; i < changes->len; i++) {
		if (change_once(editing, g_ptr_array_index(changes, i), err) < 0)
			return -1;
		/* Each change is made to the result of the one before, so it is read again after
		 * each. */
		if (editing->doc && read_wrapper(editing, wrapper_of(editing),
						 "its tags could not be read any more", err) < 0)
			return -1;
		if (!editing->doc)
			g_ptr_array_set_size(editing->domain->tags, 0);
	}
	return 0;
}

static int write_out(struct editing *editing, struct metadata_edit *edit, char **err)
{
	const xmlNode *obstacle;

	edit->changed = editing->changed;
	if (!editing->doc)
		return 0;
	edit->xml = metadata_set_dump(wrapper_of(editing), true);
	obstacle = metadata_set_obstacle(wrapper_of(editing));
	if (!obstacle) {
		edit->set = metadata_set_write(editing->doc, &edit->key);
	} else if (edit->changed) {
		g_autofree char *tag = xml_tag(obstacle);

		*err = g_strdup_printf(
			"its tags cannot be changed: between them stands %s without a "
			"namespace, and libvirt would put ours on it; take it out or "
			"give it one with \"virsh edit\"",
			tag);
		return -1;
	}
	return 0;
}

int metadata_edit(const char *domain_xml, const GPtrArray *changes, struct metadata_edit **ret_edit,
		  char **err)
{
	struct editing editing;
	OWN(metadata_edit) edit = g_new0(struct metadata_edit, 1);
	int result = editing_open(&editing, domain_xml, err);

	if (result == 0)
		result = change_all(&editing, changes, err);
	if (result == 0)
		result = write_out(&editing, edit, err);
	if (result == 0)
		*ret_edit = g_steal_pointer(&edit);
	editing_close(&editing);
	return result;
}
