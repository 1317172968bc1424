/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "reconciler/libvirt/virt.h"

/* libvirt's acting functions, instead of the test driver's, which cannot act on USB hostdevs. */
static struct {
	int code;           /* virErrorNumber of what comes next; 0: it succeeds */
	int event;          /* which event a live detach sends, -1 none */
	bool event_at_once; /* before the call returns */
	const char *event_alias;
	unsigned int flags; /* what was asked for last */
	char *xml;
	char *alias;
	virConnectDomainEventGenericCallback callbacks[64];
	void *opaques[64];
	virFreeCallback frees[64];
	GThread *sender;
} libvirt;

static int answer(virDomainPtr domain)
{
	if (libvirt.code == 0)
		return 0;
	/* Any error, made into the wanted one. */
	assert_null(virDomainGetXMLDesc(domain, ~0u));
	virGetLastError()->code = libvirt.code;
	return -1;
}

int virDomainAttachDeviceFlags(virDomainPtr domain, const char *xml, unsigned int flags)
{
	libvirt.flags = flags;
	g_free(libvirt.xml);
	libvirt.xml = g_strdup(xml);
	return answer(domain);
}

int virDomainDetachDeviceFlags(virDomainPtr domain, const char *xml, unsigned int flags)
{
	libvirt.flags = flags;
	g_free(libvirt.xml);
	libvirt.xml = g_strdup(xml);
	return answer(domain);
}

static void *send_event(void *domain)
{
	void (*callback)(virConnectPtr, virDomainPtr, const char *, void *) =
		(void (*)(virConnectPtr, virDomainPtr, const char *, void *))(
			void (*)(void))libvirt.callbacks[libvirt.event];

	if (!libvirt.event_at_once)
		g_usleep(G_USEC_PER_SEC / 20);
	callback(NULL, domain, libvirt.event_alias, libvirt.opaques[libvirt.event]);
	virDomainFree(domain);
	return NULL;
}

int virDomainDetachDeviceAlias(virDomainPtr domain, const char *alias, unsigned int flags)
{
	libvirt.flags = flags;
	g_free(libvirt.alias);
	libvirt.alias = g_strdup(alias);
	if (libvirt.event >= 0) {
		virDomainRef(domain);
		libvirt.sender = g_thread_new("sender", send_event, domain);
		if (libvirt.event_at_once)
			g_thread_join(g_steal_pointer(&libvirt.sender));
	}
	return answer(domain);
}

int virConnectDomainEventRegisterAny(virConnectPtr connection, virDomainPtr domain, int event,
				     virConnectDomainEventGenericCallback callback, void *opaque,
				     virFreeCallback freecb)
{
	(void)connection;
	assert_null(domain);
	libvirt.callbacks[event] = callback;
	libvirt.opaques[event] = opaque;
	libvirt.frees[event] = freecb;
	return event;
}

int virConnectDomainEventDeregisterAny(virConnectPtr connection, int id)
{
	(void)connection;
	libvirt.frees[id](libvirt.opaques[id]);
	return 0;
}

char *virDomainManagedSaveGetXMLDesc(virDomainPtr domain, unsigned int flags)
{
	libvirt.flags = flags;
	return answer(domain) < 0
		       ? NULL
		       : g_strdup("<domain type='kvm'><name>test</name><devices>"
				  "<graphics type='vnc' passwd='secret'/><hostdev mode='subsystem' "
				  "type='usb'><source><address bus='1' device='5'/></source>"
				  "<alias name='ua-usbr-a'/></hostdev></devices></domain>");
}

int virDomainManagedSaveDefineXML(virDomainPtr domain, const char *xml, unsigned int flags)
{
	assert_int_equal(flags, 0);
	g_free(libvirt.xml);
	libvirt.xml = g_strdup(xml);
	return answer(domain);
}

struct scene {
	struct virt *virt;
	GPtrArray *problems;
	GPtrArray *domains;
	struct device *device;
	struct hostdev *hostdev;
	struct action action;
	struct refusal refusal;
};

