/* SPDX-License-Identifier: MIT */
#include "reconciler/show/table.h"

#include <langinfo.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "reconciler/show/wrap.h"
#include "state/text.h"

#define COLUMNS_MAX 8

/* A root hub, at most five hubs below it, and a device (USB 2.0, 4.1.1); what is deeper is drawn no
 * further right. */
#define DEPTH_MAX 7

/* What libsmartcols draws before a cell, a level: "├─" or "|-". */
#define BRANCH_WIDTH 2

/* How a table is made narrower, in columns. First the last column breaks between words, which loses
 * nothing, down to LAST_EASY. If the table is still too wide, the columns that may be shortened
 * are, down to SHORT_MIN, and the last one down to LAST_MIN; and on a very narrow terminal down to
 * SHORT_TIGHT and LAST_TIGHT. */
#define LAST_EASY   40
#define SHORT_MIN   12
#define LAST_MIN    24
#define SHORT_TIGHT 6
#define LAST_TIGHT  12

struct table {
	struct libscols_table *out;
	bool may_shorten[COLUMNS_MAX];
	bool may_go[COLUMNS_MAX];
	bool gone[COLUMNS_MAX];
	size_t least[COLUMNS_MAX]; /* of its name */
	size_t widths[COLUMNS_MAX];
	guint columns;
	struct libscols_line *last[DEPTH_MAX]; /* … at each depth */
	guint depth;                           /* of the line that is being filled */
	guint cells;                           /* in it so far */
	bool tree;
};

/* Magenta is legible on white, too, as yellow is not. */
static const char *const colours[] = {
	[SEVERITY_OK] = NULL,
	[SEVERITY_WARNING] = "magenta",
	[SEVERITY_CRITICAL] = "red",
};

/*
 * Does the locale carry UTF-8? If not, what is not ASCII is spelt: the terminal could not show it,
 * and libsmartcols (2.38) would look for the end of such a cell for ever.
 */
