/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "xmlutil/phrase.h"

static const char *const known[] = {"name", "vendor", "product", "id", "guestPort", "names", NULL};

static void assert_nearest(const char *word, const char *expected)
{
	const char *nearest = phrase_nearest(word, known);

	if (g_strcmp0(nearest, expected) != 0)
		fail_msg("%s is said to be %s", word, nearest ? nearest : "nothing");
}

static void one_or_two_slips_are_recognised(void **state)
{
	(void)state;
	assert_nearest("vender", "vendor");
	assert_nearest("vendr", "vendor");
	assert_nearest("vvendor", "vendor");
	assert_nearest("vednor", "vendor");
	assert_nearest("vednro", "vendor");
	assert_nearest("VENDOR", "vendor");
	assert_nearest("guestports", "guestPort");
	assert_nearest("idproduct", "product");
	assert_nearest("nxmx", "name");
	assert_nearest("vndrs", NULL);
	assert_nearest("serial", NULL);
}

static void short_words_allow_one_slip(void **state)
{
	(void)state;
	assert_nearest("di", "id");
	assert_nearest("i", "id");
	assert_nearest("idx", "id");
	assert_nearest("xx", NULL);
	assert_nearest("", NULL);
}

static void the_nearest_wins_and_of_equals_the_first(void **state)
{
	(void)state;
	assert_nearest("names", "names");
	assert_nearest("name", "name");
	assert_nearest("namen", "name");
}

static void a_long_word_is_nobodys_slip(void **state)
{
	g_autofree char *word = g_strnfill(100000, 'n');

	(void)state;
	assert_nearest(word, NULL);
}

static void a_hint_suggests_or_lists(void **state)
{
	g_autofree char *suggestion = phrase_hint("nam", known);
	g_autofree char *list = phrase_hint("serial", known);

	(void)state;
	assert_string_equal(suggestion, "did you mean name?");
	assert_string_equal(list, "known here: name, vendor, product, id, guestPort, names");
}

static void a_quotation_ends_between_characters(void **state)
{
	g_autofree char *start = g_strnfill(59, 'x');
	g_autofree char *whole = g_strconcat(start, "\xc3\xa4", NULL);
	g_autofree char *more = g_strconcat(whole, "\xc3\xa4", NULL);
	g_autofree char *expected = g_strdup_printf("\"%s…\"", whole);
	g_autofree char *uncut = phrase_cut(whole);
	g_autofree char *quoted = phrase_quote(more);

	(void)state;
	assert_string_equal(uncut, whole);
	assert_string_equal(quoted, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_or_two_slips_are_recognised),
		cmocka_unit_test(short_words_allow_one_slip),
		cmocka_unit_test(the_nearest_wins_and_of_equals_the_first),
		cmocka_unit_test(a_long_word_is_nobodys_slip),
		cmocka_unit_test(a_hint_suggests_or_lists),
		cmocka_unit_test(a_quotation_ends_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