static int set_up(void **state)
{
	struct scene *scene = g_new0(struct scene, 1);
	g_autofree char *err = NULL;

	libvirt.code = 0;
	libvirt.event = -1;
	libvirt.event_at_once = false;
	libvirt.event_alias = "ua-usbr-a";
	assert_int_equal(virt_open("test:///default", false, &scene->virt, &err), VIRT_OPEN_DONE);
	scene->problems = problem_list_new();
	assert_int_equal(
		virt_read_domains(scene->virt, NULL, scene->problems, &scene->domains, &err), 0);
	scene->device = device_new();
	scene->device->bus = 1;
	scene->device->dev = 5;
	scene->device->id = (struct usb_id){.vendor = 0x0403, .product = 0x6001};
	scene->hostdev = hostdev_new();
	scene->hostdev->alias = g_strdup("ua-usbr-a");
	scene->hostdev->has_address = true;
	scene->hostdev->bus = 1;
	scene->hostdev->dev = 4;
	scene->action.domain = g_ptr_array_index(scene->domains, 0);
	scene->action.alias = scene->hostdev->alias;
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	if (libvirt.sender)
		g_thread_join(g_steal_pointer(&libvirt.sender));
	virt_free(scene->virt);
	g_ptr_array_unref(scene->domains);
	g_ptr_array_unref(scene->problems);
	device_free(scene->device);
	hostdev_free(scene->hostdev);
	g_free(scene->refusal.message);
	g_free(scene);
	g_clear_pointer(&libvirt.xml, g_free);
	g_clear_pointer(&libvirt.alias, g_free);
	return 0;
}

static enum hand_reply act(struct scene *scene, enum action_kind kind)
{
	const struct hands *hands = virt_hands(scene->virt);
	bool attach = kind == ACTION_ATTACH_LIVE || kind == ACTION_ATTACH_CONFIG;

	scene->action.kind = kind;
	scene->action.device = attach || kind == ACTION_EDIT_IMAGE ? scene->device : NULL;
	scene->action.hostdev = attach ? NULL : scene->hostdev;
	return hands->act(hands->self, &scene->action, &scene->refusal);
}

static guint calls(const struct scene *scene, const char *function)
{
	g_autoptr(GHashTable) calls = virt_calls(scene->virt);

	return GPOINTER_TO_UINT(g_hash_table_lookup(calls, function));
}

static void live_and_config_are_separate_calls(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(act(scene, ACTION_ATTACH_LIVE), HAND_DONE);
	assert_int_equal(libvirt.flags, VIR_DOMAIN_AFFECT_LIVE);
	assert_null(strstr(libvirt.xml, "startupPolicy"));
	assert_int_equal(act(scene, ACTION_ATTACH_CONFIG), HAND_DONE);
	assert_int_equal(libvirt.flags, VIR_DOMAIN_AFFECT_CONFIG);
	assert_int_equal(act(scene, ACTION_DETACH_CONFIG), HAND_DONE);
	assert_int_equal(libvirt.flags, VIR_DOMAIN_AFFECT_CONFIG);
	assert_string_equal(libvirt.alias, "ua-usbr-a");
	/* The domain is known from the reading. */
	assert_int_equal(calls(scene, "virDomainLookupByUUIDString"), 0);
}

static void a_hostdev_without_alias_goes_by_xml(void **state)
{
	struct scene *scene = *state;

	scene->action.alias = NULL;
	assert_int_equal(act(scene, ACTION_DETACH_CONFIG), HAND_DONE);
	assert_int_equal(calls(scene, "virDomainDetachDeviceFlags"), 1);
	assert_int_equal(libvirt.flags, VIR_DOMAIN_AFFECT_CONFIG);
	assert_non_null(strstr(libvirt.xml, "device="));
}

static void a_live_detach_waits_for_its_event(void **state)
{
	struct scene *scene = *state;

	for (int at_once = 0; at_once < 2; at_once++) {
		libvirt.event = VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED;
		libvirt.event_at_once = at_once;
		assert_int_equal(act(scene, ACTION_DETACH_LIVE), HAND_DONE);
		assert_int_equal(libvirt.flags, VIR_DOMAIN_AFFECT_LIVE);
		if (libvirt.sender)
			g_thread_join(g_steal_pointer(&libvirt.sender));
	}
	assert_int_equal(calls(scene, "virConnectDomainEventRegisterAny"), 2);
}

static void a_guest_that_does_not_let_go_is_a_refusal(void **state)
{
	struct scene *scene = *state;

	libvirt.event = VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED;
	assert_int_equal(act(scene, ACTION_DETACH_LIVE), HAND_REFUSED);
	assert_non_null(scene->refusal.message);
}

static void another_alias_does_not_count_and_silence_is_told_after_ten_seconds(void **state)
{
	struct scene *scene = *state;
	gint64 before = g_get_monotonic_time();

	libvirt.event = VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED;
	libvirt.event_alias = "ua-usbr-b";
	assert_int_equal(act(scene, ACTION_DETACH_LIVE), HAND_SILENT);

	gint64 took = g_get_monotonic_time() - before;
	assert_in_range(took, 9 * G_USEC_PER_SEC, 12 * G_USEC_PER_SEC);
}

