/* SPDX-License-Identifier: MIT */
/* XML may hold anything: it is refused with a reason, or what is read from it can be relied on. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "xmlutil/domain_xml.h"
#include "xmlutil/metadata.h"
#include "xmlutil/metadata_edit.h"
#include "state/port.h"

static void require(bool holds, const char *what)
{
	if (!holds) {
		g_printerr("broken: %s\n", what);
		abort();
	}
}

/* What is read as a port is read as the same port again. */
static void check_port(const char *port, enum port_kind kind)
{
	g_autofree char *again = NULL;
	const char *why, *fix;

	if (!port)
		return;
	require(port_read(port, &again, &why, &fix) == kind, "a port stays a port");
	require(strcmp(port, again) == 0, "a port is canonical");
}

static void check_tag(const struct domain *domain, const struct tag *tag)
{
	require(!tag->name || tag_name_ok(tag->name), "a name fits into an alias");
	check_port(tag->port, PORT_ID_PATH);
	check_port(tag->port_sysname, PORT_SYSNAME);
	if (tag->complaint) {
		require(domain->metadata == METADATA_INVALID, "a complaint makes it invalid");
		return;
	}
	require(tag->name != NULL, "a valid tag has a name");
	require(domain_find_tag(domain, tag->name) == tag, "a valid tag's name is its own");
	require(tag->ids->len || tag->serial || tag->port || tag->port_sysname || tag->matches->len,
		"a valid tag says which device");
	require(!tag->guest_port || guest_port_ok(tag->guest_port), "a guest port is one");
	require(tag->limit >= 1, "a group has room");
}

static void check_domain(const struct domain *domain, const GPtrArray *problems)
{
	bool critical = false;

	require(domain->tags->len <= METADATA_MAX_ENTRIES, "entries are bounded");
	for (guint i = 0; i < domain->tags->len; i++)
		check_tag(domain, g_ptr_array_index(domain->tags, i));
	for (guint i = 0; i < problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(problems, i);

		critical = critical || problem->severity == SEVERITY_CRITICAL;
		require(g_utf8_validate(problem->message, -1, NULL), "a message is UTF-8");
		require(strlen(problem->message) < 2000, "a message is short");
		require(problem->hint != NULL, "a problem says what to write");
	}
	require((domain->metadata == METADATA_INVALID) == critical, "invalid is what is critical");
}

static void read_domain(const char *xml)
{
	OWN(domain) domain = domain_new("vm", NULL);
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autofree char *config_err = NULL;
	g_autofree char *live_err = NULL;
	g_autofree char *image_err = NULL;
	int config = domain_xml_read_config(xml, false, domain, problems, &config_err);
	int live = domain_xml_read_live(xml, domain, &live_err);
	int image = domain_xml_read_image(xml, domain, &image_err);

	require(config == live && live == image, "a document is one or is none");
	require((config != 0) == (config_err != NULL), "an error has words");
	require((config != 0) == (domain->metadata == METADATA_UNREAD), "unread is an error");
	require(domain->config->len == domain->live->len, "all reads see the same hostdevs");
	check_domain(domain, problems);
}

static void edit_image(const char *xml)
{
	OWN(device) device = device_new();
	OWN(domain) domain = domain_new("vm", NULL);
	char alias[] = "ua-usbr-a";
	const struct action action = {.kind = ACTION_EDIT_IMAGE, .device = device, .alias = alias};
	g_autofree char *err = NULL;
	g_autofree char *edited = NULL;
	const struct hostdev *hostdev;

	device->bus = 3;
	device->dev = 42;
	device->id = (struct usb_id){0x0403, 0x6001};
	edited = domain_xml_edit_image(xml, &action, &err);
	require((edited != NULL) == (err == NULL), "an edit gives a document or words");
	if (!edited)
		return;
	require(domain_xml_read_image(edited, domain, &err) == 0, "an edited image is readable");
	hostdev = domain_find_hostdev(domain->image, alias);
	require(hostdev && hostdev_is(hostdev, device), "an edited image names the device");
}

static char *in_domain(const char *wrapper)
{
	return g_strdup_printf("<domain><metadata>%s</metadata></domain>", wrapper);
}

static void read_tags(const char *wrapper, struct domain *domain)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autofree char *xml = in_domain(wrapper);
	g_autofree char *err = NULL;

	require(domain_xml_read_config(xml, false, domain, problems, &err) == 0,
		"an edited element is readable");
}

