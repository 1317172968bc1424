/* SPDX-License-Identifier: MIT */

/* How many calls a connection has under way at once. */

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

static void *read_domains(void *virt)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autoptr(GPtrArray) domains = NULL;
	g_autofree char *err = NULL;

	assert_int_equal(virt_read_domains(virt, problems, &domains, &err), 0);
	assert_int_equal(domains->len, 8);
	return NULL;
}

/* However many threads read. libvirtd serves five, and then does not even answer keepalive. */
static void a_connection_has_four_calls_under_way_at_most(void **state)
{
	g_autofree char *path = g_strdup("/tmp/usbreconcile-calls-XXXXXX");
	g_autofree char *uri = NULL;
	g_autoptr(GString) xml = g_string_new("<node>");
	OWN(virt) virt = NULL;
	g_autofree char *err = NULL;
	GThread *threads[3];

	(void)state;
	for (int i = 0; i < 8; i++)
		g_string_append_printf(xml,
				       "<domain type='test'><name>guest%d</name><memory>1000"
				       "</memory><os><type>hvm</type></os></domain>",
				       i);
	g_string_append(xml, "</node>");
	close(g_mkstemp(path));
	g_file_set_contents(path, xml->str, -1, NULL);
	uri = g_strdup_printf("test://%s", path);
	assert_int_equal(virt_open(uri, false, &virt, &err), VIRT_OPEN_DONE);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("reader", read_domains, virt);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	assert_int_equal(at_most, 4);
	g_unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_has_four_calls_under_way_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
