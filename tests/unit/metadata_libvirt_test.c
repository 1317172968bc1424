/* SPDX-License-Identifier: MIT */
/* What libvirt makes of our XML: its test driver, as this machine has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "xml_result.h"
#include "xmlutil/metadata_edit.h"

#define DOMAIN_XML                                                                                 \
	"<domain type='test'><name>vm</name><memory>8192</memory><os><type>hvm</type></os>"        \
	"<metadata>%s</metadata><devices>%s</devices></domain>"

static void ignore_error(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

static int open_libvirt(void **state)
{
	virSetErrorFunc(NULL, ignore_error);
	*state = virConnectOpen("test:///default");
	return *state ? 0 : -1;
}

static int close_libvirt(void **state)
{
	virConnectClose(*state);
	return 0;
}

static virDomainPtr define(void **state, const char *metadata, const char *devices)
{
	g_autofree char *xml = g_strdup_printf(DOMAIN_XML, metadata, devices);
	virDomainPtr domain = virDomainDefineXML(*state, xml);

	if (!domain)
		fail_msg("%s", virGetLastErrorMessage());
	return domain;
}

static void undefine(virDomainPtr domain)
{
	virDomainUndefine(domain);
	virDomainFree(domain);
}

/* Both ways in give the same tags, names and all. */
static void assert_one_tag(const struct result *result, const char *name)
{
	if (result->problems->len > 0)
		fail_msg("%s", problem_at(result, 0)->message);
	assert_int_equal(result->domain->metadata, METADATA_VALID);
	assert_int_equal(result->domain->tags->len, 1);
	assert_string_equal(tag_at(result, 0)->name, name);
	assert_string_equal(tag_at(result, 0)->serial, "a\"<\n\xff");
	assert_int_equal(tag_at(result, 0)->ids->len, 1);
}

static const char *const spellings[] = {
	"<u:devices xmlns:u='urn:usbreconcile:domain:1.0'><u:device name='a' "
	"serial='a&quot;&lt;&#10;\\xff'><u:id vendor='1' product='2'/></u:device></u:devices>",
	"<devices xmlns='urn:usbreconcile:domain:1.0'><device name='a' "
	"serial='a&quot;&lt;&#10;\\xff'><id vendor='1' product='2'/></device></devices>",
	"<u:devices xmlns:u='urn:usbreconcile:domain:1.0' xmlns:o='urn:o'><o:x/><u:device name='a' "
	"o:y='' serial='a&quot;&lt;&#10;\\xff'><u:id vendor='1' product='2'/></u:device>"
	"</u:devices>",
};

static void what_a_domain_document_keeps_is_read(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(spellings); i++) {
		virDomainPtr domain = define(state, spellings[i], "");
		g_autofree char *xml = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
		RESULT result = result_new();
		char *err = NULL;

		assert_int_equal(
			domain_xml_read_config(xml, false, result.domain, result.problems, &err),
			0);
		assert_one_tag(&result, "a");
		undefine(domain);
	}
}

/* Those that validate says are lost, are lost. */
static void what_validate_warns_of_is_lost(void **state)
{
	static const char *const lost[] = {
		"<devices><device name='a' serial='1'/></devices>",
		"<usb:devices><usb:device name='a' serial='1'/></usb:devices>",
		("<u:devices xmlns:u='urn:usbreconcile:domain:1.0'/>"
		 "<u:devices xmlns:u='urn:usbreconcile:domain:1.0'><u:device name='a' serial='1'/>"
		 "</u:devices>"),
		("</metadata><metadata><u:devices xmlns:u='urn:usbreconcile:domain:1.0'><u:device "
		 "name='a' serial='1'/></u:devices>"),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lost); i++) {
		virDomainPtr domain = define(state, lost[i], "");
		g_autofree char *before = g_strdup_printf(DOMAIN_XML, lost[i], "");
		g_autofree char *after = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
		RESULT result = result_new();
		unsigned int tags;
		char *err = NULL;

		assert_int_equal(
			domain_xml_read_config(after, false, result.domain, result.problems, &err),
			0);
		assert_int_equal(result.domain->tags->len, 0);
		assert_int_equal(
			metadata_validate(before, strlen(before), "", result.problems, &tags), 1);
		undefine(domain);
	}
}

