/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "xml_result.h"

static char *load(const char *name)
{
	g_autofree char *path = g_build_filename(TEST_DATA, "unit", "data", name, NULL);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		fail_msg("cannot read %s", path);
	return text;
}

static const struct hostdev *hostdev_at_index(const GPtrArray *hostdevs, guint i)
{
	assert_true(i < hostdevs->len);
	return g_ptr_array_index(hostdevs, i);
}

static void usb_hostdevs_are_read_with_all_they_say(void **state)
{
	g_autofree char *xml = load("live.xml");
	RESULT result = result_new();
	const struct hostdev *hostdev;
	char *err = NULL;

	(void)state;
	assert_int_equal(domain_xml_read_live(xml, result.domain, &err), 0);
	assert_int_equal(result.domain->live->len, 3);
	assert_int_equal(result.domain->config->len, 0);
	hostdev = hostdev_at_index(result.domain->live, 0);
	assert_string_equal(hostdev->alias, "ua-usbr-zigbee");
	assert_true(hostdev_at(hostdev, 1, 17));
	assert_true(hostdev->has_id);
	assert_int_equal(hostdev->id.vendor, 0x10c4);
	assert_int_equal(hostdev->id.product, 0xea60);
	assert_false(hostdev->missing);
	assert_null(hostdev->startup_policy);
	assert_string_equal(hostdev->guest_port, "0:1.2");
	assert_int_equal(hostdev->guest_reset, GUEST_RESET_UNINITIALIZED);
	hostdev = hostdev_at_index(result.domain->live, 1);
	assert_string_equal(hostdev->alias, "hostdev2");
	assert_false(hostdev->has_address);
	assert_true(hostdev->missing);
	assert_string_equal(hostdev->startup_policy, "optional");
}

static void an_address_by_port_is_none(void **state)
{
	g_autofree char *xml = load("live.xml");
	RESULT result = result_new();
	const struct hostdev *hostdev;
	char *err = NULL;

	(void)state;
	assert_int_equal(domain_xml_read_live(xml, result.domain, &err), 0);
	hostdev = hostdev_at_index(result.domain->live, 2);
	assert_false(hostdev->has_address);
	assert_int_equal(hostdev->bus, 0);
	assert_false(hostdev->has_id);
	assert_null(hostdev->alias);
	assert_null(hostdev->guest_port);
}

static void our_aliases_on_other_devices_are_found_once(void **state)
{
	static const char *const expected[] = {"ua-usbr-front--pen", "ua-usbr-pci", "ua-usbr-char"};
	g_autofree char *xml = load("live.xml");
	RESULT result = result_new();
	char *err = NULL;

	(void)state;
	assert_int_equal(domain_xml_read_live(xml, result.domain, &err), 0);
	assert_int_equal(domain_xml_read_config(xml, false, result.domain, result.problems, &err),
			 0);
	assert_int_equal(result.domain->other_aliases->len, G_N_ELEMENTS(expected));
	for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
		assert_string_equal(g_ptr_array_index(result.domain->other_aliases, i),
				    expected[i]);
}

static void assert_rest(const char *hostdev, const char *expected)
{
	g_autofree char *xml = g_strdup_printf("<domain><devices>%s</devices></domain>", hostdev);
	RESULT result = result_new();
	char *err = NULL;

	assert_int_equal(domain_xml_read_live(xml, result.domain, &err), 0);
	if (expected)
		assert_string_equal(hostdev_at_index(result.domain->live, 0)->rest, expected);
	else
		assert_null(hostdev_at_index(result.domain->live, 0)->rest);
}

static void what_a_hostdev_has_that_we_have_no_word_for_is_kept(void **state)
{
	(void)state;
	assert_rest("<hostdev mode='subsystem' type='usb' managed='yes'>\n <source "
		    "startupPolicy='optional' guestReset='off' missing='yes'>\n"
		    "<vendor id='0x0403'/><product id='0x6001'/><address bus='1' device='5'/>"
		    "</source><alias name='x'/><address type='usb' bus='0' port='1'/></hostdev>",
		    NULL);
	assert_rest("<hostdev type='usb'/>", NULL);
	assert_rest("<hostdev mode='subsystem' type='usb' managed='yes'><source>"
		    "<address bus='1' device='5'/></source>\n  <boot order='2'/>\n</hostdev>",
		    "<hostdev mode=\"subsystem\" type=\"usb\" managed=\"yes\"><source/>"
		    "<boot order=\"2\"/></hostdev>");
	assert_rest("<hostdev mode='subsystem' type='usb' managed='no'><source to='come'/>"
		    "<alias name='x'/></hostdev>",
		    "<hostdev mode=\"subsystem\" type=\"usb\" managed=\"no\">"
		    "<source to=\"come\"/></hostdev>");
}

