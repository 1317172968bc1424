/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <glib/gstdio.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "reconciler/libvirt/virt.h"

#define OFF     "<test:runstate>5</test:runstate>"
#define RUNNING ""

/* What the next dumps of a domain do instead of what libvirt's test driver would. */
struct fault {
	const char *domain;
	unsigned int flags; /* VIR_DOMAIN_XML_INACTIVE: the config; 0: the live XML */
	int code;           /* virErrorNumber; 0: answers with XML */
	int origin;         /* virErrorDomain */
	bool alive;         /* the connection goes on all the same */
	const char *xml;
};

static struct fault fault;

static bool is_struck(virDomainPtr domain, unsigned int flags)
{
	return fault.domain && strcmp(virDomainGetName(domain), fault.domain) == 0 &&
	       (flags & VIR_DOMAIN_XML_INACTIVE) == fault.flags;
}

/* Instead of libvirt's. */
int virConnectIsAlive(virConnectPtr connection G_GNUC_UNUSED)
{
	return fault.alive;
}

char *virDomainGetXMLDesc(virDomainPtr domain, unsigned int flags)
{
	char *(*real)(virDomainPtr, unsigned int) =
		(char *(*)(virDomainPtr, unsigned int))dlsym(RTLD_NEXT, "virDomainGetXMLDesc");

	assert_int_equal(flags & VIR_DOMAIN_XML_SECURE, 0);
	if (!is_struck(domain, flags))
		return real(domain, flags);
	if (fault.code == 0)
		return g_strdup(fault.xml);
	/* Any error, made into the wanted one. */
	assert_null(real(domain, ~0u));
	virGetLastError()->code = fault.code;
	virGetLastError()->domain = fault.origin;
	return NULL;
}

/* A libvirt of these domains. */
/* What libvirtd says of itself; 0: what it is. */
static unsigned long pretended;

int virConnectGetLibVersion(virConnectPtr connection, unsigned long *ret_version)
{
	(void)connection;
	*ret_version = pretended ? pretended : LIBVIR_VERSION_NUMBER;
	return 0;
}

struct place {
	char *path;
	GString *xml;
	struct virt *virt;
	GPtrArray *problems;
	GPtrArray *domains;
};

static int set_up(void **state)
{
	struct place *place = g_new0(struct place, 1);

	place->xml = g_string_new("<node>");
	place->problems = problem_list_new();
	fault = (struct fault){0};
	pretended = 0;
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	g_clear_pointer(&place->virt, virt_free);
	g_clear_pointer(&place->domains, g_ptr_array_unref);
	g_ptr_array_unref(place->problems);
	if (place->path)
		g_unlink(place->path);
	g_free(place->path);
	g_string_free(place->xml, TRUE);
	g_free(place);
	return 0;
}

/* TAG: its name, or NULL; its hostdev is there, too. */
static void add_domain(struct place *place, const char *name, const char *tag, const char *more)
{
	g_autofree char *uuid = g_uuid_string_random();

	g_string_append_printf(place->xml,
			       "<domain type='test' "
			       "xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>"
			       "<name>%s</name><uuid>%s</uuid><memory>1000</memory>"
			       "<os><type>hvm</type></os>",
			       name, uuid);
	if (tag)
		g_string_append_printf(
			place->xml,
			"<metadata><u:devices xmlns:u='urn:usbreconcile:domain:1.0'>"
			"<u:device name='%s' serial='AAA'/></u:devices></metadata>"
			"<devices><hostdev mode='subsystem' type='usb'><source>"
			"<address bus='1' device='5'/></source><alias name='ua-usbr-%s'/>"
			"</hostdev></devices>",
			tag, tag);
	g_string_append_printf(place->xml, "%s</domain>", more);
}

static void open_place(struct place *place)
{
	g_autofree char *uri = NULL;
	g_autofree char *err = NULL;
	int fd = g_file_open_tmp("usbreconcile-virt-XXXXXX", &place->path, NULL);

	close(fd);
	g_string_append(place->xml, "</node>");
	assert_true(g_file_set_contents(place->path, place->xml->str, -1, NULL));
	uri = g_strdup_printf("test://%s", place->path);
	assert_int_equal(virt_open(uri, true, &place->virt, &err), VIRT_OPEN_DONE);
}

static void read_place(struct place *place)
{
	g_autofree char *err = NULL;

	open_place(place);
	assert_int_equal(
		virt_read_domains(place->virt, NULL, place->problems, &place->domains, &err), 0);
	assert_null(err);
}

static const struct domain *nth(const struct place *place, guint i)
{
	assert_true(i < place->domains->len);
	return g_ptr_array_index(place->domains, i);
}

static const struct problem *only_problem(const struct place *place)
{
	assert_int_equal(place->problems->len, 1);
	return g_ptr_array_index(place->problems, 0);
}