static void the_hostdevs_we_write_come_back_from_libvirt(void **state)
{
	OWN(device) device = device_new();
	char alias[] = "ua-usbr-a";
	char guest_port[] = "0:2";
	unsigned long version;
	const struct action action = {
		.kind = ACTION_ATTACH_CONFIG,
		.device = device,
		.alias = alias,
		.guest_port = guest_port,
		.guest_reset = GUEST_RESET_OFF,
	};

	assert_int_equal(virGetVersion(&version, NULL, NULL), 0);
	device->bus = 1;
	device->dev = 5;
	for (int vendor = 0; vendor < 2; vendor++) {
		g_autofree char *hostdev = NULL;
		g_autofree char *xml = NULL;
		virDomainPtr domain;
		RESULT result = result_new();
		const struct hostdev *back;
		char *err = NULL;

		device->id = (struct usb_id){(uint16_t)vendor, 0};
		hostdev = domain_xml_write_hostdev(&action);
		domain = define(state, "", hostdev);
		xml = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
		assert_int_equal(
			domain_xml_read_config(xml, false, result.domain, result.problems, &err),
			0);
		assert_int_equal(result.domain->config->len, 1);
		back = g_ptr_array_index(result.domain->config, 0);
		assert_true(hostdev_is(back, device));
		assert_int_equal(back->has_id, vendor != 0);
		assert_string_equal(back->alias, alias);
		assert_string_equal(back->guest_port, guest_port);
		assert_string_equal(back->startup_policy, "optional");
		/* Older ones drop it. */
		assert_int_equal(back->guest_reset,
				 version >= 8006000 ? GUEST_RESET_OFF : GUEST_RESET_DEFAULT);
		undefine(domain);
	}
}

/* Somebody else's things in our element, none of which libvirt may change when we write it. */
static const char *const neighbours[] = {
	"<u:devices xmlns:u='urn:usbreconcile:domain:1.0'><u:device name='a' serial='1'/><!-- c -->"
	"<u:device name='bad' z='1' b='2' a='3'/></u:devices>",
	"<devices xmlns='urn:usbreconcile:domain:1.0' xmlns:o='urn:o'><device name='a' serial='1'/>"
	"<o:x a='1'><o:y xmlns:o='urn:p'/><in xmlns='urn:q'><i/></in></o:x></devices>",
	"<u:devices xmlns:u='urn:usbreconcile:domain:1.0' xmlns='urn:o'><u:device u:name='a' "
	"serial='1'/>\n<x><u:device/><y/></x></u:devices>",
	"<devices xmlns='urn:usbreconcile:domain:1.0' xmlns:usb='urn:o'><usb:x><device/></usb:x>"
	"<device name='a' serial='1'/></devices>",
};

static char *edit_once(virDomainPtr domain, const struct metadata_change *change, bool *ret_changed)
{
	g_autoptr(GPtrArray) changes = g_ptr_array_new();
	g_autofree char *xml = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
	OWN(metadata_edit) edit = NULL;
	char *err = NULL;

	if (change)
		g_ptr_array_add(changes, (gpointer)(uintptr_t)change);
	if (metadata_edit(xml, changes, &edit, &err) < 0)
		fail_msg("%s", err);
	*ret_changed = edit->changed;
	if (edit->changed &&
	    virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, edit->set, edit->key,
				 TAG_NAMESPACE, VIR_DOMAIN_AFFECT_CONFIG) < 0)
		fail_msg("%s", virGetLastErrorMessage());
	return g_steal_pointer(&edit->xml);
}

/* The same elements, attributes, comments and namespaces, whatever the prefixes and declarations.
 */
static void assert_alike(const char *left, const char *right)
{
	g_autofree char *one = xml_result_canonical(left);
	g_autofree char *other = xml_result_canonical(right);

	assert_string_equal(one, other);
}

static void what_is_written_is_what_was_meant(void **state)
{
	OWN(tag) tag = tag_new();
	const struct metadata_change add = {METADATA_ADD, tag, NULL};
	const struct metadata_change remove = {METADATA_REMOVE, NULL, "new"};

	tag->name = g_strdup("new");
	tag->serial = g_strdup("a\"<\n\xff");
	for (size_t i = 0; i < G_N_ELEMENTS(neighbours); i++) {
		virDomainPtr domain = define(state, neighbours[i], "");
		bool changed;
		g_autofree char *before = edit_once(domain, NULL, &changed);
		g_autofree char *meant = edit_once(domain, &add, &changed);
		assert_true(changed);
		g_autofree char *made = edit_once(domain, &add, &changed);
		assert_false(changed);
		g_autofree char *unneeded = edit_once(domain, &remove, &changed);
		assert_true(changed);
		g_autofree char *after = edit_once(domain, &remove, &changed);
		assert_false(changed);

		assert_alike(meant, made);
		assert_alike(before, unneeded);
		assert_alike(before, after);
		undefine(domain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_domain_document_keeps_is_read),
		cmocka_unit_test(what_validate_warns_of_is_lost),
		cmocka_unit_test(the_hostdevs_we_write_come_back_from_libvirt),
		cmocka_unit_test(what_is_written_is_what_was_meant),
	};

	return cmocka_run_group_tests(tests, open_libvirt, close_libvirt);
}
