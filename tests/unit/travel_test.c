/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reconciler/travel.h"

/* What is around the hostdevs, spelt as libxml2 would, must come out as it went in, to the byte. */
#define BEFORE                                                                                     \
	"<domain xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\" type=\"kvm\">\n"        \
	"  <name>g&lt;1</name>\n"                                                                  \
	"  <uuid>00000000-0000-4000-8000-000000000001</uuid>\n"                                    \
	"  <metadata>\n"                                                                           \
	"    <usb:devices xmlns:usb=\"" TAG_NAMESPACE "\">\n"                                      \
	"      <!-- mine -->\n"                                                                    \
	"      <usb:device name=\"a\" serial=\"AAA\"/>\n"                                          \
	"    </usb:devices>\n"                                                                     \
	"    <x:y xmlns:x=\"urn:x\"><![CDATA[<&]]>&#13;\xf0\x9f\x98\x80</x:y>\n"                   \
	"  </metadata>\n"                                                                          \
	"  <devices>\n"                                                                            \
	"    <graphics type=\"vnc\" passwd=\"se&quot;cret\" "                                      \
	"passwdValidTo=\"2030-01-01T00:00:00\"/>\n"
#define AFTER                                                                                      \
	"  </devices>\n"                                                                           \
	"  <qemu:commandline><qemu:arg value=\"-x\"/></qemu:commandline>\n"                        \
	"</domain>\n"
#define HOSTDEV(source)                                                                            \
	"    <hostdev mode=\"subsystem\" type=\"usb\" managed=\"yes\">\n"                          \
	"      " source "\n"                                                                       \
	"      <alias name=\"ua-usbr-a\"/>\n"                                                      \
	"      <address type=\"usb\" bus=\"0\" port=\"3\"/>\n"                                     \
	"    </hostdev>\n"
#define IDS "<vendor id=\"0x0403\"/><product id=\"0x6001\"/>"

static char *rewrite(const char *xml)
{
	g_autoptr(GPtrArray) devices = g_ptr_array_new();
	g_autofree char *err = NULL;
	char *out;

	assert_int_equal(travel_rewrite(xml, devices, REROUTE_ARRIVING, NULL, &out, &err), 0);
	return out;
}

static void expect(const char *xml, const char *source)
{
	unsigned int bus, dev;
	g_autofree char *expected = NULL;
	g_autofree char *out = rewrite(xml);
	g_autofree char *again = out ? rewrite(out) : NULL;
	char **parts = g_strsplit(source, "@", 3);

	route_nowhere("00000000-0000-4000-8000-000000000001", "ua-usbr-a", &bus, &dev);
	expected = g_strdup_printf("%s%u%s%u%s", parts[0], bus, parts[1], dev, parts[2]);
	g_strfreev(parts);
	assert_non_null(out);
	assert_string_equal(out, expected);
	assert_null(again);
}

static void only_our_source_changes(void **state)
{
	(void)state;
	expect(BEFORE HOSTDEV("<source>" IDS "<address bus=\"1\" device=\"5\"/></source>") AFTER,
	       BEFORE HOSTDEV("<source startupPolicy=\"optional\">" IDS
			      "<address bus=\"@\" device=\"@\"/></source>") AFTER);
	/* Below 11.4 none wants ids and address to fit when it looks for twins. */
	expect(BEFORE HOSTDEV("<source startupPolicy=\"mandatory\" autoAddress=\"yes\">" IDS
			      "<address bus=\"1\" device=\"5\"/></source>") AFTER,
	       BEFORE HOSTDEV("<source startupPolicy=\"optional\">" IDS
			      "<address bus=\"@\" device=\"@\"/></source>") AFTER);
	expect(BEFORE HOSTDEV("<source guestReset=\"off\"><address bus=\"1\" port=\"2\"/></source>")
		       AFTER,
	       BEFORE HOSTDEV("<source guestReset=\"off\" startupPolicy=\"optional\">"
			      "<address bus=\"@\" device=\"@\"/></source>") AFTER);
}

