/* SPDX-License-Identifier: MIT */
#include "reconciler/show/lines.h"

#include "state/text.h"

#define COLUMNS_MAX 8

/* The sign, the domain and the tag are close together. */
#define CLOSE_COLUMNS 2

struct lines {
	GPtrArray *rows; /* GPtrArray of char *, encoded */
	glong widths[COLUMNS_MAX];
};

struct lines *lines_new(void)
{
	struct lines *lines = g_new0(struct lines, 1);

	lines->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	return lines;
}

void lines_add(struct lines *lines, ...)
{
	GPtrArray *row = g_ptr_array_new_with_free_func(g_free);
	const char *cell;
	va_list cells;

	va_start(cells, lines);
	while ((cell = va_arg(cells, const char *)))
		g_ptr_array_add(row, text_printable(cell));
	va_end(cells);
	g_assert(row->len <= COLUMNS_MAX);
	for (guint i = 0; i + 1 < row->len; i++)
		lines->widths[i] =
			MAX(lines->widths[i], g_utf8_strlen(g_ptr_array_index(row, i), -1));
	g_ptr_array_add(lines->rows, row);
}

static void append_row(GString *text, const struct lines *lines, const GPtrArray *row)
{
	for (guint i = 0; i < row->len; i++) {
		const char *cell = g_ptr_array_index(row, i);
		glong padding = lines->widths[i] - g_utf8_strlen(cell, -1);

		g_string_append(text, cell);
		if (i + 1 < row->len)
			g_string_append_printf(text, "%*s",
					       (int)padding + (i < CLOSE_COLUMNS ? 1 : 2), "");
	}
	g_string_append_c(text, '\n');
}

char *lines_finish(struct lines *lines)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < lines->rows->len; i++)
		append_row(text, lines, g_ptr_array_index(lines->rows, i));
	g_ptr_array_unref(lines->rows);
	g_free(lines);
	return g_string_free(text, FALSE);
}