static bool has_unicode(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static char *encode(const char *untrusted_text)
{
	g_autofree char *text = text_printable(untrusted_text);
	GString *ascii;

	if (has_unicode())
		return g_steal_pointer(&text);
	ascii = g_string_new(NULL);
	for (const char *at = text; *at; at++) {
		if (g_ascii_isprint(*at))
			g_string_append_c(ascii, *at);
		else
			g_string_append_printf(ascii, "\\x%02x", (guchar)*at);
	}
	return g_string_free(ascii, FALSE);
}

struct table *table_new(const char *const *columns)
{
	struct table *table = g_new0(struct table, 1);

	table->out = scols_new_table();
	for (; columns[table->columns]; table->columns++) {
		guint i = table->columns;
		const char *name = columns[i];

		g_assert(i < COLUMNS_MAX);
		table->may_shorten[i] = *name == '~';
		table->may_go[i] = *name == '?';
		name += table->may_shorten[i] || table->may_go[i] ? 1 : 0;
		table->widths[i] = table->least[i] = wrap_width(name);
		scols_table_new_column(table->out, name, 0, 0);
	}
	return table;
}

void table_branch(struct table *table, guint depth)
{
	struct libscols_line *parent, *line;

	table->depth = MIN(depth, DEPTH_MAX - 1);
	table->cells = 0;
	table->tree = table->tree || depth > 0;
	parent = table->depth > 0 ? table->last[table->depth - 1] : NULL;
	line = scols_table_new_line(table->out, parent);
	for (guint i = table->depth; i < DEPTH_MAX; i++)
		table->last[i] = line;
}

void table_row(struct table *table)
{
	table_branch(table, 0);
}

void table_cell_severity(struct table *table, enum severity severity, const char *untrusted_text)
{
	struct libscols_line *line = table->last[table->depth];
	guint column = table->cells++;
	size_t before = column == 0 ? table->depth * BRANCH_WIDTH : 0;
	g_autofree char *text = encode(untrusted_text ? untrusted_text : "");

	g_assert(column < table->columns);
	table->widths[column] = MAX(table->widths[column], before + wrap_width(text));
	scols_line_set_data(line, column, text);
	scols_cell_set_color(scols_line_get_cell(line, column), colours[severity]);
}

void table_cell(struct table *table, const char *untrusted_text)
{
	table_cell_severity(table, SEVERITY_OK, untrusted_text);
}

static size_t total_width(const struct table *table)
{
	size_t total = 0;

	for (guint i = 0; i < table->columns; i++)
		total += table->gone[i] ? 0 : table->widths[i] + 1;
	return total - 1;
}

static size_t excess_of(const struct table *table, size_t width)
{
	size_t total = total_width(table);

	return total > width ? total - width : 0;
}

/* The widest that may, by one, until it fits or none is wider than LEAST and its name. */
static void shrink_others(struct table *table, size_t width, size_t least)
{
	for (size_t excess = excess_of(table, width); excess > 0; excess--) {
		guint widest = table->columns;

		for (guint i = 0; i < table->columns; i++) {
			if (table->may_shorten[i] &&
			    table->widths[i] > MAX(least, table->least[i]) &&
			    (widest == table->columns || table->widths[i] > table->widths[widest]))
				widest = i;
		}
		if (widest == table->columns)
			break;
		table->widths[widest]--;
	}
}

static void shrink_last(struct table *table, size_t width, size_t least)
{
	size_t *last = &table->widths[table->columns - 1];

	if (*last > least)
		*last -= MIN(excess_of(table, width), *last - least);
}

static void fit(struct table *table, size_t width)
{
	for (guint i = 0; i < table->columns; i++)
		table->gone[i] = table->may_go[i] && excess_of(table, width) > 0;
	shrink_last(table, width, LAST_EASY);
	shrink_others(table, width, SHORT_MIN);
	shrink_last(table, width, LAST_MIN);
	shrink_others(table, width, SHORT_TIGHT);
	shrink_last(table, width, LAST_TIGHT);
}

static char *shorten(const char *text, size_t width)
{
	const char *end;

	if (wrap_width(text) <= width)
		return g_strdup(text);
	end = wrap_end_within(text, width - 1);
	return g_strdup_printf("%.*s%s", (int)(end - text), text, has_unicode() ? "…" : "~");
}

/* Takes the part of *TEXT that fits into WIDTH, up to a space if there is one, else to a dash:
 * ports have many. A new string. */
static char *take_part(const char **text, size_t width)
{
	const char *start = *text;
	const char *end = wrap_end_within(start, width);
	const char *space = *end == ' ' ? end : g_strrstr_len(start, end - start, " ");
	const char *dash = g_strrstr_len(start, end - start, "-");

	if (*end && space && space > start)
		end = space;
	else if (*end && dash)
		end = dash + 1;
	*text = end + strspn(end, " ");
	return g_strndup(start, (gsize)(end - start));
}

/* The text with a newline wherever it must break: libsmartcols draws the tree beside all of it. */
static char *wrap(const char *text, size_t width)
{
	GString *wrapped = g_string_new(NULL);

	do {
		g_autofree char *part = take_part(&text, width);

		g_string_append_printf(wrapped, "%s%s", part, *text ? "\n" : "");
	} while (*text);
	return g_string_free(wrapped, FALSE);
}

static void fit_line(const struct table *table, struct libscols_line *line)
{
	for (guint i = 0; i < table->columns; i++) {
		struct libscols_cell *cell = scols_line_get_cell(line, i);
		const char *text = scols_cell_get_data(cell);
		g_autofree char *fitting = NULL;

		if (!text)
			continue;
		fitting = i + 1 < table->columns ? shorten(text, table->widths[i])
						 : wrap(text, table->widths[i]);
		scols_cell_set_data(cell, fitting);
	}
}

/* Its cells become as wide as its columns, and columns that are gone are hidden. */
static void fit_cells(const struct table *table)
{
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
	struct libscols_column *last = scols_table_get_column(table->out, table->columns - 1);
	struct libscols_line *line;

	while (scols_table_next_line(table->out, iter, &line) == 0)
		fit_line(table, line);
	scols_free_iter(iter);
	for (guint i = 0; i < table->columns; i++)
		scols_column_set_flags(scols_table_get_column(table->out, i),
				       (table->gone[i] ? SCOLS_FL_HIDDEN : 0) |
					       (i == 0 && table->tree ? SCOLS_FL_TREE : 0) |
					       (i + 1 == table->columns ? SCOLS_FL_WRAP : 0));
	scols_column_set_wrapfunc(last, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
}

/* libsmartcols pads the last column too; nobody wants to copy that. */
static char *strip_ends(const char *text)
{
	GString *stripped = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (**line || line[1])
			g_string_append_printf(stripped, "%s\n", g_strchomp(*line));
	}
	return g_string_free(stripped, FALSE);
}

char *table_finish(struct table *table, const struct show_style *style)
{
	char *text = NULL;
	char *stripped;

	if (style->width > 0)
		fit(table, style->width);
	fit_cells(table);
	/* The cells are encoded already, and it would spell our \x as \x5cx. */
	scols_table_enable_noencoding(table->out, 1);
	/* All is made to fit here. */
	scols_table_set_termforce(table->out, SCOLS_TERMFORCE_NEVER);
	scols_table_enable_colors(table->out, style->colour);
	scols_table_enable_ascii(table->out, !has_unicode());
	scols_print_table_to_string(table->out, &text);
	stripped = strip_ends(text ? text : "");
	free(text);
	scols_unref_table(table->out);
	g_free(table);
	return stripped;
}
