/* SPDX-License-Identifier: MIT */
#pragma once

/* Puts our kinds of values into a JSON object. For the json*.c files only. */

#include <stdbool.h>
#include <stdint.h>

#include "state/device.h"

struct json_t;

/* Untrusted: what is no UTF-8 gets a printable form at KEY and its bytes at "KEY_hex". */
void json_put_text(struct json_t *object, const char *key, const char *untrusted);

/* The bytes as hex digits: a new string. */
char *json_put_hex(const char *bytes);

void json_put_bool(struct json_t *object, const char *key, bool value);
void json_put_int(struct json_t *object, const char *key, int64_t value);

/* Microseconds, 0 never: seconds as a number with all its digits, or null. */
void json_put_time(struct json_t *object, const char *key, uint64_t usec);
struct json_t *json_put_new_time(uint64_t usec); /* the number */

/* {"vendor": "0403", "product": "6001"} */
struct json_t *json_put_new_id(const struct usb_id *id);

/* A new object of texts: keys, each with its text, NULL at the end. */
struct json_t *json_put_new_texts(const char *key, ...) G_GNUC_NULL_TERMINATED;

/* A new list of what WRITE makes of each of ITEMS. */
struct json_t *json_put_new_list(const GPtrArray *items, struct json_t *(*write)(const void *item));

/* Hands VALUE over. NULL becomes null. */
void json_put(struct json_t *object, const char *key, struct json_t *value);
