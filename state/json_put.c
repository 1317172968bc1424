/* SPDX-License-Identifier: MIT */
#include "state/json_put.h"

#include <jansson.h>

#include "state/text.h"

void json_put(struct json_t *object, const char *key, struct json_t *value)
{
	json_object_set_new(object, key, value ? value : json_null());
}

char *json_put_hex(const char *bytes)
{
	GString *hex = g_string_new(NULL);

	for (; *bytes; bytes++)
		g_string_append_printf(hex, "%02x", (guchar)*bytes);
	return g_string_free(hex, FALSE);
}

void json_put_text(struct json_t *object, const char *key, const char *untrusted)
{
	g_autofree char *hex_key = NULL;
	g_autofree char *printable = NULL;
	g_autofree char *hex = NULL;

	if (!untrusted || g_utf8_validate(untrusted, -1, NULL)) {
		json_put(object, key, untrusted ? json_string(untrusted) : NULL);
		return;
	}
	hex_key = g_strconcat(key, "_hex", NULL);
	printable = text_printable(untrusted);
	hex = json_put_hex(untrusted);
	json_put(object, key, json_string(printable));
	json_put(object, hex_key, json_string(hex));
}

void json_put_bool(struct json_t *object, const char *key, bool value)
{
	json_put(object, key, json_boolean(value));
}

void json_put_int(struct json_t *object, const char *key, int64_t value)
{
	json_put(object, key, json_integer(value));
}

void json_put_time(struct json_t *object, const char *key, uint64_t usec)
{
	json_put(object, key, usec ? json_put_new_time(usec) : NULL);
}

struct json_t *json_put_new_time(uint64_t usec)
{
	return json_real((double)usec / G_USEC_PER_SEC);
}

struct json_t *json_put_new_id(const struct usb_id *id)
{
	json_t *object = json_object();
	char digits[sizeof("ffff")];

	g_snprintf(digits, sizeof(digits), "%04x", id->vendor);
	json_put(object, "vendor", json_string(digits));
	g_snprintf(digits, sizeof(digits), "%04x", id->product);
	json_put(object, "product", json_string(digits));
	return object;
}

struct json_t *json_put_new_texts(const char *key, ...)
{
	json_t *object = json_object();
	va_list values;

	va_start(values, key);
	for (; key; key = va_arg(values, const char *))
		json_put_text(object, key, va_arg(values, const char *));
	va_end(values);
	return object;
}

struct json_t *json_put_new_list(const GPtrArray *items, struct json_t *(*write)(const void *item))
{
	json_t *list = json_array();

	for (guint i = 0; items && i < items->len; i++)
		json_array_append_new(list, write(g_ptr_array_index(items, i)));
	return list;
}
