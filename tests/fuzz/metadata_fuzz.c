/* SPDX-License-Identifier: MIT */
/* XML may hold anything: it is refused with a reason, or what is read from it can be relied on. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "xmlutil/domain_xml.h"
#include "xmlutil/metadata.h"
#include "xmlutil/port.h"

static void require(bool holds, const char *what)
{
	if (!holds) {
		g_printerr("broken: %s\n", what);
		abort();
	}
}

static void free_problem(gpointer data)
{
	problem_free(data);
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
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(free_problem);
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

static void validate(const char *xml, size_t length)
{
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(free_problem);
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
	read_port(xml);
	read_inside(METADATA, xml);
	read_inside(TAGS("@"), xml);
	read_inside(TAGS("<u:device name='a' @/>"), xml);
	read_inside(HOSTDEV("@"), xml);
	return 0;
}
