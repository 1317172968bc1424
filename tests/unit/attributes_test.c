/* SPDX-License-Identifier: MIT */

/*
 * What every attribute of a tag needs besides being read: it survives the JSON form, the tag's page
 * shows it, who watches is told when it changes, and of one that narrows two tags that differ in it
 * are not the same, and a device must fit. A new attribute fails here until each of them knows it:
 * a replayed bug report must not plan for a wider tag.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/core/match.h"
#include "reconciler/core/planner.h"
#include "reconciler/show/show.h"
#include "state/fingerprint.h"
#include "state/json.h"
#include "xml_result.h"
#include "xmlutil/attribute.h"

/* An entry that has the attribute or element, and the same entry without it, or with another value
 * where it cannot be left out. */
static const struct sample {
	const char *name;
	const char *with;
	const char *without;
} samples[] = {
	{"name", "<usb:device name='b' serial='S'/>", "<usb:device name='a' serial='S'/>"},
	{"vendor", "<usb:device name='a' vendor='1' product='3'/>",
	 "<usb:device name='a' vendor='2' product='3'/>"},
	{"product", "<usb:device name='a' vendor='1' product='3'/>",
	 "<usb:device name='a' vendor='1' product='2'/>"},
	{"serial", "<usb:device name='a' port='pci-0-usb-0:1' serial='S'/>",
	 "<usb:device name='a' port='pci-0-usb-0:1'/>"},
	{"port", "<usb:device name='a' serial='S' port='pci-0-usb-0:1'/>",
	 "<usb:device name='a' serial='S'/>"},
	{"required", "<usb:device name='a' serial='S' required='yes'/>",
	 "<usb:device name='a' serial='S'/>"},
	{"persist", "<usb:device name='a' serial='S' persist='yes'/>",
	 "<usb:device name='a' serial='S'/>"},
	{"enabled", "<usb:device name='a' serial='S' enabled='no'/>",
	 "<usb:device name='a' serial='S'/>"},
	{"force", "<usb:device name='a' serial='S' force='yes'/>",
	 "<usb:device name='a' serial='S'/>"},
	{"guestPort", "<usb:device name='a' serial='S' guestPort='0:3'/>",
	 "<usb:device name='a' serial='S'/>"},
	{"guestReset", "<usb:device name='a' serial='S' guestReset='off'/>",
	 "<usb:device name='a' serial='S'/>"},
	{"limit", "<usb:group name='a' serial='S' limit='3'/>", "<usb:group name='a' serial='S'/>"},
	{"<id>", "<usb:device name='a' serial='S'><usb:id vendor='1' product='2'/></usb:device>",
	 "<usb:device name='a' serial='S'/>"},
	{"<match>",
	 "<usb:device name='a' serial='S'><usb:match property='P' value='v*'/></usb:device>",
	 "<usb:device name='a' serial='S'/>"},
};

static const struct sample *sample_of(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
		if (strcmp(samples[i].name, name) == 0)
			return &samples[i];
	}
	fail_msg("%s: write an entry with it, and one without, into samples[]", name);
	return NULL;
}

/* The domain "vm" with that entry, alone in the world. */
static struct snapshot *world_of(const char *entry)
{
	struct snapshot *world = snapshot_new();
	RESULT result = read_entries(entry);

	assert_null(tag_at(&result, 0)->complaint);
	world->host = g_strdup("host");
	world->uri = g_strdup("test:///default");
	g_ptr_array_add(world->domains, domain_ref(result.domain));
	return world;
}

static const struct tag *tag_of(const struct snapshot *world)
{
	const struct domain *domain = g_ptr_array_index(world->domains, 0);

	return g_ptr_array_index(domain->tags, 0);
}

static char *document_of(const struct snapshot *world)
{
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);

	return json_write_status(world, plan, history);
}

static char *page_of(const struct snapshot *world)
{
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(world, history);

	return show_tag(world, plan, g_ptr_array_index(plan->verdicts, 0));
}

