/* SPDX-License-Identifier: MIT */
#include "state/tag.h"

#include <string.h>

static void tag_match_free(gpointer data)
{
	struct tag_match *match = data;

	g_free(match->property);
	g_free(match->value);
	g_free(match);
}

struct tag_match *tag_match_new(const char *property, const char *value)
{
	struct tag_match *match = g_new0(struct tag_match, 1);

	match->property = g_strdup(property);
	match->value = g_strdup(value);
	return match;
}

struct tag *tag_new(void)
{
	struct tag *tag = g_new0(struct tag, 1);

	tag->ids = g_array_new(FALSE, FALSE, sizeof(struct usb_id));
	tag->matches = g_ptr_array_new_with_free_func(tag_match_free);
	tag->enabled = true;
	tag->limit = TAG_GROUP_LIMIT;
	return tag;
}

void tag_free(struct tag *tag)
{
	if (!tag)
		return;
	g_free(tag->name);
	g_array_unref(tag->ids);
	g_free(tag->serial);
	g_free(tag->port);
	g_free(tag->port_sysname);
	g_ptr_array_unref(tag->matches);
	g_free(tag->guest_port);
	g_free(tag->complaint);
	g_free(tag);
}

static bool alias_char_ok(char c)
{
	return g_ascii_isalnum(c) || c == '_' || c == '-';
}

bool tag_name_ok(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > TAG_NAME_MAX || strstr(name, TAG_GROUP_DIVIDER))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!alias_char_ok(name[i]))
			return false;
	}
	return true;
}

bool tag_is_among(const struct tag *tag, char *const *names)
{
	return tag->name && g_strv_contains((const char *const *)names, tag->name);
}

char *tag_name_from(const char *text)
{
	GString *name = g_string_new(NULL);

	for (; *text && name->len < TAG_NAME_MAX; text++) {
		bool divides = !g_ascii_isalnum(*text) && *text != '_';

		if (!divides)
			g_string_append_c(name, *text);
		else if (name->len > 0 && name->str[name->len - 1] != '-')
			g_string_append_c(name, '-');
	}
	if (name->len > 0 && name->str[name->len - 1] == '-')
		g_string_truncate(name, name->len - 1);
	return g_string_free(name, FALSE);
}

static bool same_ids(const GArray *a, const GArray *b)
{
	bool same = a->len == b->len;

	for (guint i = 0; i < a->len && same; i++) {
		struct usb_id id = g_array_index(a, struct usb_id, i);
		bool found = false;

		for (guint k = 0; k < b->len; k++) {
			struct usb_id other = g_array_index(b, struct usb_id, k);

			found = found || usb_id_equal(id, other);
		}
		same = found;
	}
	return same;
}

static bool same_matches(const GPtrArray *a, const GPtrArray *b)
{
	bool same = a->len == b->len;

	for (guint i = 0; i < a->len && same; i++) {
		const struct tag_match *one = g_ptr_array_index(a, i);
		const struct tag_match *other = g_ptr_array_index(b, i);

		same = strcmp(one->property, other->property) == 0 &&
		       strcmp(one->value, other->value) == 0;
	}
	return same;
}

bool tag_says_which(const struct tag *tag)
{
	return tag->ids->len > 0 || tag->serial || tag->port || tag->port_sysname ||
	       tag->matches->len > 0;
}

bool tag_same_identity(const struct tag *a, const struct tag *b)
{
	return a->group == b->group && same_ids(a->ids, b->ids) &&
	       g_strcmp0(a->serial, b->serial) == 0 && g_strcmp0(a->port, b->port) == 0 &&
	       g_strcmp0(a->port_sysname, b->port_sysname) == 0 &&
	       same_matches(a->matches, b->matches);
}

static void add_text(GString *text, const char *part)
{
	g_string_append_printf(text, "%s\n", part ? part : "");
}

uint32_t tag_hash(const struct tag *tag)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < tag->ids->len; i++) {
		struct usb_id id = g_array_index(tag->ids, struct usb_id, i);

		g_string_append_printf(text, "%04x:%04x\n", id.vendor, id.product);
	}
	for (guint i = 0; i < tag->matches->len; i++) {
		const struct tag_match *match = g_ptr_array_index(tag->matches, i);

		add_text(text, match->property);
		add_text(text, match->value);
	}
	add_text(text, tag->serial);
	add_text(text, tag->port);
	add_text(text, tag->port_sysname);
	add_text(text, tag->guest_port);
	g_string_append_printf(text, "%d %d %d %d %d %u", tag->group, tag->enabled, tag->force,
			       tag->persist, tag->guest_reset, tag->limit);
	return MAX(g_str_hash(text->str), 1);
}

