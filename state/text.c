/* SPDX-License-Identifier: MIT */
#include "state/text.h"

#include <string.h>

/*
 * Code points that Unicode calls letters or marks but that show nothing, or select how the one
 * before is shown: two strings that differ in them look the same. (The zero-width spaces, joiners,
 * BOM, bidi embeddings, overrides and isolates are of the type "format".)
 */
static bool is_invisible(gunichar c)
{
	return c == 0x034f || c == 0x115f || c == 0x1160 || c == 0x17b4 || c == 0x17b5 ||
	       (c >= 0x180b && c <= 0x180f) || c == 0x2800 || c == 0x3164 ||
	       (c >= 0xfe00 && c <= 0xfe0f) || c == 0xffa0 || (c >= 0xe0000 && c <= 0xe0fff);
}

/* The blocks of scripts that are written from right to left (Hebrew, Arabic, Syriac, Thaana, N'Ko,
 * …, and the presentation forms). */
static bool is_right_to_left(gunichar c)
{
	return (c >= 0x0590 && c <= 0x08ff) || (c >= 0xfb1d && c <= 0xfdff) ||
	       (c >= 0xfe70 && c <= 0xfeff) || (c >= 0x10800 && c <= 0x10fff) ||
	       (c >= 0x1e800 && c <= 0x1efff);
}

/* Stands on or below the character before it, which may be the end of another column. */
static bool is_mark(gunichar c)
{
	GUnicodeType type = g_unichar_type(c);

	return type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_ENCLOSING_MARK ||
	       type == G_UNICODE_SPACING_MARK;
}

/* What scripts need: more would reach into other lines. */
#define MARKS_MOST 2

static bool is_printable(gunichar c)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_SURROGATE:
	case G_UNICODE_UNASSIGNED:
	case G_UNICODE_PRIVATE_USE:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
		return false;
	default:
		return !is_invisible(c) && !is_right_to_left(c);
	}
}

/* How many bytes of AT are one printable character, with MARKS that may stand there; 0: none, the
 * byte must be spelt. */
static size_t printable_length(const char *at, unsigned int *marks)
{
	gunichar c = g_utf8_get_char_validated(at, -1);

	if (c == (gunichar)-1 || c == (gunichar)-2 || !is_printable(c))
		return 0;
	if (!is_mark(c))
		*marks = MARKS_MOST;
	else if (*marks == 0)
		return 0;
	else
		--*marks;
	return (size_t)g_utf8_skip[(guchar)*at];
}

static char *encode(const char *untrusted, bool spell_backslash)
{
	GString *text = g_string_new(NULL);
	unsigned int marks = 0; /* there is nothing yet that one could stand on */

	while (*untrusted) {
		size_t length = printable_length(untrusted, &marks);

		if (length == 0 || (spell_backslash && *untrusted == '\\')) {
			g_string_append_printf(text, "\\x%02x", (guchar)*untrusted);
			length = 1;
			marks = 0;
		} else {
			g_string_append_len(text, untrusted, (gssize)length);
		}
		untrusted += length;
	}
	return g_string_free(text, FALSE);
}

char *text_spell(const char *untrusted)
{
	return encode(untrusted, true);
}

char *text_printable(const char *untrusted)
{
	return encode(untrusted, false);
}

char *text_shorten(char *text)
{
	static const char dots[] = "...";
	char *shorter;

	if (g_utf8_strlen(text, -1) <= TEXT_SHORT)
		return text;
	*g_utf8_offset_to_pointer(text, TEXT_SHORT - (glong)strlen(dots)) = '\0';
	shorter = g_strconcat(text, dots, NULL);
	g_free(text);
	return shorter;
}

/* TEXT with every C become WITH. Takes TEXT over. */
static char *replace(char *text, char c, const char *with)
{
	const char one[] = {c, '\0'};
	g_auto(GStrv) parts = g_strsplit(text, one, -1);

	g_free(text);
	return g_strjoinv(with, parts);
}

char *text_label(const char *untrusted)
{
	return replace(replace(text_spell(untrusted), '\\', "\\\\"), '"', "\\\"");
}

char *text_plugin(const char *untrusted)
{
	return replace(text_printable(untrusted), '|', "\\x7c");
}

/* The byte that "\xNN" at AT stands for, or -1. */
static int spelt_byte(const char *at)
{
	int high, low;

	if (at[0] != '\\' || at[1] != 'x')
		return -1;
	high = g_ascii_xdigit_value(at[2]);
	if (high < 0)
		return -1;
	low = g_ascii_xdigit_value(at[3]);
	return low < 0 ? -1 : high * 16 + low;
}

char *text_unspell(const char *spelling)
{
	g_autoptr(GString) bytes = g_string_new(NULL);

	while (*spelling) {
		int byte;

		if (*spelling != '\\') {
			g_string_append_c(bytes, *spelling++);
			continue;
		}
		byte = spelt_byte(spelling);
		if (byte <= 0)
			return NULL;
		g_string_append_c(bytes, (char)byte);
		spelling += strlen("\\xNN");
	}
	return g_string_free(g_steal_pointer(&bytes), FALSE);
}
