/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "state/route.h"
#include "xml_result.h"

static char *load(const char *name)
{
	g_autofree char *path = g_build_filename(TEST_DATA, "unit", "data", name, NULL);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		fail_msg("cannot read %s", path);
	return text;
}

static struct device *new_device(unsigned int bus, unsigned int dev, struct usb_id id)
{
	struct device *device = device_new();

	device->bus = bus;
	device->dev = dev;
	device->id = id;
	return device;
}

static void assert_written(const struct action *action, const char *expected)
{
	g_autofree char *xml = domain_xml_write_hostdev(action);

	assert_string_equal(xml, expected);
}

static void a_live_attach_has_no_startup_policy(void **state)
{
	OWN(device) device = new_device(1, 5, (struct usb_id){0x0403, 0x6001});
	char alias[] = "ua-usbr-a";
	char guest_port[] = "0:1.2";
	const struct action action = {
		.kind = ACTION_ATTACH_LIVE,
		.device = device,
		.alias = alias,
		.guest_port = guest_port,
		.guest_reset = GUEST_RESET_OFF,
	};

	(void)state;
	assert_written(&action, "<hostdev mode=\"subsystem\" type=\"usb\" managed=\"yes\">\n"
				"  <source guestReset=\"off\">\n"
				"    <vendor id=\"0x0403\"/>\n"
				"    <product id=\"0x6001\"/>\n"
				"    <address bus=\"1\" device=\"5\"/>\n"
				"  </source>\n"
				"  <alias name=\"ua-usbr-a\"/>\n"
				"  <address type=\"usb\" bus=\"0\" port=\"1.2\"/>\n"
				"</hostdev>\n");
}

static void a_config_attach_is_optional(void **state)
{
	OWN(device) device = new_device(2, 117, (struct usb_id){0x1a6e, 0x089a});
	char alias[] = "ua-usbr-a";
	const struct action action = {
		.kind = ACTION_ATTACH_CONFIG,
		.device = device,
		.alias = alias,
	};

	(void)state;
	assert_written(&action, "<hostdev mode=\"subsystem\" type=\"usb\" managed=\"yes\">\n"
				"  <source startupPolicy=\"optional\">\n"
				"    <vendor id=\"0x1a6e\"/>\n"
				"    <product id=\"0x089a\"/>\n"
				"    <address bus=\"2\" device=\"117\"/>\n"
				"  </source>\n"
				"  <alias name=\"ua-usbr-a\"/>\n"
				"</hostdev>\n");
}

static void what_the_old_hostdev_had_besides_is_written_again(void **state)
{
	OWN(device) device = new_device(1, 5, (struct usb_id){0x0403, 0x6001});
	char alias[] = "ua-usbr-a";
	char guest_port[] = "0:2";
	char rest[] =
		"<hostdev mode=\"subsystem\" type=\"usb\" managed=\"no\"><source to=\"come\"/>"
		"<boot order=\"2\"/></hostdev>";
	struct action action = {
		.kind = ACTION_ATTACH_LIVE,
		.device = device,
		.alias = alias,
		.guest_port = guest_port,
		.guest_reset = GUEST_RESET_OFF,
		.rest = rest,
	};

	(void)state;
	assert_written(&action, "<hostdev mode=\"subsystem\" type=\"usb\" managed=\"no\">\n"
				"  <source to=\"come\" guestReset=\"off\">\n"
				"    <vendor id=\"0x0403\"/>\n"
				"    <product id=\"0x6001\"/>\n"
				"    <address bus=\"1\" device=\"5\"/>\n"
				"  </source>\n"
				"  <boot order=\"2\"/>\n"
				"  <alias name=\"ua-usbr-a\"/>\n"
				"  <address type=\"usb\" bus=\"0\" port=\"2\"/>\n"
				"</hostdev>\n");
	/* A recorded world may say anything. */
	strcpy(rest, "<x/>");
	device->dev = 6;
	device->id.vendor = 0;
	assert_written(&action, "<hostdev mode=\"subsystem\" type=\"usb\" managed=\"yes\">\n"
				"  <source guestReset=\"off\">\n"
				"    <address bus=\"1\" device=\"6\"/>\n"
				"  </source>\n"
				"  <alias name=\"ua-usbr-a\"/>\n"
				"  <address type=\"usb\" bus=\"0\" port=\"2\"/>\n"
				"</hostdev>\n");
}

