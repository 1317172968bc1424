/* SPDX-License-Identifier: MIT */
#include "state/port.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define WRITE_ID_PATH                                                                              \
	"write the ID_PATH that \"usbreconcile devices\" shows, such as "                          \
	"port=\"pci-0000:00:14.0-usb-0:1.6\""

static const char digits[] = "0123456789";

/* How long the port number at AT is ("1" to "255", in its only spelling), or 0. */
static size_t number_length(const char *at)
{
	size_t length = strspn(at, digits);

	if (length == 0 || at[0] == '0' || g_ascii_strtoull(at, NULL, 10) > 255)
		return 0;
	return length;
}

/* How long the port chain at AT is ("1.6"), or 0. USB allows seven tiers, the root hub among them.
 */
static size_t chain_length(const char *at)
{
	const char *end = at;

	for (int tier = 0; tier < 7; tier++) {
		size_t length = number_length(end);

		if (length == 0)
			return 0;
		end += length;
		if (*end != '.')
			return (size_t)(end - at);
		end++;
	}
	return 0;
}

/* What may follow a chain: nothing, or an interface (":1.0") and whatever hangs on that. */
static bool is_interface(const char *rest)
{
	size_t length;

	if (*rest == ':') {
		length = strspn(++rest, digits);
		if (length == 0 || rest[length] != '.')
			return false;
		rest += length + 1;
		length = strspn(rest, digits);
		if (length == 0)
			return false;
		rest += length;
	}
	return *rest == '\0' || *rest == '-';
}

/* The last component of a path that names the port: /sys/…/1-1.6, /dev/serial/by-path/pci-…. */
static const char *without_directory(const char *text)
{
	if (g_str_has_prefix(text, "/sys/") || strstr(text, "/by-path/"))
		return strrchr(text, '/') + 1;
	return text;
}

static char *read_sysname(const char *text)
{
	size_t bus = number_length(text);
	size_t chain;

	if (bus == 0 || text[bus] != '-')
		return NULL;
	chain = chain_length(text + bus + 1);
	if (chain == 0 || !is_interface(text + bus + 1 + chain))
		return NULL;
	return g_strndup(text, bus + 1 + chain);
}

/* udev's path_id builds it from kernel names of PCI, platform, ACPI and other parents. */
static bool is_controller(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!g_ascii_isalnum(text[i]) && !strchr(":._,@+!-", text[i]))
			return false;
	}
	return length > 0 && length <= 255 && g_ascii_isalpha(text[0]);
}

static char *read_id_path_at(const char *text, const char *found, const char *marker,
			     const char *canonical)
{
	const char *chain = found + strlen(marker);
	size_t length = chain_length(chain);

	if (length == 0 || !is_interface(chain + length))
		return NULL;
	if (!is_controller(text, (size_t)(found - text)))
		return NULL;
	return g_strdup_printf("%.*s%s%.*s", (int)(found - text), text, canonical, (int)length,
			       chain);
}

static char *read_id_path(const char *text)
{
	static const struct {
		const char *marker;
		const char *canonical;
	} spellings[] = {
		{"-usb-0:", "-usb-0:"},
		{"-usbv1-0:", "-usb-0:"},
		{"-usbv2-0:", "-usb-0:"},
		{"-usbv3-0:", "-usbv3-0:"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(spellings); i++) {
		const char *found = g_strrstr(text, spellings[i].marker);

		if (found)
			return read_id_path_at(text, found, spellings[i].marker,
					       spellings[i].canonical);
	}
	return NULL;
}

/* "1:5", "001/005" */
static bool is_pair(const char *text)
{
	size_t length = strspn(text, digits);

	if (length == 0 || (text[length] != ':' && text[length] != '/'))
		return false;
	text += length + 1;
	length = strspn(text, digits);
	return length > 0 && text[length] == '\0';
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, digits)] == '\0';
}

static const char *objection(const char *text, const char **ret_fix)
{
	*ret_fix = WRITE_ID_PATH;
	if (*text == '\0')
		return "is empty";
	if (g_str_has_prefix(text, "usb-") && !g_str_has_prefix(text, "usb-0:")) {
		*ret_fix = "to ask for that device wherever it is plugged in, write its serial "
			   "instead of a port; \"usbreconcile devices\" shows both";
		return "is a by-id name: it names a device, not a port";
	}
	if (g_str_has_prefix(text, "/dev/"))
		return "is a device node, not a port";
	if (is_pair(text))
		return "looks like a bus and device number, which change at every replug (a port "
		       "in the guest would be guestPort)";
	if (is_number(text))
		return "does not say of which controller or hub this port is";
	if (strstr(text, "-usb-0_") || strstr(text, "_usb_0_"))
		return "looks like ID_PATH_TAG, in which '_' stands for several characters";
	return "is not an ID_PATH";
}

enum port_kind port_read(const char *text, char **ret_port, const char **ret_why,
			 const char **ret_fix)
{
	g_autofree char *copy = g_strstrip(g_strdup(text));
	const char *name = without_directory(copy);

	*ret_port = read_id_path(name);
	if (*ret_port)
		return PORT_ID_PATH;
	*ret_port = read_sysname(name);
	if (*ret_port)
		return PORT_SYSNAME;
	if (strstr(copy, "/by-id/"))
		name = strrchr(copy, '/') + 1;
	*ret_why = objection(name, ret_fix);
	return PORT_NONE;
}
