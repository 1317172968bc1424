/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A table or tree for people: the door to libsmartcols. On a terminal it fits itself in: first
 * columns go that may, then what may be shortened is, then the last column breaks between words.
 * Without one nothing is lost.
 */

#include <glib.h>

#include "reconciler/show/show.h"
#include "state/problem.h"

struct table;

/* COLUMNS: names up to NULL. One that begins with '~' may be shortened (the name loses the '~'),
 * with '?' be left out where there is no room. The last one may not. */
struct table *table_new(const char *const *columns);

/* A new line. */
void table_row(struct table *table);

/* A new line below the last one of less DEPTH (0: below none), drawn as a tree in the first column.
 */
void table_branch(struct table *table, guint depth);

/* The next cell of the line; encoded here. NULL is empty. */
void table_cell(struct table *table, const char *untrusted_text);

/* The same, in the colour of the severity where there are colours. */
void table_cell_severity(struct table *table, enum severity severity, const char *untrusted_text);

/* The text; TABLE is used up. */
char *table_finish(struct table *table, const struct show_style *style);