static void a_vendor_that_libvirt_refuses_is_left_out(void **state)
{
	OWN(device) device = new_device(1, 5, (struct usb_id){0, 0x3825});
	char alias[] = "ua-usbr-a";
	const struct action action = {
		.kind = ACTION_ATTACH_LIVE,
		.device = device,
		.alias = alias,
	};

	(void)state;
	assert_written(&action, "<hostdev mode=\"subsystem\" type=\"usb\" managed=\"yes\">\n"
				"  <source>\n"
				"    <address bus=\"1\" device=\"5\"/>\n"
				"  </source>\n"
				"  <alias name=\"ua-usbr-a\"/>\n"
				"</hostdev>\n");
}

static void a_detach_names_what_libvirt_compares(void **state)
{
	static const struct {
		struct hostdev hostdev;
		const char *source;
	} hostdevs[] = {
		{{.has_address = true, .bus = 1, .dev = 5},
		 "  <source>\n    <address bus=\"1\" device=\"5\"/>\n  </source>\n"},
		{{.has_id = true, .id = {0x0403, 0x6001}, .startup_policy = NULL},
		 "  <source>\n    <vendor id=\"0x0403\"/>\n    <product id=\"0x6001\"/>\n"
		 "  </source>\n"},
		{{.has_address = true, .bus = 1, .dev = 5, .has_id = true, .id = {1, 2}},
		 "  <source>\n    <vendor id=\"0x0001\"/>\n    <product id=\"0x0002\"/>\n"
		 "    <address bus=\"1\" device=\"5\"/>\n  </source>\n"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(hostdevs); i++) {
		const struct action action = {
			.kind = ACTION_DETACH_CONFIG,
			.hostdev = &hostdevs[i].hostdev,
		};
		g_autofree char *expected =
			g_strconcat("<hostdev mode=\"subsystem\" type=\"usb\" managed=\"yes\">\n",
				    hostdevs[i].source, "</hostdev>\n", NULL);

		assert_written(&action, expected);
	}
}

/* What the hostdev says that XML holds. */
static void assert_reads_back(const char *xml, const struct action *action)
{
	g_autofree char *document = g_strdup_printf("<domain><devices>%s</devices></domain>", xml);
	RESULT result = result_new();
	const struct hostdev *hostdev;
	char *err = NULL;

	assert_int_equal(domain_xml_read_live(document, result.domain, &err), 0);
	assert_int_equal(result.domain->live->len, 1);
	hostdev = g_ptr_array_index(result.domain->live, 0);
	assert_true(hostdev_is(hostdev, action->device));
	assert_true(hostdev->has_id);
	assert_string_equal(hostdev->alias, action->alias);
	assert_int_equal(g_strcmp0(hostdev->guest_port, action->guest_port), 0);
	assert_int_equal(hostdev->guest_reset, action->guest_reset);
	assert_int_equal(g_strcmp0(hostdev->startup_policy,
				   action->kind == ACTION_ATTACH_CONFIG ? "optional" : NULL),
			 0);
}

static void what_is_written_is_read_back(void **state)
{
	static const char *const ports[] = {NULL, "0:1", "3:15", "0:1.2.3.4"};
	static const enum action_kind kinds[] = {ACTION_ATTACH_LIVE, ACTION_ATTACH_CONFIG};
	OWN(device) device = new_device(12, 127, (struct usb_id){0xffff, 0});

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(ports); i++) {
		for (int reset = GUEST_RESET_DEFAULT; reset <= GUEST_RESET_ON; reset++) {
			g_autofree char *guest_port = g_strdup(ports[i]);
			char alias[] = "ua-usbr-front--pci-0000-00-14-0-usb-0-3-1";
			const struct action action = {
				.kind = kinds[i % 2],
				.device = device,
				.alias = alias,
				.guest_port = guest_port,
				.guest_reset = (enum guest_reset)reset,
			};
			g_autofree char *xml = domain_xml_write_hostdev(&action);

			assert_reads_back(xml, &action);
		}
	}
}

