/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "state/port.h"

struct spelling {
	const char *text;
	const char *port;
};

static void assert_port(const char *text, enum port_kind kind, const char *expected)
{
	g_autofree char *port = NULL;
	const char *why, *fix;

	if (port_read(text, &port, &why, &fix) != kind || g_strcmp0(port, expected) != 0)
		fail_msg("port \"%s\" was read as \"%s\"", text, port ? port : "(none)");
}

static void an_id_path_stays_as_it_is(void **state)
{
	static const char *const ports[] = {
		"pci-0000:00:14.0-usb-0:1",
		"pci-0000:00:14.0-usb-0:1.6",
		"pci-0000:00:14.0-usb-0:1.2.3.4.5.6.7",
		"pci-0000:00:14.0-usb-0:255",
		"pci-0000:00:14.0-usbv3-0:3",
		"platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.3",
		"platform-3f980000.usb-usb-0:1.2",
		"platform-xhci-hcd.0.auto-usbv3-0:1",
		"platform-dummy_hcd.0-usb-0:1",
		"acpi-PNP0D10:00-usb-0:1",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(ports); i++)
		assert_port(ports[i], PORT_ID_PATH, ports[i]);
}

static void what_people_paste_is_trimmed(void **state)
{
	static const struct spelling spellings[] = {
		{"pci-0000:00:14.0-usb-0:1.6:1.0", "pci-0000:00:14.0-usb-0:1.6"},
		{"pci-0000:00:14.0-usb-0:1.6:1.0-port0", "pci-0000:00:14.0-usb-0:1.6"},
		{"pci-0000:00:14.0-usb-0:1.6-port0", "pci-0000:00:14.0-usb-0:1.6"},
		{"pci-0000:00:14.0-usb-0:1.6:1.0-scsi-0:0:0:0-part1", "pci-0000:00:14.0-usb-0:1.6"},
		{"pci-0000:00:14.0-usb-0:1.6:1.10-event-kbd", "pci-0000:00:14.0-usb-0:1.6"},
		{"pci-0000:00:14.0-usbv2-0:1.6", "pci-0000:00:14.0-usb-0:1.6"},
		{"pci-0000:00:1d.0-usbv1-0:2:1.0", "pci-0000:00:1d.0-usb-0:2"},
		{"pci-0000:00:14.0-usbv3-0:3:1.0", "pci-0000:00:14.0-usbv3-0:3"},
		{" \tpci-0000:00:14.0-usb-0:1.6\n", "pci-0000:00:14.0-usb-0:1.6"},
		{"/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.6:1.0-port0",
		 "pci-0000:00:14.0-usb-0:1.6"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(spellings); i++)
		assert_port(spellings[i].text, PORT_ID_PATH, spellings[i].port);
}

static void a_sysfs_name_is_understood_as_one(void **state)
{
	static const struct spelling spellings[] = {
		{"1-1.6", "1-1.6"},
		{"1-1.6:1.0", "1-1.6"},
		{" 12-3 ", "12-3"},
		{"/sys/bus/usb/devices/1-1.6", "1-1.6"},
		{"/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.6", "1-1.6"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(spellings); i++)
		assert_port(spellings[i].text, PORT_SYSNAME, spellings[i].port);
}

static void what_is_no_port_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"3",
		"1:5",
		"001/005",
		"usb1",
		"usb-0:1.6",
		"-usb-0:1.6",
		"/dev/ttyUSB0",
		"/dev/serial/by-id/usb-FTDI_FT232R_A1-if00-port0",
		"/dev/serial/by-path/",
		"/sys/",
		"usb-FTDI_FT232R_A1-if00-port0",
		"pci-0000_00_14_0-usb-0_1_6",
		"pci-0000:00:14.0",
		"pci-0000:00:14.0-usb-0:",
		"pci-0000:00:14.0-usb-0:0",
		"pci-0000:00:14.0-usb-0:01",
		"pci-0000:00:14.0-usb-0:256",
		"pci-0000:00:14.0-usb-0:1.",
		"pci-0000:00:14.0-usb-0:1.0",
		"pci-0000:00:14.0-usb-0:1..6",
		"pci-0000:00:14.0-usb-0:1.2.3.4.5.6.7.8",
		"pci-0000:00:14.0-usb-0:1:",
		"pci-0000:00:14.0-usb-0:1:1",
		"pci-0000:00:14.0-usb-0:1:.0",
		"pci-0000:00:14.0-usb-0:1:1.",
		"pci-0000:00:14.0-usb-0:1:1-0",
		"0000:00:14.0-usb-0:1",
		"pci-0000:00:14.0-usb-0:1:1.0x",
		"pci-0000:00:14.0-usb-0:1x",
		"pci-0000:00:14.0-usb-1:1",
		"pci-0000:00:14.0-usbv4-0:1",
		"pci 0000-usb-0:1",
		"pci\"-usb-0:1",
		"p\xc3\xa9-usb-0:1",
		"0-1",
		"1-0",
		"1-",
		"1-1.6x",
		"1_1.6",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		assert_port(texts[i], PORT_NONE, NULL);
}

static void a_controller_is_not_endless(void **state)
{
	g_autofree char *longest = g_strnfill(255, 'c');
	g_autofree char *port = g_strconcat(longest, "-usb-0:1", NULL);
	g_autofree char *longer = g_strconcat("c", port, NULL);

	(void)state;
	assert_port(port, PORT_ID_PATH, port);
	assert_port(longer, PORT_NONE, NULL);
}

static void a_refusal_says_what_it_looks_like(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} refusals[] = {
		{"", "is empty"},
		{"/dev/ttyUSB0", "is a device node, not a port"},
		{"usb-FTDI_FT232R_A1-if00-port0", "is a by-id name: it names a device, not a port"},
		{"/dev/serial/by-id/usb-FTDI_FT232R_A1-if00-port0",
		 "is a by-id name: it names a device, not a port"},
		{"3", "does not say of which controller or hub this port is"},
		{"001/005",
		 "looks like a bus and device number, which change at every replug (a port in the "
		 "guest would be guestPort)"},
		{"1:5",
		 "looks like a bus and device number, which change at every replug (a port in "
		 "the guest would be guestPort)"},
		{"pci-0000_00_14_0-usb-0_1_6",
		 "looks like ID_PATH_TAG, in which '_' stands for several characters"},
		{"left rear", "is not an ID_PATH"},
		{"1:", "is not an ID_PATH"},
		{":5", "is not an ID_PATH"},
		{"1:5x", "is not an ID_PATH"},
		{"1.5", "is not an ID_PATH"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		const char *why = NULL, *fix = NULL;
		g_autofree char *port = NULL;

		assert_int_equal(port_read(refusals[i].text, &port, &why, &fix), PORT_NONE);
		assert_string_equal(why, refusals[i].why);
		assert_non_null(strstr(fix, "usbreconcile devices"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_path_stays_as_it_is),
		cmocka_unit_test(what_people_paste_is_trimmed),
		cmocka_unit_test(a_sysfs_name_is_understood_as_one),
		cmocka_unit_test(what_is_no_port_is_refused),
		cmocka_unit_test(a_controller_is_not_endless),
		cmocka_unit_test(a_refusal_says_what_it_looks_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
