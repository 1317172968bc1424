/* SPDX-License-Identifier: MIT */
#include "xmlutil/phrase.h"

#include <glib.h>
#include <string.h>

#define LONGEST   20 /* longer words are nobody's misspelling of ours */
#define CUT_CHARS 60

/* Edits (insert, delete, replace, swap two neighbours) from A to B, ignoring case. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int d[LONGEST + 1][LONGEST + 1];
	size_t rows = strlen(a);
	size_t columns = strlen(b);

	for (size_t i = 0; i <= rows; i++)
		d[i][0] = (unsigned int)i;
	for (size_t j = 0; j <= columns; j++)
		d[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= rows; i++) {
		for (size_t j = 1; j <= columns; j++) {
			char x = g_ascii_tolower(a[i - 1]);
			char y = g_ascii_tolower(b[j - 1]);

			d[i][j] = MIN(d[i - 1][j], d[i][j - 1]) + 1;
			d[i][j] = MIN(d[i][j], d[i - 1][j - 1] + (x == y ? 0 : 1));
			if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) &&
			    y == g_ascii_tolower(a[i - 2]))
				d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[rows][columns];
}

const char *phrase_nearest(const char *word, const char *const *known)
{
	const char *nearest = NULL;
	size_t length = strlen(word);
	unsigned int best = length < 4 ? 1 : 2;

	if (length > LONGEST)
		return NULL;
	for (; *known; known++) {
		unsigned int edits = distance(word, *known);

		if (edits < best || (edits == best && !nearest)) {
			best = edits;
			nearest = *known;
		}
	}
	return nearest;
}

char *phrase_hint(const char *word, const char *const *known)
{
	const char *nearest = phrase_nearest(word, known);
	GString *all;

	if (nearest)
		return g_strdup_printf("did you mean %s?", nearest);
	all = g_string_new("known here: ");
	for (size_t i = 0; known[i]; i++)
		g_string_append_printf(all, "%s%s", i ? ", " : "", known[i]);
	return g_string_free(all, FALSE);
}

char *phrase_cut(const char *text)
{
	size_t length = 0;

	for (int chars = 0; text[length]; length++) {
		/* Is this byte the first of a UTF-8 character? */
		if ((text[length] & 0xc0) != 0x80 && chars++ == CUT_CHARS)
			return g_strdup_printf("%.*s…", (int)length, text);
	}
	return g_strdup(text);
}

char *phrase_quote(const char *text)
{
	g_autofree char *cut = phrase_cut(text);

	return g_strdup_printf("\"%s\"", cut);
}
