/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reading a JSON document that anybody may have written: a place in it, its way there, and the
 * first complaint about anything in it. Every getter answers with something harmless after a
 * complaint, so that a reader need not stop after each; whoever began looks at the complaint once,
 * at the end. A key that is not there is as one that is null. For the json*.c files only.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "state/device.h"

struct json_t;

#define JSON_NODE_TEXT_MAX 65536
#define JSON_NODE_LIST_MAX 65536
/* Microseconds that survive as a double of seconds: 31 years. */
#define JSON_NODE_TIME_MAX G_GUINT64_CONSTANT(999999999999999)

struct json_node {
	struct json_t *value; /* NULL: not there, or null */
	const struct json_node *parent;
	const char *key; /* NULL for an element of a list */
	size_t index;
	char **complaint; /* the whole document's */
};

/* The first complaint stays: "domains[2].tags[0].port: …". A printf of what must be so. */
void json_node_complain(const struct json_node *node, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* What OBJECT has at KEY; complains when OBJECT is no object. */
struct json_node json_node_get(const struct json_node *object, const char *key);

/* The same, and complains when there is nothing. */
struct json_node json_node_need(const struct json_node *object, const char *key);

/* How many elements LIST has, 0 when it is not there; complains when it is no list, or too long. */
size_t json_node_length(const struct json_node *list);
struct json_node json_node_at(const struct json_node *list, size_t index);

/* JSON_NODE_EACH(element, list) { … }: of the LIST, a struct json_node; none when it is not there.
 */
#define JSON_NODE_EACH(element, list)                                                              \
	for (struct json_node element##_list = (list), element = json_node_at(&element##_list, 0); \
	     element.index < json_node_length(&element##_list);                                    \
	     element = json_node_at(&element##_list, element.index + 1))

/* A text as json_put_text() puts it, from the "_hex" twin if there is one: a new string, or NULL.
 */
char *json_node_text(const struct json_node *object, const char *key);

/* The same, and complains when it is not there or empty. */
char *json_node_need_text(const struct json_node *object, const char *key);

/* What json_put_hex() made: a new string, or NULL. */
char *json_node_hex(const struct json_node *node);

/* A string's own bytes, or NULL. Belongs to the document. */
const char *json_node_string(const struct json_node *node);

bool json_node_bool(const struct json_node *object, const char *key, bool otherwise);
int64_t json_node_int(const struct json_node *object, const char *key, int64_t min, int64_t max,
		      int64_t otherwise);

/* Microseconds; 0 when it is not there. */
uint64_t json_node_time(const struct json_node *object, const char *key);
uint64_t json_node_usec(const struct json_node *node);

/* What json_put_new_id() made. */
struct usb_id json_node_id(const struct json_node *node);