static guint calls(const struct place *place, const char *function)
{
	g_autoptr(GHashTable) calls = virt_calls(place->virt);

	return GPOINTER_TO_UINT(g_hash_table_lookup(calls, function));
}

/* All but the opening. */
static guint all_calls(const struct place *place)
{
	g_autoptr(GHashTable) calls = virt_calls(place->virt);
	GHashTableIter iter;
	gpointer function, count;
	guint sum = 0;

	g_hash_table_iter_init(&iter, calls);
	while (g_hash_table_iter_next(&iter, &function, &count)) {
		if (strcmp(function, "virConnectOpenAuth") != 0)
			sum += GPOINTER_TO_UINT(count);
	}
	return sum;
}

static void read_with_guest_reset(struct place *place, unsigned long version)
{
	pretended = version;
	add_domain(place, "vm", NULL,
		   OFF
		   "<metadata><u:devices xmlns:u='urn:usbreconcile:domain:1.0'><u:device name='a' "
		   "serial='AAA' guestReset='off'/></u:devices></metadata>");
	read_place(place);
}

static void an_old_libvirt_is_not_asked_for_what_it_would_drop(void **state)
{
	struct place *place = *state;
	const struct tag *tag;

	read_with_guest_reset(place, 8000000);
	tag = g_ptr_array_index(nth(place, 0)->tags, 0);
	assert_int_equal(tag->guest_reset, GUEST_RESET_DEFAULT);
	assert_int_equal(only_problem(place)->code, PROBLEM_METADATA_WARNING);
	assert_string_equal(only_problem(place)->tag, "a");
	assert_non_null(strstr(only_problem(place)->message, "guestReset"));
}

static void a_libvirt_that_knows_it_is_asked_for_it(void **state)
{
	struct place *place = *state;
	const struct tag *tag;

	read_with_guest_reset(place, 8006000);
	tag = g_ptr_array_index(nth(place, 0)->tags, 0);
	assert_int_equal(tag->guest_reset, GUEST_RESET_OFF);
	assert_int_equal(place->problems->len, 0);
}

static void domains_come_sorted_with_tags_and_hostdevs(void **state)
{
	struct place *place = *state;

	add_domain(place, "zulu", NULL, RUNNING);
	add_domain(place, "alpha", "a", OFF);
	add_domain(place, "mike", "m", RUNNING);
	read_place(place);
	assert_int_equal(place->domains->len, 3);
	assert_int_equal(place->problems->len, 0);

	assert_string_equal(nth(place, 0)->name, "alpha");
	assert_false(nth(place, 0)->running);
	assert_true(nth(place, 0)->persistent);
	assert_non_null(domain_find_tag(nth(place, 0), "a"));
	assert_non_null(domain_find_hostdev(nth(place, 0)->config, "ua-usbr-a"));
	assert_int_equal(nth(place, 0)->live->len, 0);

	assert_string_equal(nth(place, 1)->name, "mike");
	assert_true(nth(place, 1)->running);
	assert_int_equal(nth(place, 1)->metadata, METADATA_VALID);
	assert_int_equal(nth(place, 1)->live->len, 1);
	assert_int_equal(nth(place, 1)->config->len, 1);

	assert_string_equal(nth(place, 2)->name, "zulu");
	assert_int_equal(nth(place, 2)->metadata, METADATA_ABSENT);
}

static void a_transient_domain_has_its_live_side_only(void **state)
{
	struct place *place = *state;

	add_domain(place, "guest", "a", "<test:transient/>");
	read_place(place);
	assert_true(nth(place, 0)->running);
	assert_false(nth(place, 0)->persistent);
	assert_int_equal(nth(place, 0)->tags->len, 1);
	assert_int_equal(nth(place, 0)->live->len, 1);
	assert_int_equal(nth(place, 0)->config->len, 0);
	assert_int_equal(place->problems->len, 0);
}

static void a_saved_domain_is_known_to_be_saved(void **state)
{
	struct place *place = *state;

	add_domain(place, "guest", "a", OFF "<test:hasmanagedsave/>");
	/* Its last tag may have gone while the image was written. */
	add_domain(place, "untagged", NULL, OFF "<test:hasmanagedsave/>");
	read_place(place);
	assert_true(nth(place, 0)->saved);
	assert_true(nth(place, 1)->saved);
	assert_null(nth(place, 0)->unreadable);
	assert_int_equal(place->problems->len, 0);
}