static void what_would_break_xml_is_escaped(void **state)
{
	OWN(device) device = new_device(1, 5, (struct usb_id){1, 2});
	char alias[] = "ua-usbr-\"/><x a='&lt;";
	char guest_port[] = "0\"<>:&\"";
	const struct action action = {
		.kind = ACTION_ATTACH_LIVE,
		.device = device,
		.alias = alias,
		.guest_port = guest_port,
	};
	g_autofree char *xml = domain_xml_write_hostdev(&action);

	(void)state;
	assert_non_null(strstr(xml, "<alias name=\"ua-usbr-&quot;/&gt;&lt;x a='&amp;lt;\"/>"));
	assert_non_null(strstr(xml, "bus=\"0&quot;&lt;&gt;\" port=\"&amp;&quot;\""));
}

/* With libxml2's quotes and spelling, so that all else must stay byte for byte. */
static char *load_image(void)
{
	g_autofree char *xml = load("live.xml");
	char *err = NULL;
	char alias[] = "ua-usbr-zigbee";
	OWN(device) device = new_device(1, 17, (struct usb_id){0x10c4, 0xea60});
	const struct action action = {.kind = ACTION_EDIT_IMAGE, .device = device, .alias = alias};
	char *image = domain_xml_edit_image(xml, &action, &err);

	assert_non_null(image);
	return image;
}

static char *replaced(const char *text, const char *from, const char *to)
{
	g_auto(GStrv) parts = g_strsplit(text, from, -1);

	assert_int_equal(g_strv_length(parts), 2);
	return g_strjoinv(to, parts);
}

static void assert_edit(const struct action *action, const char *from, const char *to)
{
	g_autofree char *image = load_image();
	g_autofree char *edited = NULL;
	char *err = NULL;
	g_autofree char *expected = replaced(image, from, to);

	edited = domain_xml_edit_image(image, action, &err);
	assert_non_null(edited);
	assert_string_equal(edited, expected);
}

static void an_image_gets_the_current_address_and_nothing_else(void **state)
{
	OWN(device) device = new_device(3, 42, (struct usb_id){0x10c4, 0xea60});
	char alias[] = "ua-usbr-zigbee";
	const struct action action = {.kind = ACTION_EDIT_IMAGE, .device = device, .alias = alias};

	(void)state;
	assert_edit(&action, "<address bus=\"1\" device=\"17\"/>",
		    "<address bus=\"3\" device=\"42\"/>");
}

/* And its address is one that no device has: another guest may have the device. */
static void an_image_of_an_absent_device_becomes_optional(void **state)
{
	char alias[] = "ua-usbr-zigbee";
	OWN(domain) domain = domain_new("vm", "0c9a2f5e-7b1d-4e6a-9c3f-000000000001");
	const struct action action = {.kind = ACTION_EDIT_IMAGE, .domain = domain, .alias = alias};
	g_autofree char *image = load_image();
	g_autofree char *optional =
		replaced(image, "<source guestReset=\"uninitialized\">",
			 "<source guestReset=\"uninitialized\" startupPolicy=\"optional\">");
	g_autofree char *address = NULL;
	g_autofree char *expected = NULL;
	g_autofree char *edited = NULL;
	unsigned int bus, dev;
	char *err = NULL;

	(void)state;
	route_nowhere(domain->uuid, alias, &bus, &dev);
	address = g_strdup_printf("<address bus=\"%u\" device=\"%u\"/>", bus, dev);
	expected = replaced(optional, "<address bus=\"1\" device=\"17\"/>", address);
	edited = domain_xml_edit_image(image, &action, &err);
	assert_non_null(edited);
	assert_string_equal(edited, expected);
}

static void an_image_follows_a_device_with_new_firmware(void **state)
{
	OWN(device) device = new_device(1, 17, (struct usb_id){0x10c4, 0x0001});
	char alias[] = "ua-usbr-zigbee";
	const struct action action = {.kind = ACTION_EDIT_IMAGE, .device = device, .alias = alias};

	(void)state;
	assert_edit(&action, "<product id=\"0xea60\"/>", "<product id=\"0x0001\"/>");
}