static void a_config_has_tags_with_the_lines_of_the_document(void **state)
{
	g_autofree char *xml = load("live.xml");
	RESULT result = result_new();
	char *err = NULL;

	(void)state;
	assert_int_equal(domain_xml_read_config(xml, false, result.domain, result.problems, &err),
			 0);
	assert_int_equal(result.domain->config->len, 3);
	assert_int_equal(result.domain->live->len, 0);
	assert_int_equal(result.domain->metadata, METADATA_VALID);
	assert_string_equal(tag_at(&result, 0)->name, "zigbee");
	assert_int_equal(tag_at(&result, 0)->line, 6);
	assert_true(tag_at(&result, 1)->group);
	assert_int_equal(tag_at(&result, 1)->line, 7);
}

static void expect_ports(const GPtrArray *ports, const char *expected)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < ports->len; i++) {
		const struct guest_port *port = g_ptr_array_index(ports, i);

		g_string_append_printf(text, "%s%s %s", i ? ", " : "", port->port, port->by);
	}
	assert_string_equal(text->str, expected);
}

static void who_has_a_port_of_the_guest_is_known_of_each_side(void **state)
{
	static const char xml[] =
		"<domain><devices>"
		"<controller type='usb' index='1' model='qemu-xhci' ports='8'/>"
		"<hub type='usb'><address type='usb' bus='0' port='1'/></hub>"
		"<input type='tablet' bus='usb'><address type='usb' bus='0' port='1.2'/></input>"
		"<input type='mouse' bus='ps2'/>"
		"<redirdev bus='usb' type='spicevmc'><address type='usb' bus='1' "
		"port='3'/></redirdev>"
		"<hostdev mode='subsystem' type='usb'><address type='usb' bus='1' "
		"port='4'/></hostdev>"
		"<hostdev mode='subsystem' type='pci'><address type='pci' bus='1'/></hostdev>"
		"<disk type='block'><address type='usb' bus='1' port='5'/></disk>"
		"</devices></domain>";
	RESULT result = result_new();
	char *err = NULL;

	(void)state;
	/* Twice: it is learned anew. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			domain_xml_read_config(xml, false, result.domain, result.problems, &err),
			0);
	expect_ports(result.domain->config_ports, "0:1 hub, 0:1.2 input, 1:3 redirdev, 1:5 disk");
	expect_ports(result.domain->live_ports, "");
	assert_int_equal(result.domain->guest_buses->len, 1);
	assert_int_equal(g_array_index(result.domain->guest_buses, struct guest_bus, 0).bus, 1);
	assert_int_equal(g_array_index(result.domain->guest_buses, struct guest_bus, 0).ports, 8);
	assert_int_equal(domain_xml_read_live("<domain><devices><input><address type='usb' bus='0' "
					      "port='7'/></input></devices></domain>",
					      result.domain, &err),
			 0);
	expect_ports(result.domain->live_ports, "0:7 input");
}

static void the_ports_of_a_guest_are_counted_as_libvirt_does(void **state)
{
	static const struct {
		const char *devices;
		unsigned int ports, taken;
	} guests[] = {
		{"", 0, 0},
		{"<controller type='usb'/>", 2, 0},
		{"<controller type='usb' model='none'/>", 0, 0},
		{"<controller type='scsi'/><controller type='usb' model='qemu-xhci'/>", 4, 0},
		{"<controller type='usb' model='qemu-xhci' ports='15'/>"
		 "<controller type='usb' index='1' model='nec-xhci'/>",
		 19, 0},
		{"<controller type='usb' model='qemu-xhci' ports='99999'/>", 4, 0},
		{"<controller type='usb' model='ich9-ehci1'/>"
		 "<controller type='usb' model='ich9-uhci1'><master startport='0'/></controller>"
		 "<controller type='usb' model='ich9-uhci2'><master startport='2'/></controller>",
		 6, 0},
		{"<controller type='usb' model='qemu-xhci'/>"
		 "<hub type='usb'><address type='usb' bus='0' port='1'/></hub>"
		 "<input type='tablet' bus='usb'><address type='usb' bus='0' port='2'/></input>"
		 "<input type='mouse' bus='ps2'/>"
		 "<hostdev mode='subsystem' type='usb'><address type='usb' bus='0' port='3'/>"
		 "</hostdev>",
		 12, 2},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(guests); i++) {
		g_autofree char *xml = g_strdup_printf("<domain><devices>%s</devices></domain>",
						       guests[i].devices);
		RESULT result = result_new();
		char *err = NULL;

		/* Twice: they are counted anew. */
		for (int k = 0; k < 2; k++)
			assert_int_equal(domain_xml_read_config(xml, false, result.domain,
								result.problems, &err),
					 0);
		assert_int_equal(result.domain->guest_ports, guests[i].ports);
		assert_int_equal(result.domain->guest_ports_taken, guests[i].taken);
	}
}