static void reading_costs_no_more_calls_than_it_must(void **state)
{
	struct place *place = *state;
	const guint tagged = 5, untagged = 7;

	for (guint i = 0; i < tagged; i++) {
		g_autofree char *name = g_strdup_printf("tagged%u", i);
		add_domain(place, name, "a", i % 2 ? OFF : RUNNING);
	}
	for (guint i = 0; i < untagged; i++) {
		g_autofree char *name = g_strdup_printf("untagged%u", i);
		add_domain(place, name, NULL, i % 2 ? OFF : RUNNING);
	}
	read_place(place);
	assert_int_equal(place->domains->len, tagged + untagged);
	/* All, those that are paused, and those that are saved. */
	assert_int_equal(calls(place, "virConnectListAllDomains"), 3);
	assert_int_equal(calls(place, "virDomainGetState"), 0);
	assert_int_equal(calls(place, "virDomainIsPersistent"), 3);
	assert_int_equal(calls(place, "virDomainHasManagedSaveImage"), 0);
	assert_true(all_calls(place) <= 3 + 2 * tagged + 3 + 2 * untagged);
}

static void a_domain_that_vanished_meanwhile_is_not_there(void **state)
{
	struct place *place = *state;

	add_domain(place, "gone", "a", RUNNING);
	add_domain(place, "here", "b", RUNNING);
	fault = (struct fault){.domain = "gone", .code = VIR_ERR_NO_DOMAIN};
	read_place(place);
	assert_int_equal(place->domains->len, 1);
	assert_string_equal(nth(place, 0)->name, "here");
	assert_int_equal(place->problems->len, 0);
}

static void a_domain_that_stopped_meanwhile_is_off(void **state)
{
	struct place *place = *state;

	add_domain(place, "guest", "a", RUNNING);
	fault = (struct fault){.domain = "guest",
			       .xml = "<domain type='test'><name>guest</name></domain>"};
	read_place(place);
	assert_false(nth(place, 0)->running);
	assert_null(nth(place, 0)->unreadable);
	assert_int_equal(nth(place, 0)->live->len, 0);
	assert_int_equal(nth(place, 0)->config->len, 1);
}

static void a_busy_domain_is_asked_once_and_left_alone(void **state)
{
	struct place *place = *state;

	add_domain(place, "busy", "a", RUNNING);
	add_domain(place, "other", "b", RUNNING);
	fault = (struct fault){.domain = "busy",
			       .flags = VIR_DOMAIN_XML_INACTIVE,
			       .code = VIR_ERR_OPERATION_TIMEOUT};
	read_place(place);
	assert_string_equal(nth(place, 0)->name, "busy");
	assert_non_null(nth(place, 0)->unreadable);
	assert_int_equal(nth(place, 0)->metadata, METADATA_UNREAD);
	assert_null(nth(place, 1)->unreadable);
	assert_int_equal(only_problem(place)->code, PROBLEM_DOMAIN_BUSY);
	assert_string_equal(only_problem(place)->domain, "busy");
	assert_int_equal(calls(place, "virDomainGetXMLDesc"), 3);
}

static void a_busy_live_side_leaves_the_config_known(void **state)
{
	struct place *place = *state;

	add_domain(place, "busy", "a", RUNNING);
	fault = (struct fault){.domain = "busy", .code = VIR_ERR_OPERATION_TIMEOUT};
	read_place(place);
	assert_non_null(nth(place, 0)->unreadable);
	assert_true(nth(place, 0)->running);
	assert_int_equal(nth(place, 0)->tags->len, 1);
	assert_int_equal(nth(place, 0)->config->len, 1);
	assert_int_equal(only_problem(place)->code, PROBLEM_DOMAIN_BUSY);
}

static void a_refused_domain_is_a_problem_of_its_own(void **state)
{
	struct place *place = *state;

	add_domain(place, "guest", "a", RUNNING);
	add_domain(place, "other", "b", RUNNING);
	fault = (struct fault){.domain = "guest", .code = VIR_ERR_ACCESS_DENIED};
	read_place(place);
	assert_non_null(nth(place, 0)->unreadable);
	assert_null(nth(place, 1)->unreadable);
	assert_int_equal(only_problem(place)->code, PROBLEM_DOMAIN_UNREADABLE);
	assert_non_null(only_problem(place)->hint);
}

/* An undefined entity in metadata survives in libvirt, and makes the dump unreadable. */
static void a_broken_document_is_a_problem_of_its_own(void **state)
{
	struct place *place = *state;

	add_domain(place, "guest", "a", OFF);
	add_domain(place, "other", "b", OFF);
	fault = (struct fault){
		.domain = "guest",
		.flags = VIR_DOMAIN_XML_INACTIVE,
		.xml = "<domain type='test'><metadata>&x;</metadata><devices><hostdev "
		       "mode='subsystem' type='usb'><source><address bus='1' device='5'/></source>"
		       "<alias name='ua-usbr-a'/></hostdev></devices></domain>"};
	read_place(place);
	assert_non_null(nth(place, 0)->unreadable);
	assert_int_equal(nth(place, 0)->metadata, METADATA_UNREAD);
	assert_int_equal(nth(place, 0)->config->len, 1);
	assert_null(nth(place, 1)->unreadable);
	assert_int_equal(only_problem(place)->code, PROBLEM_DOMAIN_UNREADABLE);
}

