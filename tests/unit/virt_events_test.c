/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib/gstdio.h>
#include <libvirt/libvirt.h>

#include "reconciler/libvirt/virt_events.h"

/* test:///default is one for the whole process: what a second connection does, the first hears. */
struct fixture {
	struct virt *virt;
	virConnectPtr other;
	GAsyncQueue *events; /* struct virt_event * */
};

static void hear(struct virt_event *event, void *data)
{
	g_async_queue_push(data, event);
}

static void unref_queue(gpointer queue)
{
	g_async_queue_unref(queue);
}

static void expect_event(const struct fixture *fixture, enum virt_event_kind kind)
{
	struct virt_event *event = g_async_queue_timeout_pop(fixture->events, 10 * G_USEC_PER_SEC);

	assert_non_null(event);
	assert_int_equal(event->kind, kind);
	assert_non_null(event->uuid);
	virt_event_free(event);
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);
	g_autofree char *err = NULL;

	fixture->events = g_async_queue_new();
	if (virt_open("test:///default", false, &fixture->virt, &err) != VIRT_OPEN_DONE)
		return -1;
	if (virt_subscribe(fixture->virt, hear, g_async_queue_ref(fixture->events), unref_queue,
			   &err) < 0)
		return -1;
	fixture->other = virConnectOpen("test:///default");
	*state = fixture;
	return fixture->other ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	virConnectClose(fixture->other);
	virt_free(fixture->virt);
	g_async_queue_unref(fixture->events);
	g_free(fixture);
	return 0;
}

static virDomainPtr define(const struct fixture *fixture, const char *tag)
{
	g_autofree char *xml = g_strdup_printf(
		"<domain type='test'><name>heard</name>"
		"<uuid>6695eb01-f6a4-8304-79aa-97f2502e1930</uuid><memory>1024</memory>"
		"<os><type>hvm</type></os><metadata>"
		"<u:devices xmlns:u='urn:usbreconcile:domain:1.0'>"
		"<u:device name='%s' serial='S'/></u:devices></metadata></domain>",
		tag);

	return virDomainDefineXML(fixture->other, xml);
}

static struct domain *read_again(const struct fixture *fixture, unsigned int sides,
				 const struct domain *old, virDomainPtr handle, int expected)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	char uuid[VIR_UUID_STRING_BUFLEN];
	struct domain *domain = NULL;
	g_autofree char *err = NULL;

	assert_int_equal(virDomainGetUUIDString(handle, uuid), 0);
	assert_int_equal(virt_read_domain(fixture->virt, uuid, sides, old, problems, &domain, &err),
			 expected);
	assert_int_equal(problems->len, 0);
	return domain;
}

static void what_happens_to_a_domain_is_heard_and_read(void **state)
{
	const struct fixture *fixture = *state;
	virDomainPtr handle = define(fixture, "one");
	OWN(domain) off = NULL;
	OWN(domain) running = NULL;
	OWN(domain) retagged = NULL;

	assert_non_null(handle);
	expect_event(fixture, VIRT_EVENT_DEFINED);
	off = read_again(fixture, VIRT_ALL, NULL, handle, 0);
	assert_false(off->running);
	assert_true(off->persistent);
	assert_non_null(domain_find_tag(off, "one"));

	assert_int_equal(virDomainCreate(handle), 0);
	expect_event(fixture, VIRT_EVENT_STARTED);
	running = read_again(fixture, VIRT_ALL, off, handle, 0);
	assert_true(running->running);

	virDomainFree(define(fixture, "two"));
	expect_event(fixture, VIRT_EVENT_DEFINED);
	retagged = read_again(fixture, VIRT_CONFIG, running, handle, 0);
	assert_true(retagged->running);
	assert_non_null(domain_find_tag(retagged, "two"));
	assert_null(domain_find_tag(retagged, "one"));
	assert_non_null(domain_find_tag(running, "one"));

	assert_int_equal(virDomainDestroy(handle), 0);
	expect_event(fixture, VIRT_EVENT_STOPPED);
	assert_int_equal(virDomainUndefine(handle), 0);
	expect_event(fixture, VIRT_EVENT_UNDEFINED);
	assert_null(read_again(fixture, VIRT_ALL, retagged, handle, 1));
	virDomainFree(handle);
}

static void a_restored_domain_is_revived(void **state)
{
	const struct fixture *fixture = *state;
	virDomainPtr handle = define(fixture, "one");
	g_autofree char *image = NULL;
	int fd = g_file_open_tmp(NULL, &image, NULL);

	assert_true(fd >= 0);
	g_close(fd, NULL);

	expect_event(fixture, VIRT_EVENT_DEFINED);
	assert_int_equal(virDomainCreate(handle), 0);
	expect_event(fixture, VIRT_EVENT_STARTED);
	assert_int_equal(virDomainSave(handle, image), 0);
	expect_event(fixture, VIRT_EVENT_STOPPED);
	assert_int_equal(virDomainRestore(fixture->other, image), 0);
	expect_event(fixture, VIRT_EVENT_REVIVED);
	assert_int_equal(virDomainDestroy(handle), 0);
	expect_event(fixture, VIRT_EVENT_STOPPED);
	assert_int_equal(virDomainUndefine(handle), 0);
	expect_event(fixture, VIRT_EVENT_UNDEFINED);
	virDomainFree(handle);
	g_unlink(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_happens_to_a_domain_is_heard_and_read, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_restored_domain_is_revived, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