static void an_image_loses_ids_that_libvirt_refuses(void **state)
{
	OWN(device) device = new_device(1, 17, (struct usb_id){0, 0x3825});
	char alias[] = "ua-usbr-zigbee";
	const struct action action = {.kind = ACTION_EDIT_IMAGE, .device = device, .alias = alias};

	(void)state;
	assert_edit(&action,
		    "<vendor id=\"0x10c4\"/>\n        <product id=\"0xea60\"/>\n        <address "
		    "bus=\"1\"",
		    "\n        \n        <address bus=\"1\"");
}

static void an_image_without_address_gets_one_that_libvirt_follows(void **state)
{
	const char *xml =
		"<domain><devices><hostdev mode='subsystem' type='usb'><source "
		"autoAddress='yes' missing='yes'><address bus='1' port='3'/></source><alias "
		"name='ua-usbr-a'/></hostdev></devices></domain>";
	OWN(device) device = new_device(3, 42, (struct usb_id){1, 2});
	char alias[] = "ua-usbr-a";
	const struct action action = {.kind = ACTION_EDIT_IMAGE, .device = device, .alias = alias};
	char *err = NULL;
	g_autofree char *edited = domain_xml_edit_image(xml, &action, &err);

	(void)state;
	assert_string_equal(edited,
			    "<domain><devices><hostdev mode=\"subsystem\" type=\"usb\"><source>"
			    "<address bus=\"3\" device=\"42\"/></source><alias "
			    "name=\"ua-usbr-a\"/></hostdev></devices></domain>\n");
}

static void an_image_without_the_alias_is_left_alone(void **state)
{
	static const struct {
		const char *xml;
		const char *err;
	} images[] = {
		{"<domain><devices><input><alias name='ua-usbr-a'/></input></devices></domain>",
		 "the managed save image has no USB hostdev with the alias ua-usbr-a"},
		{"<domain>", "line 1: "},
	};
	char alias[] = "ua-usbr-a";
	const struct action action = {.kind = ACTION_EDIT_IMAGE, .alias = alias};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(images); i++) {
		g_autofree char *err = NULL;

		assert_null(domain_xml_edit_image(images[i].xml, &action, &err));
		assert_true(g_str_has_prefix(err, images[i].err));
	}
}

static void an_image_keeps_what_is_around_and_between(void **state)
{
	const char *xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- saved -->\n<domain "
			  "xmlns:q=\"urn:q\">\n\t<title>\xc3\xa4 &amp; &lt;b&gt; ]]&gt;</title>"
			  "<devices><hostdev type=\"usb\"><source><address bus=\"1\" "
			  "device=\"17\"/></source><alias "
			  "name=\"ua-usbr-a\"/></hostdev><q:x q:y=\"&quot;\xc3\xa4&#10;\"><![CDATA["
			  "<raw>]]></q:x></devices>\n</domain>\n<?end?>\n";
	OWN(device) device = new_device(1, 17, (struct usb_id){0x10c4, 0xea60});
	char alias[] = "ua-usbr-a";
	const struct action action = {.kind = ACTION_EDIT_IMAGE, .device = device, .alias = alias};
	char *err = NULL;
	g_autofree char *edited = domain_xml_edit_image(xml, &action, &err);

	(void)state;
	assert_string_equal(edited, xml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_live_attach_has_no_startup_policy),
		cmocka_unit_test(a_config_attach_is_optional),
		cmocka_unit_test(what_the_old_hostdev_had_besides_is_written_again),
		cmocka_unit_test(a_vendor_that_libvirt_refuses_is_left_out),
		cmocka_unit_test(a_detach_names_what_libvirt_compares),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(what_would_break_xml_is_escaped),
		cmocka_unit_test(an_image_gets_the_current_address_and_nothing_else),
		cmocka_unit_test(an_image_of_an_absent_device_becomes_optional),
		cmocka_unit_test(an_image_follows_a_device_with_new_firmware),
		cmocka_unit_test(an_image_loses_ids_that_libvirt_refuses),
		cmocka_unit_test(an_image_without_address_gets_one_that_libvirt_follows),
		cmocka_unit_test(an_image_without_the_alias_is_left_alone),
		cmocka_unit_test(an_image_keeps_what_is_around_and_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
