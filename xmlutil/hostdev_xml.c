/* SPDX-License-Identifier: MIT */
#include "xmlutil/hostdev_xml.h"

#include <errno.h>
#include <string.h>

#include "xmlutil/hostdev_rest.h"
#include "xmlutil/xml.h"

/* As libvirt reads them: decimal, or with 0x. */
static bool read_number(const struct _xmlNode *node, const char *name, unsigned int max,
			unsigned int *ret_number)
{
	g_autofree char *text = xml_attribute(node, name);
	guint64 number;
	char *end;

	if (!text || !g_ascii_isdigit(text[0]))
		return false;
	errno = 0;
	number = g_ascii_strtoull(text, &end, 0);
	if (errno != 0 || *end != '\0' || number > max)
		return false;
	*ret_number = (unsigned int)number;
	return true;
}

/*
 * A host address is bus and device. Newer libvirt (between 11.4 and 12.8) also takes bus and port,
 * which does not say what is attached: as good as none. Neither number is ever 0; libvirt means
 * "not given" by it.
 */
static void read_address(const struct _xmlNode *source, struct hostdev *hostdev)
{
	const struct _xmlNode *address = xml_child(source, "address");
	unsigned int bus, dev;

	if (!read_number(address, "bus", G_MAXINT, &bus) ||
	    !read_number(address, "device", G_MAXINT, &dev) || bus == 0 || dev == 0)
		return;
	hostdev->has_address = true;
	hostdev->bus = bus;
	hostdev->dev = dev;
}

static void read_id(const struct _xmlNode *source, struct hostdev *hostdev)
{
	unsigned int vendor, product;

	if (!read_number(xml_child(source, "vendor"), "id", G_MAXUINT16, &vendor) ||
	    !read_number(xml_child(source, "product"), "id", G_MAXUINT16, &product))
		return;
	hostdev->has_id = true;
	hostdev->id = (struct usb_id){(uint16_t)vendor, (uint16_t)product};
}

static void read_source(const struct _xmlNode *source, struct hostdev *hostdev)
{
	g_autofree char *missing = xml_attribute(source, "missing");
	g_autofree char *reset = xml_attribute(source, "guestReset");

	read_address(source, hostdev);
	read_id(source, hostdev);
	hostdev->missing = g_strcmp0(missing, "yes") == 0;
	hostdev->startup_policy = xml_attribute(source, "startupPolicy");
	if (!reset || !guest_reset_parse(reset, &hostdev->guest_reset))
		hostdev->guest_reset = GUEST_RESET_DEFAULT;
}

char *hostdev_xml_guest_port(const struct _xmlNode *element)
{
	const struct _xmlNode *address = xml_child(element, "address");
	g_autofree char *type = xml_attribute(address, "type");
	g_autofree char *bus = xml_attribute(address, "bus");
	g_autofree char *port = xml_attribute(address, "port");
	g_autofree char *place = NULL;

	if (g_strcmp0(type, "usb") != 0 || !bus || !port)
		return NULL;
	place = g_strconcat(bus, ":", port, NULL);
	return guest_port_ok(place) ? g_steal_pointer(&place) : NULL;
}

char *hostdev_xml_alias(const struct _xmlNode *device)
{
	return xml_attribute(xml_child(device, "alias"), "name");
}

struct hostdev *hostdev_xml_read(const struct _xmlNode *element)
{
	struct hostdev *hostdev = hostdev_new();

	hostdev->alias = hostdev_xml_alias(element);
	hostdev->guest_port = hostdev_xml_guest_port(element);
	hostdev->rest = hostdev_rest_read(element);
	read_source(xml_child(element, "source"), hostdev);
	return hostdev;
}

bool hostdev_xml_is_usb(const struct _xmlNode *element)
{
	g_autofree char *mode = xml_attribute(element, "mode");
	g_autofree char *type = xml_attribute(element, "type");

	return xml_is(element, "hostdev") && g_strcmp0(type, "usb") == 0 &&
	       (!mode || strcmp(mode, "subsystem") == 0);
}
