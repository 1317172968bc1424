/* SPDX-License-Identifier: MIT */

/* How many calls a connection has under way at once, and which would only wait. */

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

#include "reconciler/libvirt/virt.h"
#include "state/problem.h"

static GMutex counting;
static GCond counted;
static int under_way, at_most;

/* More than there may be: each call waits a moment for so many. */
#define CROWD 5

static void wait_for_crowd(void)
{
	gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC / 10;

	g_mutex_lock(&counting);
	under_way++;
	at_most = MAX(at_most, under_way);
	g_cond_broadcast(&counted);
	while (under_way < CROWD && g_cond_wait_until(&counted, &counting, end))
		;
	under_way--;
	g_mutex_unlock(&counting);
}

/* Instead of libvirt's. */
char *virDomainGetXMLDesc(virDomainPtr domain, unsigned int flags)
{
	char *(*real)(virDomainPtr, unsigned int) =
		(char *(*)(virDomainPtr, unsigned int))dlsym(RTLD_NEXT, __func__);

	wait_for_crowd();
	return real(domain, flags);
}

/* What libvirtd says of itself. */
static unsigned long version;

int virConnectGetLibVersion(virConnectPtr connection, unsigned long *ret_version)
{
	(void)connection;
	*ret_version = version;
	return 0;
}

/* For how long six of the guests have not answered libvirt, in milliseconds. */
static unsigned long long held_for;

int virDomainGetControlInfo(virDomainPtr domain, virDomainControlInfoPtr info, unsigned int flags)
{
	(void)flags;
	*info = (virDomainControlInfo){0};
	if (strcmp(virDomainGetName(domain), "guest2") >= 0) {
		info->state = VIR_DOMAIN_CONTROL_OCCUPIED;
		info->stateTime = held_for;
	}
	return 0;
}

static void *read_domains(void *virt)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autoptr(GPtrArray) domains = NULL;
	g_autofree char *err = NULL;

	assert_int_equal(virt_read_domains(virt, NULL, problems, &domains, &err), 0);
	assert_int_equal(domains->len, 8);
	return NULL;
}

struct place {
	char *path;
	struct virt *virt;
};

/* A libvirt of so many running guests. */
static int open_place(void **state, int guests)
{
	struct place *place = g_new0(struct place, 1);
	g_autoptr(GString) xml = g_string_new("<node>");
	g_autofree char *uri = NULL;
	g_autofree char *err = NULL;

	for (int i = 0; i < guests; i++)
		g_string_append_printf(xml,
				       "<domain type='test'><name>guest%d</name><memory>1000"
				       "</memory><os><type>hvm</type></os></domain>",
				       i);
	g_string_append(xml, "</node>");
	place->path = g_strdup("/tmp/usbreconcile-calls-XXXXXX");
	close(g_mkstemp(place->path));
	g_file_set_contents(place->path, xml->str, -1, NULL);
	uri = g_strdup_printf("test://%s", place->path);
	assert_int_equal(virt_open(uri, false, &place->virt, &err), VIRT_OPEN_DONE);
	*state = place;
	return 0;
}

static int open_eight(void **state)
{
	held_for = 0;
	return open_place(state, 8);
}

static int open_eight_old(void **state)
{
	version = 9000000;
	return open_eight(state);
}

static int open_eight_new(void **state)
{
	version = 11003000;
	return open_eight(state);
}

static int close_place(void **state)
{
	struct place *place = *state;

	virt_free(place->virt);
	g_unlink(place->path);
	g_free(place->path);
	g_free(place);
	return 0;
}

/* However many threads read. libvirtd serves five, and then does not even answer keepalive. */
static void a_connection_has_four_calls_under_way_at_most(void **state)
{
	struct place *place = *state;
	GThread *threads[3];

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("reader", read_domains, place->virt);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	assert_int_equal(at_most, 4);
}

/* How many of the eight were dumped, live and config, and how many were not because they hang. */
static void expect_dumped(const struct place *place, guint dumped, guint hanging)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autoptr(GPtrArray) domains = NULL;
	g_autoptr(GHashTable) calls = NULL;
	g_autofree char *err = NULL;
	guint unreadable = 0;

	assert_int_equal(virt_read_domains(place->virt, NULL, problems, &domains, &err), 0);
	calls = virt_calls(place->virt);
	for (guint i = 0; i < domains->len; i++)
		unreadable += ((struct domain *)g_ptr_array_index(domains, i))->unreadable != NULL;
	assert_int_equal(GPOINTER_TO_UINT(g_hash_table_lookup(calls, "virDomainGetXMLDesc")),
			 dumped * 2);
	assert_int_equal(unreadable, hanging);
	assert_int_equal(problems->len, hanging);
	for (guint i = 0; i < problems->len; i++)
		assert_int_equal(((struct problem *)g_ptr_array_index(problems, i))->code,
				 PROBLEM_DOMAIN_BUSY);
}

/* Since libvirt 11.0 a dump of it would wait 30 s. */
static void nobody_waits_for_guests_that_hang(void **state)
{
	held_for = 1000;
	expect_dumped(*state, 2, 6);
}

static void what_is_short_is_waited_for(void **state)
{
	held_for = 999;
	expect_dumped(*state, 8, 0);
}

static void an_older_libvirt_dumps_guests_that_hang(void **state)
{
	held_for = 60000;
	expect_dumped(*state, 8, 0);
}

#define TEST(name, open) cmocka_unit_test_setup_teardown(name, open, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_connection_has_four_calls_under_way_at_most, open_eight_old),
		TEST(nobody_waits_for_guests_that_hang, open_eight_new),
		TEST(what_is_short_is_waited_for, open_eight_new),
		TEST(an_older_libvirt_dumps_guests_that_hang, open_eight_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
