/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "state/text.h"

static void assert_spelt(const char *bytes, const char *expected)
{
	g_autofree char *spelling = text_spell(bytes);
	g_autofree char *back = text_unspell(spelling);

	assert_string_equal(spelling, expected);
	assert_non_null(back);
	assert_string_equal(back, bytes);
}

static void assert_printable(const char *bytes, const char *expected)
{
	g_autofree char *text = text_printable(bytes);

	assert_string_equal(text, expected);
}

static void every_byte_comes_back(void **state)
{
	char all[256] = "";

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		const char alone[] = {(char)byte, '\0'};
		const char between[] = {'a', (char)byte, 'b', '\0'};
		g_autofree char *spelling = text_spell(alone);
		g_autofree char *back = text_unspell(spelling);
		g_autofree char *spelling_between = text_spell(between);
		g_autofree char *back_between = text_unspell(spelling_between);

		assert_string_equal(back, alone);
		assert_string_equal(back_between, between);
		all[byte - 1] = (char)byte;
	}
	{
		g_autofree char *spelling = text_spell(all);
		g_autofree char *back = text_unspell(spelling);

		assert_true(g_utf8_validate(spelling, -1, NULL));
		assert_string_equal(back, all);
	}
}

static void code_points_come_back_and_are_fit_for_xml(void **state)
{
	(void)state;
	/* All of the first plane, and some of the others. */
	for (gunichar c = 1; c <= 0x10ffff; c += c < 0xffff ? 1 : 97) {
		char bytes[8] = "";
		g_autofree char *spelling = NULL;
		g_autofree char *back = NULL;
		gunichar first;

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		g_unichar_to_utf8(c, bytes);
		spelling = text_spell(bytes);
		back = text_unspell(spelling);
		assert_string_equal(back, bytes);
		/* XML 1.0's Char, without what an attribute normalises. */
		first = g_utf8_get_char(spelling);
		assert_true((first >= 0x20 && first <= 0xd7ff) ||
			    (first >= 0xe000 && first <= 0xfffd) || first >= 0x10000);
	}
}

static void printable_utf8_stays_as_it_is(void **state)
{
	(void)state;
	assert_spelt("2eba2b499514ed11", "2eba2b499514ed11");
	assert_spelt("Gerät 7 “x” & <b> 日本", "Gerät 7 “x” & <b> 日本");
	assert_spelt("", "");
}

static void the_backslash_is_spelt_so_that_spellings_are_unambiguous(void **state)
{
	(void)state;
	assert_spelt("a\\x41b", "a\\x5cx41b");
	assert_spelt("\\", "\\x5c");
	/* For people it stays: it is not read back. */
	assert_printable("a\\b", "a\\b");
}