static void a_transient_domains_hostdevs_are_live(void **state)
{
	g_autofree char *xml = load("live.xml");
	RESULT result = result_new();
	char *err = NULL;

	(void)state;
	assert_int_equal(domain_xml_read_config(xml, true, result.domain, result.problems, &err),
			 0);
	assert_int_equal(result.domain->live->len, 3);
	assert_int_equal(result.domain->config->len, 0);
	assert_int_equal(result.domain->tags->len, 2);
}

static void an_image_is_read_into_its_own_list(void **state)
{
	g_autofree char *xml = load("live.xml");
	RESULT result = result_new();
	char *err = NULL;

	(void)state;
	assert_int_equal(domain_xml_read_image(xml, result.domain, &err), 0);
	assert_int_equal(result.domain->image->len, 3);
	assert_int_equal(result.domain->live->len + result.domain->config->len, 0);
	assert_int_equal(result.domain->tags->len, 0);
}

/* The one hostdev with that <source> inside. */
static void read_source(struct result *result, const char *source)
{
	g_autofree char *xml =
		g_strdup_printf("<domain><devices><hostdev mode='subsystem' type='usb'>%s</hostdev>"
				"</devices></domain>",
				source);
	char *err = NULL;

	assert_int_equal(domain_xml_read_live(xml, result->domain, &err), 0);
	assert_int_equal(result->domain->live->len, 1);
}

