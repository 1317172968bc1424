/* SPDX-License-Identifier: MIT */
#include "state/guest_port.h"

#include <stdlib.h>
#include <string.h>

/* A <hub type='usb'> (libvirt's qemu_domain_address.c). */
#define HUB_PORTS 8

const char *guest_port_user(const GPtrArray *ports, const char *port)
{
	for (guint i = 0; i < ports->len; i++) {
		const struct guest_port *taken = g_ptr_array_index(ports, i);

		if (strcmp(taken->port, port) == 0)
			return taken->by;
	}
	return NULL;
}

static unsigned int ports_of_bus(const GArray *buses, unsigned int bus)
{
	unsigned int ports = 0;

	/* An EHCI controller and its companions are one bus. */
	for (guint i = 0; i < buses->len; i++) {
		const struct guest_bus *each = &g_array_index(buses, struct guest_bus, i);

		if (each->bus == bus)
			ports = MAX(ports, each->ports);
	}
	return ports;
}

/* Why the guest has no such port, a new string, or NULL. */
static char *why_absent(const struct domain *domain, const GPtrArray *taken, const char *port)
{
	unsigned int bus = (unsigned int)strtoul(port, NULL, 10);
	const char *dot = strrchr(port, '.');
	const char *last = dot ? dot + 1 : strchr(port, ':') + 1;
	unsigned int number = (unsigned int)strtoul(last, NULL, 10);
	unsigned int ports = ports_of_bus(domain->guest_buses, bus);
	g_autofree char *hub = dot ? g_strndup(port, (gsize)(dot - port)) : NULL;

	/* A document that names no controller gets one of libvirt's choice. */
	if (domain->guest_buses->len == 0)
		return NULL;
	if (ports == 0)
		return g_strdup_printf("the guest has no USB controller with index %u", bus);
	if (hub && g_strcmp0(guest_port_user(taken, hub), "hub") != 0)
		return g_strdup_printf("the guest has no hub at %s", hub);
	if (hub)
		ports = HUB_PORTS;
	if (number > ports)
		return g_strdup_printf("the guest's %s has %u ports",
				       hub ? "hub" : "USB controller", ports);
	return NULL;
}

static const struct tag *other_tag(const struct domain *domain, const struct tag *tag)
{
	for (guint i = 0; i < domain->tags->len; i++) {
		const struct tag *other = g_ptr_array_index(domain->tags, i);

		if (other == tag)
			return NULL;
		if (!other->complaint && g_strcmp0(other->guest_port, tag->guest_port) == 0)
			return other;
	}
	return NULL;
}

char *guest_port_why_not(const struct domain *domain, const struct tag *tag)
{
	const GPtrArray *taken = domain->persistent ? domain->config_ports : domain->live_ports;
	g_autofree char *why = NULL;
	const struct tag *other;
	const char *user;

	if (tag->complaint || !tag->guest_port)
		return NULL;
	why = why_absent(domain, taken, tag->guest_port);
	user = guest_port_user(taken, tag->guest_port);
	other = other_tag(domain, tag);
	if (!why && user)
		why = g_strdup_printf("the guest's <%s> has it", user);
	if (!why && other)
		why = g_strdup_printf("tag %s asks for it as well", other->name);
	return why ? g_strdup_printf("%s cannot have guestPort %s: %s", tag->name, tag->guest_port,
				     why)
		   : NULL;
}