/* Entry by entry, what was there before is there still, as valid and as invalid. */
static void check_kept(const struct domain *before, const struct domain *after)
{
	for (guint i = 0; i < before->tags->len; i++) {
		const struct tag *old = g_ptr_array_index(before->tags, i);
		const struct tag *kept = g_ptr_array_index(after->tags, i);

		require(g_strcmp0(old->name, kept->name) == 0, "an entry keeps its name");
		require(tag_same_identity(old, kept), "an entry keeps what it asks for");
		require((old->complaint == NULL) == (kept->complaint == NULL),
			"an entry keeps its worth");
		require(old->enabled == kept->enabled && old->required == kept->required &&
				old->persist == kept->persist && old->limit == kept->limit &&
				g_strcmp0(old->guest_port, kept->guest_port) == 0,
			"an entry keeps its options");
	}
}

static struct metadata_edit *change(const char *xml, enum metadata_change_kind kind,
				    const struct tag *tag, const char *name)
{
	struct metadata_change one = {kind, tag, name};
	g_autoptr(GPtrArray) changes = g_ptr_array_new();
	struct metadata_edit *edit = NULL;
	g_autofree char *err = NULL;

	g_ptr_array_add(changes, &one);
	require((metadata_edit(xml, changes, &edit, &err) == 0) == (err == NULL),
		"an edit is done or has words");
	require((edit == NULL) == (err != NULL), "an edit is done or is none");
	return edit;
}

/* A tag is added, and taken out again: then all is as it was. */
static void edit_tags(const char *xml)
{
	OWN(domain) before = domain_new("vm", NULL);
	OWN(domain) added = domain_new("vm", NULL);
	OWN(domain) removed = domain_new("vm", NULL);
	OWN(tag) tag = tag_new();
	OWN(metadata_edit) none = change(xml, METADATA_REMOVE, NULL, "fuzz-1-fuzz");
	OWN(metadata_edit) add = NULL;
	OWN(metadata_edit) back = NULL;
	g_autofree char *document = NULL;

	if (!none || !none->xml || none->changed)
		return;
	read_tags(none->xml, before);
	tag->name = g_strdup("fuzz-1-fuzz");
	tag->serial = g_strdup("\xff<\"\n\\");
	add = change(xml, METADATA_ADD, tag, NULL);
	if (!add)
		return;
	require(add->changed && add->xml && add->set && add->key, "an added tag is to be written");
	read_tags(add->xml, added);
	require(added->tags->len == before->tags->len + 1, "one entry is added");
	require(tag_same_identity(g_ptr_array_index(added->tags, before->tags->len), tag),
		"the entry is the tag");
	check_kept(before, added);
	document = in_domain(add->xml);
	back = change(document, METADATA_REMOVE, NULL, "fuzz-1-fuzz");
	require(back && back->changed, "what was added can be taken out");
	if (!back->xml)
		return;
	read_tags(back->xml, removed);
	require(removed->tags->len == before->tags->len, "one entry is taken out");
	check_kept(before, removed);
}

static void validate(const char *xml, size_t length)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	unsigned int tags;

	metadata_validate(xml, length, "file", problems, &tags);
}

static void read_port(const char *text)
{
	g_autofree char *port = NULL;
	const char *why, *fix;
	enum port_kind kind = port_read(text, &port, &why, &fix);

	require((kind == PORT_NONE) == (port == NULL), "a port is one or is none");
	check_port(port, kind);
}

/* The bytes inside of what a chance document hardly ever has around them. */
static void read_inside(const char *format, const char *bytes)
{
	char **around = g_strsplit(format, "@", 2);
	g_autofree char *xml = g_strconcat(around[0], bytes, around[1], NULL);

	g_strfreev(around);
	read_domain(xml);
	edit_image(xml);
	edit_tags(xml);
	validate(xml, strlen(xml));
}

#define TAGS(entries)                                                                              \
	"<domain><metadata><u:devices xmlns:u='" TAG_NAMESPACE "'>" entries                        \
	"</u:devices></metadata></domain>"
#define METADATA "<domain><metadata>@</metadata></domain>"
#define HOSTDEV(inside)                                                                            \
	"<domain><devices><hostdev mode='subsystem' type='usb'><alias name='ua-usbr-a'/>" inside   \
	"</hostdev></devices></domain>"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *xml = g_strndup((const char *)data, size);

	validate((const char *)data, size);
	read_domain(xml);
	edit_image(xml);
	edit_tags(xml);
	read_port(xml);
	read_inside(METADATA, xml);
	read_inside(TAGS("@"), xml);
	read_inside(TAGS("<u:device name='a' @/>"), xml);
	read_inside(HOSTDEV("@"), xml);
	return 0;
}
