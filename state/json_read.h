/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Makes the things of json_write.h again. A key that is not there leaves what thing_new() made, so
 * that a case can be written by hand; what a thing is nothing without must be there. For the
 * json*.c files only.
 */

#include "state/history.h"
#include "state/json_node.h"
#include "state/snapshot.h"

/* Each adds to an array (or to the history) what NODE, a list, has; complains on the node. */
void json_read_problems(const struct json_node *node, GPtrArray *problems);
void json_read_devices(const struct json_node *node, GPtrArray *devices);
void json_read_changes(const struct json_node *node, GPtrArray *changes);
void json_read_domains(const struct json_node *node, GPtrArray *domains);
void json_read_history(const struct json_node *node, struct history *history);

/* What OBJECT has at "guest_reset". */
enum guest_reset json_read_guest_reset(const struct json_node *object);

/* NULL when there is none. */
struct report *json_read_report(const struct json_node *node);
