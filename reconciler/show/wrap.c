/* SPDX-License-Identifier: MIT */
#include "reconciler/show/wrap.h"

#include <string.h>

#include "reconciler/show/show.h"

/* How far a continued line is indented below the line it continues, where there is no column to
 * align with. */
#define HANG 2

static size_t char_width(gunichar c)
{
	if (g_unichar_iszerowidth(c))
		return 0;
	return g_unichar_iswide(c) ? 2 : 1;
}

static size_t width_of(const char *text, const char *end)
{
	size_t width = 0;

	for (; text < end && *text; text = g_utf8_next_char(text))
		width += char_width(g_utf8_get_char(text));
	return width;
}

size_t wrap_width(const char *text)
{
	return width_of(text, text + strlen(text));
}

const char *wrap_end_within(const char *text, size_t width)
{
	size_t used = 0;

	for (; *text; text = g_utf8_next_char(text)) {
		used += char_width(g_utf8_get_char(text));
		if (used > width)
			break;
	}
	return text;
}

/* The end of those words of TEXT that fit into WIDTH, but at least of the one at FIRST. */
static const char *end_of_words(const char *text, const char *first, size_t width)
{
	const char *end = wrap_end_within(text, width);

	while (end > first && *end && *end != ' ')
		end--;
	while (end > first && end[-1] == ' ')
		end--;
	return end > first ? end : first + strcspn(first, " ");
}

/* The last column that begins in the left half of WIDTH, else a little more than the line is
 * indented. */
static size_t hang_of(const char *line, size_t width)
{
	const char *middle = wrap_end_within(line, width / 2);
	const char *column = NULL;

	for (const char *at = line; at < middle; at++) {
		if (at[0] == ' ' && at[1] == ' ') {
			at += strspn(at, " ");
			column = at <= middle ? at : column;
		}
	}
	return column && column > line + HANG ? width_of(line, column) : HANG;
}

static void append_wrapped(GString *text, const char *line, size_t width)
{
	size_t hang = hang_of(line, width);
	const char *first = line + strspn(line, " ");
	const char *end = end_of_words(line, first, width);

	g_string_append_len(text, line, end - line);
	for (line = end + strspn(end, " "); *line; line = end + strspn(end, " ")) {
		end = end_of_words(line, line, width > hang ? width - hang : 1);
		g_string_append_printf(text, "\n%*s", (int)hang, "");
		g_string_append_len(text, line, end - line);
	}
}

char *show_wrap(unsigned int width, const char *text)
{
	GString *wrapped = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (line > lines)
			g_string_append_c(wrapped, '\n');
		if (width == 0 || wrap_width(*line) <= width)
			g_string_append(wrapped, *line);
		else
			append_wrapped(wrapped, *line, width);
	}
	return g_string_free(wrapped, FALSE);
}
