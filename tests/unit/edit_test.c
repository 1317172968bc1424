/* SPDX-License-Identifier: MIT */
/* Changing tags while others do: the hands are a domain that somebody else writes to as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/edit.h"

#define ENTRY(name) "<u:device name='" name "' serial='1'/>"

struct fake {
	char *entries; /* of the wrapper; it has no other state */
	unsigned int reads, writes;
	unsigned int intrude_at; /* before this read somebody writes INTRUSION; 0 never */
	bool intrude_always;     /* … and before each one after it */
	const char *intrusion;
	bool read_fails, write_fails, write_is_lost;
};

static char *fake_read(void *self, char **err)
{
	struct fake *fake = self;

	fake->reads++;
	if (fake->read_fails) {
		*err = g_strdup("libvirt has no idea");
		return NULL;
	}
	if (fake->intrude_at && (fake->reads == fake->intrude_at ||
				 (fake->intrude_always && fake->reads > fake->intrude_at))) {
		char *more = fake->intrude_always
				     ? g_strdup_printf("%s<!-- %u -->", fake->entries, fake->reads)
				     : g_strdup(fake->intrusion);

		g_free(fake->entries);
		fake->entries = more;
	}
	return g_strdup_printf("<domain><metadata><u:devices xmlns:u='" TAG_NAMESPACE "'>%s"
			       "</u:devices></metadata></domain>",
			       fake->entries);
}

/* What libvirt would make of it. */
static int fake_write(void *self, const char *set, const char *key, char **err)
{
	struct fake *fake = self;
	g_auto(GStrv) parts = NULL;

	fake->writes++;
	assert_string_equal(key, "u");
	if (fake->write_fails) {
		*err = g_strdup("libvirt said no");
		return -1;
	}
	if (fake->write_is_lost) {
		fake->write_is_lost = false;
		return 0;
	}
	parts = g_strsplit(set, "<device ", -1);
	g_free(fake->entries);
	fake->entries = g_strjoinv("<u:device ", parts);
	*strstr(fake->entries, "</devices>") = '\0';
	memmove(fake->entries, fake->entries + strlen("<devices>"),
		strlen(fake->entries + strlen("<devices>")) + 1);
	return 0;
}

static enum edit_reply disable_a(struct fake *fake, bool write, struct metadata_edit **ret_edit,
				 char **err)
{
	const struct tag_hands hands = {fake, fake_read, fake_write};
	struct metadata_change change = {METADATA_DISABLE, NULL, "a"};
	g_autoptr(GPtrArray) changes = g_ptr_array_new();

	g_ptr_array_add(changes, &change);
	return edit_side(&hands, changes, write, ret_edit, err);
}

static void an_edit_is_written_once_and_proven(void **state)
{
	struct fake fake = {.entries = g_strdup(ENTRY("a"))};
	OWN(metadata_edit) edit = NULL;
	g_autofree char *err = NULL;

	(void)state;
	assert_int_equal(disable_a(&fake, true, &edit, &err), EDIT_DONE);
	assert_true(edit->changed);
	assert_int_equal(fake.writes, 1);
	assert_int_equal(fake.reads, 3); /* to edit, right before writing, and after it */
	assert_non_null(strstr(fake.entries, "enabled=\"no\""));
	g_free(fake.entries);
}

static void nothing_to_change_writes_nothing(void **state)
{
	struct fake fake = {.entries = g_strdup("<u:device name='a' serial='1' enabled='no'/>")};
	OWN(metadata_edit) edit = NULL;
	g_autofree char *err = NULL;

	(void)state;
	assert_int_equal(disable_a(&fake, true, &edit, &err), EDIT_DONE);
	assert_false(edit->changed);
	assert_int_equal(fake.writes, 0);
	g_free(fake.entries);
}

static void a_look_writes_nothing(void **state)
{
	struct fake fake = {.entries = g_strdup(ENTRY("a"))};
	OWN(metadata_edit) edit = NULL;
	g_autofree char *err = NULL;

	(void)state;
	assert_int_equal(disable_a(&fake, false, &edit, &err), EDIT_DONE);
	assert_true(edit->changed);
	assert_int_equal(fake.writes, 0);
	g_free(fake.entries);
}

static void what_another_wrote_meanwhile_is_kept(void **state)
{
	struct fake fake = {
		.entries = g_strdup(ENTRY("a")),
		.intrude_at = 2,
		.intrusion = ENTRY("a") ENTRY("theirs"),
	};
	OWN(metadata_edit) edit = NULL;
	g_autofree char *err = NULL;

	(void)state;
	assert_int_equal(disable_a(&fake, true, &edit, &err), EDIT_DONE);
	assert_int_equal(fake.writes, 1);
	assert_non_null(strstr(fake.entries, "theirs"));
	assert_non_null(strstr(fake.entries, "enabled=\"no\""));
	g_free(fake.entries);
}

static void what_another_overwrote_is_written_again(void **state)
{
	struct fake fake = {.entries = g_strdup(ENTRY("a")), .write_is_lost = true};
	OWN(metadata_edit) edit = NULL;
	g_autofree char *err = NULL;

	(void)state;
	assert_int_equal(disable_a(&fake, true, &edit, &err), EDIT_DONE);
	assert_true(edit->changed);
	assert_int_equal(fake.writes, 2);
	assert_non_null(strstr(fake.entries, "enabled=\"no\""));
	g_free(fake.entries);
}

static void one_that_never_rests_is_a_clash(void **state)
{
	struct fake fake = {
		.entries = g_strdup(ENTRY("a")), .intrude_at = 2, .intrude_always = true};
	OWN(metadata_edit) edit = NULL;
	g_autofree char *err = NULL;

	(void)state;
	assert_int_equal(disable_a(&fake, true, &edit, &err), EDIT_CLASH);
	assert_null(edit);
	assert_int_equal(fake.writes, 0);
	assert_non_null(err);
	g_free(fake.entries);
}

static void a_tag_that_another_took_away_is_refused(void **state)
{
	struct fake fake = {
		.entries = g_strdup(ENTRY("a")), .intrude_at = 2, .intrusion = ENTRY("theirs")};
	g_autofree char *err = NULL;

	(void)state;
	assert_int_equal(disable_a(&fake, true, NULL, &err), EDIT_REFUSED);
	assert_string_equal(err, "it has no tag \"a\"");
	assert_int_equal(fake.writes, 0);
	g_free(fake.entries);
}

static void what_libvirt_says_is_handed_up(void **state)
{
	struct fake mute = {.read_fails = true};
	struct fake stern = {.entries = g_strdup(ENTRY("a")), .write_fails = true};
	g_autofree char *mute_err = NULL;
	g_autofree char *stern_err = NULL;

	(void)state;
	assert_int_equal(disable_a(&mute, true, NULL, &mute_err), EDIT_FAILED);
	assert_string_equal(mute_err, "libvirt has no idea");
	assert_int_equal(disable_a(&stern, true, NULL, &stern_err), EDIT_FAILED);
	assert_string_equal(stern_err, "libvirt said no");
	g_free(stern.entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edit_is_written_once_and_proven),
		cmocka_unit_test(nothing_to_change_writes_nothing),
		cmocka_unit_test(a_look_writes_nothing),
		cmocka_unit_test(what_another_wrote_meanwhile_is_kept),
		cmocka_unit_test(what_another_overwrote_is_written_again),
		cmocka_unit_test(one_that_never_rests_is_a_clash),
		cmocka_unit_test(a_tag_that_another_took_away_is_refused),
		cmocka_unit_test(what_libvirt_says_is_handed_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
