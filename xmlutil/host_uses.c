/* SPDX-License-Identifier: MIT */
#include "xmlutil/host_uses.h"

#include <string.h>

#include "xmlutil/hostdev_xml.h"
#include "xmlutil/xml.h"

#define DEV  "/dev/"
#define QEMU "http://libvirt.org/schemas/domain/qemu/1.0"

static void add_path(GPtrArray *uses, const char *by, const char *text)
{
	if (text && g_str_has_prefix(text, DEV))
		domain_add_use(uses, by, text);
}

/* ELEMENT is the device itself, or somewhere in it. */
static void read_paths(const struct _xmlNode *element, const char *by, GPtrArray *uses)
{
	g_autofree char *text = xml_text_before_first(element);

	add_path(uses, by, text);
	for (const struct _xmlAttr *attr = xml_attr_first(element); attr;
	     attr = xml_attr_next(attr)) {
		g_autofree char *value = xml_attr_value(attr);

		add_path(uses, by, value);
	}
	for (const struct _xmlNode *child = xml_first(element); child; child = xml_next(child))
		read_paths(child, by, uses);
}

/* <interface type='direct'>: a macvtap on <source dev='eth0'/>. The live XML shows it also for an
 * interface that came from a virtual network. */
static void read_interface(const struct _xmlNode *element, GPtrArray *uses)
{
	g_autofree char *type = xml_attribute(element, "type");
	g_autofree char *dev = xml_attribute(xml_child(element, "source"), "dev");

	if (g_strcmp0(type, "direct") == 0 && dev && !strchr(dev, '/'))
		domain_add_use(uses, "interface", dev);
}

static void read_devices(const struct _xmlNode *devices, GPtrArray *uses)
{
	for (const struct _xmlNode *element = xml_first(devices); element;
	     element = xml_next(element)) {
		if (hostdev_xml_is_usb(element) || xml_is(element, "emulator"))
			continue;
		if (xml_is(element, "interface"))
			read_interface(element, uses);
		read_paths(element, xml_name(element), uses);
	}
}

/* "file=/dev/sdb,if=none" and "{"filename":"/dev/sdb"}" alike. */
static void read_argument(const char *value, GPtrArray *uses)
{
	const char *by = "qemu:commandline";

	if (strstr(value, "usb-host"))
		domain_add_use(uses, by, value);
	for (const char *at = strstr(value, DEV); at; at = strstr(at + strlen(DEV), DEV)) {
		g_autofree char *path = g_strndup(at, strcspn(at, ",\"' "));

		domain_add_use(uses, by, path);
	}
}

static void read_commandline(const struct _xmlNode *commandline, GPtrArray *uses)
{
	for (const struct _xmlNode *arg = xml_first(commandline); arg; arg = xml_next(arg)) {
		g_autofree char *value = xml_attribute(arg, "value");

		if (value && strcmp(xml_name(arg), "arg") == 0)
			read_argument(value, uses);
	}
}

void host_uses_read(const struct _xmlNode *root, GPtrArray *uses)
{
	for (const struct _xmlNode *element = xml_first(root); element;
	     element = xml_next(element)) {
		if (xml_is(element, "devices"))
			read_devices(element, uses);
		else if (strcmp(xml_name(element), "commandline") == 0 &&
			 g_strcmp0(xml_namespace(element), QEMU) == 0)
			read_commandline(element, uses);
	}
}