/* libvirt drops an alias silently when it has any other character (USER_ALIAS_CHARS). */
static char *alias_spelling(const char *place)
{
	char *spelling = g_strdup(place);

	for (char *c = spelling; *c; c++) {
		if (!alias_char_ok(*c))
			*c = '-';
	}
	return spelling;
}

/* Both halves of a socket may be occupied at once, by devices that are not the same: a dock's hub
 * numbers its USB 2 and USB 3 ports alike, whatever is soldered to them. */
static const char *place_of(const struct device *device)
{
	if (device->port_v3)
		return device->port_v3;
	if (device->port)
		return device->port;
	return device->id_path ? device->id_path : device->sysname;
}

char *tag_alias(const struct tag *tag, const struct device *device)
{
	if (!tag->name || (tag->group && !device))
		return NULL;
	if (!tag->group)
		return g_strconcat(TAG_ALIAS_PREFIX, tag->name, NULL);
	return tag_alias_at(tag, place_of(device));
}

char *tag_alias_at(const struct tag *tag, const char *place)
{
	g_autofree char *spelling = alias_spelling(place);

	return g_strconcat(TAG_ALIAS_PREFIX, tag->name, TAG_GROUP_DIVIDER, spelling, NULL);
}

bool tag_owns_alias(const struct tag *tag, const char *alias)
{
	size_t length;

	if (!tag->name || !tag_alias_is_ours(alias))
		return false;
	alias += strlen(TAG_ALIAS_PREFIX);
	length = strlen(tag->name);
	if (strncmp(alias, tag->name, length) != 0)
		return false;
	alias += length;
	if (!tag->group)
		return *alias == '\0';
	if (!g_str_has_prefix(alias, TAG_GROUP_DIVIDER))
		return false;
	alias += strlen(TAG_GROUP_DIVIDER);
	/* No place begins with '-'; an alias that goes on like this is of a group named "NAME-". */
	return *alias != '\0' && *alias != '-';
}

bool tag_alias_is_ours(const char *alias)
{
	return alias && g_str_has_prefix(alias, TAG_ALIAS_PREFIX);
}

static bool parse_name(const char *text, const char *const *names, size_t count, size_t *ret_index)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

static const char *const persist_names[] = {
	[TAG_PERSIST_KEEP] = "keep",
	[TAG_PERSIST_YES] = "yes",
	[TAG_PERSIST_NO] = "no",
};

const char *tag_persist_name(enum tag_persist persist)
{
	return persist_names[persist];
}

bool tag_persist_parse(const char *text, enum tag_persist *ret_persist)
{
	size_t index;

	if (!parse_name(text, persist_names, G_N_ELEMENTS(persist_names), &index))
		return false;
	*ret_persist = (enum tag_persist)index;
	return true;
}

static const char *const guest_reset_names[] = {
	[GUEST_RESET_DEFAULT] = "default",
	[GUEST_RESET_OFF] = "off",
	[GUEST_RESET_UNINITIALIZED] = "uninitialized",
	[GUEST_RESET_ON] = "on",
};

const char *guest_reset_name(enum guest_reset reset)
{
	return guest_reset_names[reset];
}

bool guest_reset_parse(const char *text, enum guest_reset *ret_reset)
{
	size_t index;

	if (!parse_name(text, guest_reset_names, G_N_ELEMENTS(guest_reset_names), &index))
		return false;
	*ret_reset = (enum guest_reset)index;
	return true;
}

/* Steps over a number of up to three digits in its only spelling; false when there is none. */
static bool skip_number(const char **at, bool zero_ok)
{
	size_t length = strspn(*at, "0123456789");

	if (length == 0 || length > 3)
		return false;
	if (**at == '0' && (length > 1 || !zero_ok))
		return false;
	*at += length;
	return true;
}

bool guest_port_ok(const char *guest_port)
{
	const char *at = guest_port;
	/* libvirt: VIR_DOMAIN_DEVICE_USB_MAX_PORT_DEPTH */
	const int depth_max = 4;

	if (!skip_number(&at, true) || *at != ':')
		return false;
	for (int depth = 1; depth <= depth_max; depth++) {
		at++;
		if (!skip_number(&at, false))
			return false;
		if (*at == '\0')
			return true;
		if (*at != '.')
			return false;
	}
	return false;
}