static void what_is_gone_already_is_done_or_for_the_reread(void **state)
{
	struct scene *scene = *state;

	libvirt.code = VIR_ERR_DEVICE_MISSING;
	assert_int_equal(act(scene, ACTION_DETACH_LIVE), HAND_DONE);
	assert_int_equal(act(scene, ACTION_DETACH_CONFIG), HAND_DONE);
	/* "no device found with alias" */
	libvirt.code = VIR_ERR_INTERNAL_ERROR;
	assert_int_equal(act(scene, ACTION_DETACH_LIVE), HAND_UNSURE);
	assert_int_equal(act(scene, ACTION_DETACH_CONFIG), HAND_UNSURE);
}

static void a_refusal_has_code_and_words(void **state)
{
	struct scene *scene = *state;

	libvirt.code = VIR_ERR_OPERATION_INVALID;
	assert_int_equal(act(scene, ACTION_ATTACH_LIVE), HAND_REFUSED);
	assert_int_equal(scene->refusal.code, VIR_ERR_OPERATION_INVALID);
	assert_non_null(scene->refusal.message);
}

static void a_domain_that_is_gone_is_no_refusal(void **state)
{
	struct scene *scene = *state;

	libvirt.code = VIR_ERR_NO_DOMAIN;
	assert_int_equal(act(scene, ACTION_ATTACH_LIVE), HAND_GONE);
	assert_int_equal(act(scene, ACTION_ATTACH_CONFIG), HAND_GONE);
	assert_int_equal(act(scene, ACTION_DETACH_LIVE), HAND_GONE);
}

static void stop_domain(const struct scene *scene)
{
	virConnectPtr connection = virConnectOpen("test:///default");
	virDomainPtr domain = virDomainLookupByUUIDString(connection, scene->action.domain->uuid);

	assert_int_equal(virDomainDestroy(domain), 0);
	virDomainFree(domain);
	virConnectClose(connection);
}

static void start_domain(const struct scene *scene)
{
	virConnectPtr connection = virConnectOpen("test:///default");
	virDomainPtr domain = virDomainLookupByUUIDString(connection, scene->action.domain->uuid);

	assert_int_equal(virDomainCreate(domain), 0);
	virDomainFree(domain);
	virConnectClose(connection);
}

static void a_domain_that_stopped_is_no_refusal_and_shows_no_live_side(void **state)
{
	struct scene *scene = *state;
	const struct hands *hands = virt_hands(scene->virt);
	struct domain *read = NULL;

	stop_domain(scene);
	libvirt.code = VIR_ERR_OPERATION_INVALID;
	assert_int_equal(act(scene, ACTION_ATTACH_LIVE), HAND_GONE);
	assert_int_equal(hands->reread(hands->self, &scene->action, &read, &scene->refusal),
			 HAND_GONE);
	assert_null(read);
	start_domain(scene);
}

static void a_reread_shows_the_side_of_the_action(void **state)
{
	struct scene *scene = *state;
	const struct hands *hands = virt_hands(scene->virt);

	for (int kind = ACTION_DETACH_LIVE; kind <= ACTION_ATTACH_CONFIG; kind++) {
		OWN(domain) read = NULL;

		scene->action.kind = (enum action_kind)kind;
		assert_int_equal(hands->reread(hands->self, &scene->action, &read, &scene->refusal),
				 HAND_DONE);
		assert_non_null(read);
	}
}

static void an_image_is_edited_with_its_passwords(void **state)
{
	struct scene *scene = *state;

	scene->device->dev = 9;
	assert_int_equal(act(scene, ACTION_EDIT_IMAGE), HAND_DONE);
	assert_int_equal(libvirt.flags, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE);
	assert_non_null(strstr(libvirt.xml, "secret"));
	assert_non_null(strstr(libvirt.xml, "9"));
}

static void an_image_that_is_gone_is_no_refusal(void **state)
{
	struct scene *scene = *state;

	libvirt.code = VIR_ERR_OPERATION_INVALID;
	assert_int_equal(act(scene, ACTION_EDIT_IMAGE), HAND_GONE);
}

#define with_a_guest(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_a_guest(live_and_config_are_separate_calls),
		with_a_guest(a_hostdev_without_alias_goes_by_xml),
		with_a_guest(a_live_detach_waits_for_its_event),
		with_a_guest(a_guest_that_does_not_let_go_is_a_refusal),
		with_a_guest(another_alias_does_not_count_and_silence_is_told_after_ten_seconds),
		with_a_guest(what_is_gone_already_is_done_or_for_the_reread),
		with_a_guest(a_refusal_has_code_and_words),
		with_a_guest(a_domain_that_is_gone_is_no_refusal),
		with_a_guest(a_domain_that_stopped_is_no_refusal_and_shows_no_live_side),
		with_a_guest(a_reread_shows_the_side_of_the_action),
		with_a_guest(an_image_is_edited_with_its_passwords),
		with_a_guest(an_image_that_is_gone_is_no_refusal),
	};

	return cmocka_run_group_tests_name("virt_hands", tests, NULL, NULL);
}
