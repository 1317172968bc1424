/* SPDX-License-Identifier: MIT */
#include "xmlutil/guest_ports.h"

#include <string.h>

#include "xmlutil/hostdev_xml.h"
#include "xmlutil/xml.h"

/* What libvirt counts (virDomainUSBAddressControllerModelToPorts, 9.0.0 to 11.3.0); the companions
 * of an EHCI controller have no ports of their own. */
static const struct {
	const char *model;
	unsigned int ports;
} models[] = {
	{"piix3-uhci", 2}, {"piix4-uhci", 2}, {"vt82c686b-uhci", 2}, {"ehci", 6},
	{"ich9-ehci1", 6}, {"nec-xhci", 4},   {"qemu-xhci", 4},      {"pci-ohci", 3},
};

/* A <hub type='usb'> (qemu_domain_address.c). */
#define HUB_PORTS 8

#define PORTS_MAX 15

static bool has(const struct _xmlNode *element, const char *attribute, const char *value)
{
	g_autofree char *text = xml_attribute(element, attribute);

	return g_strcmp0(text, value) == 0;
}

static unsigned int ports_of(const struct _xmlNode *controller)
{
	g_autofree char *model = xml_attribute(controller, "model");
	g_autofree char *text = xml_attribute(controller, "ports");
	guint64 ports;

	if (text && g_ascii_string_to_unsigned(text, 10, 1, PORTS_MAX, &ports, NULL))
		return (unsigned int)ports;
	for (size_t i = 0; model && i < G_N_ELEMENTS(models); i++) {
		if (strcmp(model, models[i].model) == 0)
			return models[i].ports;
	}
	return model ? 0 : models[0].ports;
}

static unsigned int bus_of(const struct _xmlNode *controller)
{
	g_autofree char *index = xml_attribute(controller, "index");
	guint64 bus = 0;

	if (index)
		g_ascii_string_to_unsigned(index, 10, 0, G_MAXUINT16, &bus, NULL);
	return (unsigned int)bus;
}

GPtrArray *guest_ports_taken(const struct _xmlNode *root)
{
	const struct _xmlNode *devices = xml_child(root, "devices");
	struct _xmlNode *element = devices ? xml_first(devices) : NULL;
	GPtrArray *taken = domain_new_ports();

	for (; element; element = xml_next(element)) {
		g_autofree char *port =
			hostdev_xml_is_usb(element) ? NULL : hostdev_xml_guest_port(element);

		if (port)
			domain_add_port(taken, port, xml_name(element));
	}
	return taken;
}

void guest_ports_read(const struct _xmlNode *root, struct domain *domain)
{
	const struct _xmlNode *devices = xml_child(root, "devices");
	struct _xmlNode *element = devices ? xml_first(devices) : NULL;

	domain->guest_ports = domain->guest_ports_taken = 0;
	g_array_unref(domain->guest_buses);
	domain->guest_buses = g_array_new(FALSE, FALSE, sizeof(struct guest_bus));
	for (; element; element = xml_next(element)) {
		if (xml_is(element, "controller") && has(element, "type", "usb")) {
			struct guest_bus bus = {bus_of(element), ports_of(element)};

			domain->guest_ports += bus.ports;
			g_array_append_val(domain->guest_buses, bus);
		}
		if (xml_is(element, "hub") && has(element, "type", "usb"))
			domain->guest_ports += HUB_PORTS;
		/* libvirt gives everything on USB a port when it is defined. */
		if (!xml_is(element, "hostdev") &&
		    has(xml_child(element, "address"), "type", "usb"))
			domain->guest_ports_taken++;
	}
}