static void control_characters_and_broken_utf8_are_spelt(void **state)
{
	(void)state;
	assert_spelt("a\tb\nc", "a\\x09b\\x0ac");
	assert_spelt("\x1b[31m", "\\x1b[31m");
	assert_spelt("\x7f", "\\x7f");
	assert_spelt("\xff\xfe", "\\xff\\xfe");
	assert_spelt("\xc3", "\\xc3");
	assert_spelt("\xe2\x82", "\\xe2\\x82");
	assert_spelt("\xc0\x80", "\\xc0\\x80");
	assert_spelt("\xed\xa0\x80", "\\xed\\xa0\\x80");
	assert_spelt("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
}

static void what_cannot_be_seen_or_reorders_is_neutralised(void **state)
{
	static const gunichar hidden[] = {
		0x85,   /* NEL */
		0x9b,   /* CSI in one character */
		0xad,   /* soft hyphen */
		0x200b, /* zero width space */
		0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,  0x202b,
		0x202c, 0x202d, 0x202e, 0x2060, 0x2066, 0x2067, 0x2068,  0x2069,
		0x115f, 0x2800, 0x3164, 0xfe0f, 0xfeff, 0xfffe, 0xe0041,
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(hidden); i++) {
		char bytes[8] = "";
		g_autofree char *text = NULL;

		g_unichar_to_utf8(hidden[i], bytes);
		text = text_printable(bytes);
		assert_true(g_str_is_ascii(text));
		assert_true(g_str_has_prefix(text, "\\x"));
		assert_int_equal(strlen(text), 4 * strlen(bytes));
	}
	assert_printable("a\xe2\x80\xae"
			 "b",
			 "a\\xe2\\x80\\xae"
			 "b");
}

static void no_script_reorders_what_stands_beside_it(void **state)
{
	(void)state;
	assert_printable("a\u05d0b", "a\\xd7\\x90b"); /* Hebrew */
	assert_printable("\u0661", "\\xd9\\xa1");     /* an Arabic digit */
	assert_spelt("\u0634", "\\xd8\\xb4");
	assert_printable("\U0001e900", "\\xf0\\x9e\\xa4\\x80");
}

static void marks_stand_on_their_own_character_and_are_no_pile(void **state)
{
	(void)state;
	assert_printable("e\u0301", "e\u0301");
	assert_printable("\u0301e", "\\xcc\\x81e");
	assert_printable("e\u0301\u0302\u0303x\u0301", "e\u0301\u0302\\xcc\\x83x\u0301");
	assert_printable("\x1b\u0301", "\\x1b\\xcc\\x81");
}

static void what_is_long_is_shortened(void **state)
{
	g_autofree char *long_text = g_strnfill(300, 'x');
	g_autofree char *shorter = text_shorten(g_strdup(long_text));
	g_autofree char *same = text_shorten(g_strdup("short"));

	(void)state;
	assert_int_equal(strlen(shorter), TEXT_SHORT);
	assert_true(g_str_has_suffix(shorter, "x..."));
	assert_string_equal(same, "short");
}

static void printable_is_one_line_of_utf8_whatever_came_in(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char bytes[33];
		g_autofree char *text = NULL;

		for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (char)(seed >> 24);
		}
		bytes[sizeof(bytes) - 1] = '\0';
		text = text_printable(bytes);
		assert_true(g_utf8_validate(text, -1, NULL));
		assert_null(strpbrk(text, "\n\r\t\x1b"));
	}
}

static void unspell_refuses_what_no_spelling_looks_like(void **state)
{
	static const char *const wrong[] = {"\\",      "\\x",    "\\x4",  "\\xg1",    "\\x1g",
					    "\\n",     "\\X41",  "\\x00", "abc\\x00", "a\\",
					    "\\\\x41", "\\x 41", "\\x-1"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		assert_null(text_unspell(wrong[i]));
}

static void unspell_takes_either_case_of_hex_digits(void **state)
{
	g_autofree char *lower = text_unspell("\\xc3\\xa4");
	g_autofree char *upper = text_unspell("\\xC3\\xA4");

	(void)state;
	assert_string_equal(lower, "ä");
	assert_string_equal(upper, "ä");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_comes_back),
		cmocka_unit_test(code_points_come_back_and_are_fit_for_xml),
		cmocka_unit_test(printable_utf8_stays_as_it_is),
		cmocka_unit_test(the_backslash_is_spelt_so_that_spellings_are_unambiguous),
		cmocka_unit_test(control_characters_and_broken_utf8_are_spelt),
		cmocka_unit_test(what_cannot_be_seen_or_reorders_is_neutralised),
		cmocka_unit_test(no_script_reorders_what_stands_beside_it),
		cmocka_unit_test(marks_stand_on_their_own_character_and_are_no_pile),
		cmocka_unit_test(what_is_long_is_shortened),
		cmocka_unit_test(printable_is_one_line_of_utf8_whatever_came_in),
		cmocka_unit_test(unspell_refuses_what_no_spelling_looks_like),
		cmocka_unit_test(unspell_takes_either_case_of_hex_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
