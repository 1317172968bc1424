/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Lines in columns, the same bytes whatever the terminal and the locale: for plans, which are
 * compared. Tables for people are table.h's.
 */

#include <glib.h>

struct lines;

struct lines *lines_new(void);

/* One line of cells, up to NULL; each is encoded here. The last cell of a line pads nothing. */
void lines_add(struct lines *lines, ...) G_GNUC_NULL_TERMINATED;

/* The text; LINES is used up. */
char *lines_finish(struct lines *lines);