static void a_document_without_ours_is_left_alone(void **state)
{
	g_autofree char *without = rewrite(BEFORE AFTER);
	g_autofree char *foreign = rewrite(
		BEFORE "<hostdev mode='subsystem' type='usb'><source>" IDS
		       "<address bus='1' device='5'/></source></hostdev>"
		       "<input type='tablet' bus='usb'><alias name='ua-usbr-a'/></input>" AFTER);

	(void)state;
	assert_null(without);
	assert_null(foreign);
}

static void what_is_no_domain_is_refused_with_a_reason(void **state)
{
	const char *const bad[] = {"",
				   "x",
				   "<domain>",
				   "<network/>",
				   "<!DOCTYPE a><domain/>",
				   "<domain><metadata>&x;</metadata></domain>"};
	g_autoptr(GPtrArray) devices = g_ptr_array_new();

	(void)state;
	for (unsigned int i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *err = NULL;
		char *out;

		assert_int_equal(
			travel_rewrite(bad[i], devices, REROUTE_RETURNING, NULL, &out, &err), -1);
		assert_null(out);
		assert_non_null(err);
	}
}

/* What is not ours is not even spelt anew, however odd it is. */
#define ODD_BEFORE                                                                                 \
	"<?xml version='1.0'?>\r\n<!-- <hostdev> -->\r\n<domain  xmlns:z='urn:z' type = 'kvm' >"   \
	"<uuid>00000000-0000-4000-8000-000000000001</uuid>"                                        \
	"<metadata><x:m xmlns:x='urn:x'><devices/><hostdev a='>'/>]]&gt;</x:m>"                    \
	"<u:devices xmlns:u='" TAG_NAMESPACE "'><u:device name='a' serial='AAA'/></u:devices>"     \
	"</metadata>\t<devices><disk type='file'><hostdev type='usb'/></disk><?p <hostdev>?>"      \
	"<![CDATA[<hostdev>]]><z:hostdev type='usb'/><hostdev type='pci'/>"
#define ODD_AFTER                                                                                  \
	"<hostdev type='usb' ><source><address bus='9' device='9'/></source></hostdev >"           \
	"</devices>&#x41;\xc3\xa4</domain><!-- end -->"

static void what_is_around_stays_to_the_byte(void **state)
{
	static const char ours[] = "<hostdev z:q='&lt;&#10;' type='usb'><source ><address bus='1' "
				   "device='5'/></source><!-- <a> --><alias name='ua-usbr-a'/>"
				   "</hostdev\n>";
	g_autofree char *xml = g_strconcat(ODD_BEFORE, ours, ODD_AFTER, NULL);
	g_autofree char *out = rewrite(xml);
	const char *end;

	(void)state;
	assert_non_null(out);
	assert_memory_equal(out, ODD_BEFORE, strlen(ODD_BEFORE));
	end = out + strlen(out) - strlen(ODD_AFTER);
	assert_string_equal(end, ODD_AFTER);
	assert_true(g_str_has_prefix(out + strlen(ODD_BEFORE), "<hostdev z:q=\"&lt;&#10;\" "));
	assert_true(g_str_has_suffix(out, "</hostdev>" ODD_AFTER));
	assert_non_null(strstr(out, "<!-- <a> --><alias name=\"ua-usbr-a\"/></hostdev>"));
}

static void a_document_in_another_encoding_is_left_alone(void **state)
{
	g_autoptr(GPtrArray) devices = g_ptr_array_new();
	g_autofree char *err = NULL;
	char *out;

	(void)state;
	assert_int_equal(travel_rewrite("<?xml version='1.0' encoding='ISO-8859-1'?>"
					"<domain><name>\xe4</name></domain>",
					devices, REROUTE_RETURNING, NULL, &out, &err),
			 -1);
	assert_string_equal(err, "it is not in UTF-8");
	assert_int_equal(travel_rewrite("<?xml version='1.0' encoding='utf-8'?><domain/>", devices,
					REROUTE_RETURNING, NULL, &out, &(char *){NULL}),
			 0);
	assert_null(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_our_source_changes),
		cmocka_unit_test(a_document_without_ours_is_left_alone),
		cmocka_unit_test(what_is_no_domain_is_refused_with_a_reason),
		cmocka_unit_test(what_is_around_stays_to_the_byte),
		cmocka_unit_test(a_document_in_another_encoding_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
