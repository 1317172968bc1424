/* SPDX-License-Identifier: MIT */

/* Tags as text: what people have written, and what the program's commands write. */

#include "sim.h"

#include <stdlib.h>
#include <string.h>

/* ---- out ---- */

static void write_wish(GString *xml, const struct wish *wish)
{
	g_string_append_printf(xml, "<usb:%s name='%s'", wish->group ? "group" : "device",
			       wish->name);
	if (wish->vendor || wish->product)
		g_string_append_printf(xml, " vendor='%04x' product='%04x'", wish->vendor,
				       wish->product);
	if (wish->serial)
		g_string_append_printf(xml, " serial='%s'", wish->serial);
	if (wish->socket >= 0)
		g_string_append_printf(xml, " port='pci-%s-usb%s-0:%s'",
				       host_sockets[wish->socket].controller,
				       wish->third ? "v3" : "", host_sockets[wish->socket].chain);
	if (wish->persist != 0)
		g_string_append_printf(xml, " persist='%s'", wish->persist > 0 ? "yes" : "no");
	if (wish->disabled)
		g_string_append(xml, " enabled='no'");
	if (wish->force)
		g_string_append(xml, " force='yes'");
	if (wish->required)
		g_string_append(xml, " required='yes'");
	if (wish->guest_port)
		g_string_append_printf(xml, " guestPort='%s'", wish->guest_port);
	if (wish->invalid)
		g_string_append(xml, " seriel='x'");
	g_string_append(xml, "/>");
}

char *dump_wishes(const struct wishes *wishes)
{
	GString *xml = g_string_new(NULL);

	for (unsigned int i = 0; i < wishes->count; i++)
		write_wish(xml, &wishes->list[i]);
	return g_string_free(xml, FALSE);
}

/* ---- in ---- */

/* An interned string, or NULL. */
static const char *value_of(const char *element, const char *end, const char *attribute)
{
	g_autofree char *name = g_strdup_printf(" %s=", attribute);
	const char *value = g_strstr_len(element, end - element, name);
	g_autofree char *text = NULL;
	const char *last;

	if (!value)
		return NULL;
	value += strlen(name);
	last = strchr(value + 1, value[0]);
	text = g_strndup(value + 1, (gsize)(last - value - 1));
	return g_intern_string(text);
}

static uint16_t hex(const char *text)
{
	return text ? (uint16_t)strtoul(text, NULL, 16) : 0;
}

static void read_port(const char *port, struct wish *wish)
{
	wish->socket = -1;
	for (unsigned int i = 0; port && i < host_socket_count; i++) {
		const struct socket *socket = &host_sockets[i];
		g_autofree char *plain =
			g_strdup_printf("pci-%s-usb-0:%s", socket->controller, socket->chain);
		g_autofree char *third =
			g_strdup_printf("pci-%s-usbv3-0:%s", socket->controller, socket->chain);

		wish->third = strcmp(port, third) == 0;
		if (wish->third || strcmp(port, plain) == 0) {
			wish->socket = (int)i;
			return;
		}
	}
	if (port)
		fail("a command wrote the port %s, which no socket has", port);
}

static struct wish read_wish(const char *element, const char *end, bool group)
{
	struct wish wish = {.group = group};
	const char *name = value_of(element, end, "name");
	const char *persist = value_of(element, end, "persist");

	g_strlcpy(wish.name, name ? name : "", sizeof(wish.name));
	wish.vendor = hex(value_of(element, end, "vendor"));
	wish.product = hex(value_of(element, end, "product"));
	wish.serial = value_of(element, end, "serial");
	read_port(value_of(element, end, "port"), &wish);
	wish.persist = !persist ? 0 : *persist == 'y' ? 1 : -1;
	wish.disabled = g_strcmp0(value_of(element, end, "enabled"), "no") == 0;
	wish.force = g_strcmp0(value_of(element, end, "force"), "yes") == 0;
	wish.required = g_strcmp0(value_of(element, end, "required"), "yes") == 0;
	wish.guest_port = value_of(element, end, "guestPort");
	wish.invalid = value_of(element, end, "seriel") != NULL;
	return wish;
}

bool read_wishes(const char *xml, struct wishes *ret_wishes)
{
	const char *at = xml;

	ret_wishes->count = 0;
	while (at && (at = strchr(at, '<'))) {
		const char *end = strchr(at, '>');
		const char *colon = g_strstr_len(at, (gssize)strcspn(at, " >"), ":");
		const char *kind = colon ? colon + 1 : at + 1;

		at = end;
		if (!g_str_has_prefix(kind, "device ") && !g_str_has_prefix(kind, "group "))
			continue;
		if (ret_wishes->count == WISHES_MAX)
			return false;
		ret_wishes->list[ret_wishes->count++] =
			read_wish(kind, end, g_str_has_prefix(kind, "group "));
	}
	return true;
}

/* ---- what a command may change ---- */

static bool same_text(const char *a, const char *b)
{
	return g_strcmp0(a, b) == 0;
}

/* Two sockets may have one name: a hub's halves number theirs alike. */
static bool same_port(const struct wish *a, const struct wish *b)
{
	const struct socket *one = &host_sockets[MAX(a->socket, 0)];
	const struct socket *other = &host_sockets[MAX(b->socket, 0)];

	return (a->socket < 0) == (b->socket < 0) && a->third == b->third &&
	       same_text(one->controller, other->controller) && same_text(one->chain, other->chain);
}

static bool is_same_wish(const struct wish *a, const struct wish *b, bool but_enabled)
{
	return strcmp(a->name, b->name) == 0 && a->vendor == b->vendor &&
	       a->product == b->product && same_text(a->serial, b->serial) && same_port(a, b) &&
	       a->group == b->group && (but_enabled || a->disabled == b->disabled) &&
	       a->force == b->force && a->required == b->required && a->invalid == b->invalid &&
	       a->persist == b->persist && same_text(a->guest_port, b->guest_port);
}

static const struct wish *find(const struct wishes *wishes, const char *name)
{
	for (unsigned int i = 0; i < wishes->count; i++) {
		if (strcmp(wishes->list[i].name, name) == 0)
			return &wishes->list[i];
	}
	return NULL;
}

/* Only what the command is about may go or change, and of that only what it says. */
void check_tags(const struct guest *guest, const struct wishes *before, const struct wishes *after,
		const char *const *command)
{
	const char *verb = command[1], *name = command[2] ? command[3] : NULL;
	bool switches = strcmp(verb, "enable") == 0 || strcmp(verb, "disable") == 0;

	for (unsigned int i = 0; i < before->count; i++) {
		const struct wish *old = &before->list[i];
		const struct wish *now = find(after, old->name);
		bool meant = !name || strcmp(name, old->name) == 0;

		if (strcmp(verb, "untag") == 0 && meant && !now)
			continue;
		if (!now)
			fail("`%s` loses the tag %s/%s", verb, guest->name, old->name);
		else if (!is_same_wish(old, now, switches && meant))
			fail("`%s` changes the tag %s/%s", verb, guest->name, old->name);
	}
}