static void a_connection_that_broke_fails_the_reading(void **state)
{
	struct place *place = *state;
	g_autofree char *err = NULL;

	add_domain(place, "guest", "a", RUNNING);
	fault = (struct fault){
		.domain = "guest", .code = VIR_ERR_INTERNAL_ERROR, .origin = VIR_FROM_RPC};
	open_place(place);
	assert_int_equal(
		virt_read_domains(place->virt, NULL, place->problems, &place->domains, &err), -1);
	assert_non_null(err);
	assert_null(place->domains);
}

/* libvirt's protocol ends at 4 MiB: an error of it, but not the end of the connection. */
static void a_document_that_is_too_long_is_a_problem_of_its_domain(void **state)
{
	struct place *place = *state;

	add_domain(place, "guest", "a", RUNNING);
	add_domain(place, "other", "b", RUNNING);
	fault = (struct fault){
		.domain = "guest", .code = VIR_ERR_RPC, .origin = VIR_FROM_RPC, .alive = true};
	read_place(place);
	assert_non_null(nth(place, 0)->unreadable);
	assert_null(nth(place, 1)->unreadable);
}

static void who_is_spared_is_taken_as_known_while_the_list_agrees(void **state)
{
	struct place *place = *state;
	g_autoptr(GHashTable) spared = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) again = NULL;
	g_autofree char *err = NULL;
	struct domain *off;

	add_domain(place, "guest", "a", RUNNING);
	add_domain(place, "other", "b", OFF);
	read_place(place);
	off = domain_copy(nth(place, 0));
	for (guint i = 0; i < 2; i++)
		g_hash_table_insert(spared, nth(place, i)->uuid,
				    g_ptr_array_index(place->domains, i));
	assert_int_equal(virt_read_domains(place->virt, spared, place->problems, &again, &err), 0);
	assert_ptr_equal(g_ptr_array_index(again, 0), nth(place, 0));
	assert_ptr_equal(g_ptr_array_index(again, 1), nth(place, 1));
	/* It was off then, and runs now: whatever tells of that was lost. */
	off->running = false;
	g_hash_table_insert(spared, off->uuid, off);
	g_clear_pointer(&again, g_ptr_array_unref);
	assert_int_equal(virt_read_domains(place->virt, spared, place->problems, &again, &err), 0);
	assert_true(((const struct domain *)g_ptr_array_index(again, 0))->running);
	assert_ptr_equal(g_ptr_array_index(again, 1), nth(place, 1));
	domain_unref(off);
}

static void two_readings_are_alike(void **state)
{
	struct place *place = *state;
	g_autoptr(GPtrArray) again = NULL;
	g_autofree char *err = NULL;

	for (guint i = 0; i < 30; i++) {
		g_autofree char *name = g_strdup_printf("guest%u", i);
		add_domain(place, name, i % 3 ? "a" : NULL, i % 2 ? OFF : RUNNING);
	}
	read_place(place);
	assert_int_equal(virt_read_domains(place->virt, NULL, place->problems, &again, &err), 0);
	assert_int_equal(again->len, 30);
	for (guint i = 0; i < again->len; i++) {
		const struct domain *domain = g_ptr_array_index(again, i);

		assert_string_equal(domain->name, nth(place, i)->name);
		assert_int_equal(domain->tags->len, nth(place, i)->tags->len);
	}
}

#define in_a_place(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(an_old_libvirt_is_not_asked_for_what_it_would_drop),
		in_a_place(a_libvirt_that_knows_it_is_asked_for_it),
		in_a_place(domains_come_sorted_with_tags_and_hostdevs),
		in_a_place(a_transient_domain_has_its_live_side_only),
		in_a_place(a_saved_domain_is_known_to_be_saved),
		in_a_place(reading_costs_no_more_calls_than_it_must),
		in_a_place(a_domain_that_vanished_meanwhile_is_not_there),
		in_a_place(a_domain_that_stopped_meanwhile_is_off),
		in_a_place(a_busy_domain_is_asked_once_and_left_alone),
		in_a_place(a_busy_live_side_leaves_the_config_known),
		in_a_place(a_refused_domain_is_a_problem_of_its_own),
		in_a_place(a_broken_document_is_a_problem_of_its_own),
		in_a_place(a_connection_that_broke_fails_the_reading),
		in_a_place(a_document_that_is_too_long_is_a_problem_of_its_domain),
		in_a_place(who_is_spared_is_taken_as_known_while_the_list_agrees),
		in_a_place(two_readings_are_alike),
	};

	return cmocka_run_group_tests_name("virt_read", tests, NULL, NULL);
}
