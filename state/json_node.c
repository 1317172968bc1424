/* SPDX-License-Identifier: MIT */
#include "state/json_node.h"

#include <jansson.h>
#include <string.h>

#include "state/text.h"

static void append_path(GString *path, const struct json_node *node)
{
	g_autofree char *key = NULL;

	if (!node->parent)
		return;
	append_path(path, node->parent);
	if (!node->key) {
		g_string_append_printf(path, "[%zu]", node->index);
		return;
	}
	key = text_printable(node->key);
	g_string_append_printf(path, "%s%s", path->len > 0 ? "." : "", key);
}

void json_node_complain(const struct json_node *node, const char *format, ...)
{
	GString *complaint;
	va_list args;

	if (*node->complaint)
		return;
	complaint = g_string_new(NULL);
	append_path(complaint, node);
	g_string_append(complaint, complaint->len > 0 ? ": " : "the document: ");
	va_start(args, format);
	g_string_append_vprintf(complaint, format, args);
	va_end(args);
	*node->complaint = g_string_free(complaint, FALSE);
}

struct json_node json_node_get(const struct json_node *object, const char *key)
{
	struct json_node node = {.parent = object, .key = key, .complaint = object->complaint};

	if (object->value && !json_is_object(object->value)) {
		json_node_complain(object, "must be an object");
		return node;
	}
	node.value = json_object_get(object->value, key);
	if (json_is_null(node.value))
		node.value = NULL;
	return node;
}

struct json_node json_node_need(const struct json_node *object, const char *key)
{
	struct json_node node = json_node_get(object, key);

	if (!node.value)
		json_node_complain(&node, "is missing");
	return node;
}

size_t json_node_length(const struct json_node *list)
{
	size_t length;

	if (!list->value)
		return 0;
	if (!json_is_array(list->value)) {
		json_node_complain(list, "must be a list");
		return 0;
	}
	length = json_array_size(list->value);
	if (length > JSON_NODE_LIST_MAX) {
		json_node_complain(list, "has more than %d elements", JSON_NODE_LIST_MAX);
		return 0;
	}
	return length;
}

struct json_node json_node_at(const struct json_node *list, size_t index)
{
	struct json_node node = {.parent = list, .index = index, .complaint = list->complaint};

	node.value = json_array_get(list->value, index);
	return node;
}

const char *json_node_string(const struct json_node *node)
{
	if (!node->value)
		return NULL;
	if (!json_is_string(node->value)) {
		json_node_complain(node, "must be a string");
		return NULL;
	}
	if (json_string_length(node->value) > JSON_NODE_TEXT_MAX) {
		json_node_complain(node, "is longer than %d bytes", JSON_NODE_TEXT_MAX);
		return NULL;
	}
	return json_string_value(node->value);
}

char *json_node_hex(const struct json_node *node)
{
	const char *hex = json_node_string(node);
	g_autoptr(GString) bytes = g_string_new(NULL);

	if (!hex)
		return NULL;
	for (; *hex; hex += 2) {
		int high = g_ascii_xdigit_value(hex[0]);
		int low = high < 0 ? -1 : g_ascii_xdigit_value(hex[1]);

		if (low < 0 || high + low == 0) {
			json_node_complain(node, "must be pairs of hex digits, none of them 00");
			return NULL;
		}
		g_string_append_c(bytes, (char)(high * 16 + low));
	}
	return g_string_free(g_steal_pointer(&bytes), FALSE);
}

char *json_node_text(const struct json_node *object, const char *key)
{
	g_autofree char *hex_key = g_strconcat(key, "_hex", NULL);
	struct json_node hex = json_node_get(object, hex_key);
	struct json_node text = json_node_get(object, key);
	const char *string = json_node_string(&text);

	return hex.value ? json_node_hex(&hex) : g_strdup(string);
}

char *json_node_need_text(const struct json_node *object, const char *key)
{
	struct json_node node = json_node_need(object, key);
	char *text = json_node_text(object, key);

	if (text && !*text)
		json_node_complain(&node, "must not be empty");
	return text ? text : g_strdup("");
}

bool json_node_bool(const struct json_node *object, const char *key, bool otherwise)
{
	struct json_node node = json_node_get(object, key);

	if (!node.value)
		return otherwise;
	if (!json_is_boolean(node.value))
		json_node_complain(&node, "must be true or false");
	return json_is_true(node.value);
}

int64_t json_node_int(const struct json_node *object, const char *key, int64_t min, int64_t max,
		      int64_t otherwise)
{
	struct json_node node = json_node_get(object, key);
	int64_t value;

	if (!node.value)
		return otherwise;
	value = json_integer_value(node.value);
	if (json_is_integer(node.value) && value >= min && value <= max)
		return value;
	json_node_complain(&node,
			   "must be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
			   min, max);
	return otherwise;
}

uint64_t json_node_time(const struct json_node *object, const char *key)
{
	struct json_node node = json_node_get(object, key);

	return json_node_usec(&node);
}

uint64_t json_node_usec(const struct json_node *node)
{
	double usec;

	if (!node->value)
		return 0;
	usec = json_number_value(node->value) * G_USEC_PER_SEC;
	if (json_is_number(node->value) && usec >= 0 && usec <= (double)JSON_NODE_TIME_MAX)
		return (uint64_t)(usec + 0.5);
	json_node_complain(node, "must be seconds, from 0 to %" G_GUINT64_FORMAT,
			   JSON_NODE_TIME_MAX / G_USEC_PER_SEC);
	return 0;
}

static uint16_t read_digits(const struct json_node *id, const char *key)
{
	struct json_node node = json_node_need(id, key);
	const char *text = json_node_string(&node);
	guint64 number = 0;

	if (text && (strlen(text) != 4 ||
		     !g_ascii_string_to_unsigned(text, 16, 0, G_MAXUINT16, &number, NULL)))
		json_node_complain(&node, "must be four hex digits");
	return (uint16_t)number;
}

struct usb_id json_node_id(const struct json_node *node)
{
	return (struct usb_id){
		.vendor = read_digits(node, "vendor"),
		.product = read_digits(node, "product"),
	};
}