static void addresses_and_ids_are_taken_as_libvirt_takes_them(void **state)
{
	static const struct {
		const char *source;
		unsigned int bus, dev;
		bool has_id;
		uint16_t vendor, product;
	} sources[] = {
		{"<source><address bus='1' device='5'/></source>", 1, 5, false, 0, 0},
		{"<source><address bus='0x1' device='0x1f'/></source>", 1, 31, false, 0, 0},
		{"<source><address bus='1' device='0'/></source>", 0, 0, false, 0, 0},
		{"<source><address bus='0' device='5'/></source>", 0, 0, false, 0, 0},
		{"<source><address bus='1'/></source>", 0, 0, false, 0, 0},
		{"<source><address bus='1' device='-5'/></source>", 0, 0, false, 0, 0},
		{"<source><address bus='1' device='5x'/></source>", 0, 0, false, 0, 0},
		{"<source><address bus='1' device='4294967297'/></source>", 0, 0, false, 0, 0},
		{"<source><vendor id='0x403'/><product id='0x0'/></source>", 0, 0, true, 0x403, 0},
		{"<source><vendor id='0x10403'/><product id='0x1'/></source>", 0, 0, false, 0, 0},
		{"<source><vendor id='0x403'/></source>", 0, 0, false, 0, 0},
		{"<source/>", 0, 0, false, 0, 0},
		{"", 0, 0, false, 0, 0},
		{"<address bus='1' device='5'/>", 0, 0, false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
		RESULT result = result_new();
		const struct hostdev *hostdev;

		read_source(&result, sources[i].source);
		hostdev = hostdev_at_index(result.domain->live, 0);
		assert_int_equal(hostdev->has_address, sources[i].bus != 0);
		assert_int_equal(hostdev->bus, sources[i].bus);
		assert_int_equal(hostdev->dev, sources[i].dev);
		assert_int_equal(hostdev->has_id, sources[i].has_id);
		assert_int_equal(hostdev->id.vendor, sources[i].vendor);
		assert_int_equal(hostdev->id.product, sources[i].product);
	}
}

static void only_a_usb_address_is_a_guest_port(void **state)
{
	static const struct {
		const char *address;
		const char *guest_port;
	} addresses[] = {
		{"<address type='usb' bus='0' port='3'/>", "0:3"},
		{"<address type='usb' bus='0' port='1.2'/>", "0:1.2"},
		{"<address type='drive' bus='0' port='3'/>", NULL},
		{"<address bus='0' port='3'/>", NULL},
		{"<address type='usb' bus='0'/>", NULL},
		{"<address type='usb' port='3'/>", NULL},
		{"<address type='usb' bus='0' port='x'/>", NULL},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
		RESULT result = result_new();

		read_source(&result, addresses[i].address);
		assert_int_equal(g_strcmp0(hostdev_at_index(result.domain->live, 0)->guest_port,
					   addresses[i].guest_port),
				 0);
	}
}

static void only_usb_hostdevs_directly_below_devices_count(void **state)
{
	RESULT result = result_new();
	char *err = NULL;

	(void)state;
	assert_int_equal(domain_xml_read_live("<domain><hostdev mode='subsystem' type='usb'/>"
					      "<devices><hostdev mode='subsystem' type='scsi'/>"
					      "<hostdev mode='capabilities' type='usb'/>"
					      "<o:hostdev xmlns:o='urn:o' type='usb'/>"
					      "<x><hostdev mode='subsystem' type='usb'/></x>"
					      "</devices></domain>",
					      result.domain, &err),
			 0);
	assert_int_equal(result.domain->live->len, 0);
}

static void a_damaged_document_still_shows_what_it_holds(void **state)
{
	const char *xml =
		"<domain><metadata><u:devices xmlns:u='urn:usbreconcile:domain:1.0'>\n"
		"&x;<u:device name='a' serial='1'/></u:devices></metadata><devices>"
		"<hostdev mode='subsystem' type='usb'><source><address bus='1' device='5'/>"
		"</source></hostdev></devices></domain>";
	RESULT config = result_new();
	RESULT live = result_new();
	g_autofree char *config_err = NULL;
	g_autofree char *live_err = NULL;

	(void)state;
	assert_int_equal(
		domain_xml_read_config(xml, false, config.domain, config.problems, &config_err),
		-1);
	assert_string_equal(config_err, "line 2: Entity 'x' not defined");
	assert_int_equal(config.domain->metadata, METADATA_UNREAD);
	assert_int_equal(config.domain->tags->len, 0);
	assert_true(hostdev_at(hostdev_at_index(config.domain->config, 0), 1, 5));
	assert_int_equal(domain_xml_read_live(xml, live.domain, &live_err), -1);
	assert_true(hostdev_at(hostdev_at_index(live.domain->live, 0), 1, 5));
}

static void what_is_no_domain_is_an_error(void **state)
{
	static const struct {
		const char *xml;
		const char *err;
	} documents[] = {
		{"", "it is empty"},
		{"<domain>&x;\n&y;</domain>", "line 1: Entity 'x' not defined"},
		{"<domain>\n<x:y/>\n&z;</domain>", "line 3: Entity 'z' not defined"},
		{"<network/>", "the document is a <network>, not a <domain>"},
		{"<!DOCTYPE domain><domain/>",
		 "it has a document type declaration (<!DOCTYPE ...>), which has no place in a "
		 "domain"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(documents); i++) {
		RESULT result = result_new();
		g_autofree char *err = NULL;

		assert_int_equal(domain_xml_read_config(documents[i].xml, false, result.domain,
							result.problems, &err),
				 -1);
		assert_string_equal(err, documents[i].err);
		assert_int_equal(result.domain->metadata, METADATA_UNREAD);
	}
}

static gpointer read_again_and_again(gpointer xml)
{
	for (int i = 0; i < 100; i++) {
		RESULT good = result_new();
		RESULT bad = result_new();
		g_autofree char *err = NULL;

		if (domain_xml_read_config(xml, false, good.domain, good.problems, &err) != 0 ||
		    good.domain->tags->len != 2 || good.domain->config->len != 3)
			return GINT_TO_POINTER(1);
		if (domain_xml_read_config("<domain>\n&x;</domain>", false, bad.domain,
					   bad.problems, &err) != -1 ||
		    strcmp(err, "line 2: Entity 'x' not defined") != 0)
			return GINT_TO_POINTER(1);
	}
	return NULL;
}

/* The first test, so that libxml2 finds itself in several threads from its beginning. */
static void several_threads_can_read_at_once(void **state)
{
	g_autofree char *xml = load("live.xml");
	GThread *threads[4];
	bool failed = false;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("reader", read_again_and_again, xml);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		failed = g_thread_join(threads[i]) != NULL || failed;
	assert_false(failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_threads_can_read_at_once),
		cmocka_unit_test(usb_hostdevs_are_read_with_all_they_say),
		cmocka_unit_test(an_address_by_port_is_none),
		cmocka_unit_test(our_aliases_on_other_devices_are_found_once),
		cmocka_unit_test(what_a_hostdev_has_that_we_have_no_word_for_is_kept),
		cmocka_unit_test(a_config_has_tags_with_the_lines_of_the_document),
		cmocka_unit_test(who_has_a_port_of_the_guest_is_known_of_each_side),
		cmocka_unit_test(the_ports_of_a_guest_are_counted_as_libvirt_does),
		cmocka_unit_test(a_transient_domains_hostdevs_are_live),
		cmocka_unit_test(an_image_is_read_into_its_own_list),
		cmocka_unit_test(addresses_and_ids_are_taken_as_libvirt_takes_them),
		cmocka_unit_test(only_a_usb_address_is_a_guest_port),
		cmocka_unit_test(only_usb_hostdevs_directly_below_devices_count),
		cmocka_unit_test(a_damaged_document_still_shows_what_it_holds),
		cmocka_unit_test(what_is_no_domain_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