/* What is read back is written as it was, and what differed still differs. */
static void survives_json(const struct sample *sample)
{
	OWN(snapshot) with = world_of(sample->with);
	OWN(snapshot) without = world_of(sample->without);
	g_autofree char *document = document_of(with);
	g_autofree char *other = document_of(without);
	OWN(snapshot) read = NULL;
	OWN(history) history = NULL;
	g_autofree char *err = NULL;
	g_autofree char *again = NULL;

	if (strcmp(document, other) == 0)
		fail_msg("%s: state/json_write_domain.c does not write it", sample->name);
	if (json_read_status(document, &read, &history, &err) < 0)
		fail_msg("%s: %s", sample->name, err);
	again = document_of(read);
	if (strcmp(document, again) != 0)
		fail_msg("%s: state/json_read_domain.c does not read it back", sample->name);
}

static void is_on_the_page(const struct sample *sample)
{
	OWN(snapshot) with = world_of(sample->with);
	OWN(snapshot) without = world_of(sample->without);
	g_autofree char *page = page_of(with);
	g_autofree char *other = page_of(without);

	if (strcmp(page, other) == 0)
		fail_msg("%s: show_tag() does not show it", sample->name);
}

static void counts_if_it_narrows(const struct sample *sample, bool narrows)
{
	OWN(snapshot) with = world_of(sample->with);
	OWN(snapshot) without = world_of(sample->without);

	if (tag_same_identity(tag_of(with), tag_of(without)) == narrows)
		fail_msg("%s: tag_same_identity() and the table in xmlutil/attribute.c differ on "
			 "whether it says which device is meant",
			 sample->name);
}

static void is_news_to_who_watches(const struct sample *sample)
{
	OWN(snapshot) with = world_of(sample->with);
	OWN(snapshot) without = world_of(sample->without);
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(with, history);
	OWN(plan) other = planner_plan(without, history);
	g_autofree char *print = fingerprint_of(with, plan);
	g_autofree char *other_print = fingerprint_of(without, other);

	if (strcmp(print, other_print) == 0)
		fail_msg("%s: tag_hash() leaves it out, so that nobody who watches is told",
			 sample->name);
}

/* A device that is all that the entry without it asks for, and nothing else. */
static void narrows_what_matches(const struct sample *sample)
{
	OWN(snapshot) with = world_of(sample->with);
	OWN(snapshot) without = world_of(sample->without);
	const struct tag *tag = tag_of(without);
	OWN(device) device = device_new();

	device->sysname = g_strdup("1-1");
	device->untrusted_serial = g_strdup(tag->serial);
	device->port = g_strdup(tag->port);
	if (tag->ids->len > 0)
		device->id = g_array_index(tag->ids, struct usb_id, 0);
	assert_true(match_device(tag, device));
	if (match_device(tag_of(with), device))
		fail_msg("%s: core/match.c does not ask for it", sample->name);
}

static void every_attribute_is_known_wherever_tags_go(void **state)
{
	(void)state;
	for (const char *const *name = attribute_names(); *name; name++) {
		const struct sample *sample = sample_of(*name);

		survives_json(sample);
		is_on_the_page(sample);
		counts_if_it_narrows(sample, attribute_narrows(*name));
		is_news_to_who_watches(sample);
		if (attribute_narrows(*name))
			narrows_what_matches(sample);
	}
}

static void so_is_every_element(void **state)
{
	static const char *const elements[] = {"<id>", "<match>"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(elements); i++) {
		survives_json(sample_of(elements[i]));
		is_on_the_page(sample_of(elements[i]));
		counts_if_it_narrows(sample_of(elements[i]), true);
		is_news_to_who_watches(sample_of(elements[i]));
		narrows_what_matches(sample_of(elements[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attribute_is_known_wherever_tags_go),
		cmocka_unit_test(so_is_every_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
