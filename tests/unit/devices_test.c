/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host.h"
#include "state/devices.h"
#include "state/problem.h"
#include "state/sysfs.h"

static void a_device_is_read_as_sysfs_and_udev_show_it(void **state)
{
	struct host *host = *state;
	const struct device *device;

	mock_usb_plug(host->mock, &ftdi);
	device = host_look_at(host, "1-1");
	assert_int_equal(device->bus, 1);
	assert_int_equal(device->dev, 5);
	assert_int_equal(device->id.vendor, 0x0403);
	assert_int_equal(device->id.product, 0x6001);
	assert_text(device->untrusted_serial, "A1");
	assert_text(device->untrusted_manufacturer, "FTDI");
	assert_text(device->untrusted_product, "FT232R USB UART");
	assert_text(device->id_path, "pci-0000:00:14.0-usb-0:1");
	assert_text(device->port, "pci-0000:00:14.0-usb-0:1");
	assert_null(device->port_v3);
	assert_null(device->companion);
	assert_int_equal(device->speed, 12);
	assert_false(device->hub);
	assert_true(device->authorized);
	assert_null(device->driver);
	assert_null(device->in_use);
	assert_int_equal(device->incarnation, 5000000);
	assert_text(device_property(device, "ID_PATH"), "pci-0000:00:14.0-usb-0:1");
	assert_text(device_property(device, "DEVTYPE"), "usb_device");
	assert_null(device_property(device, "NO_SUCH"));
	assert_int_equal(host->problems->len, 0);
}

static void twins_are_told_apart_by_serial_and_port(void **state)
{
	struct host *host = *state;
	struct mock_device twin = ftdi_at("1-2", "pci-0000:00:14.0-usb-0:2", 6);

	twin.serial = "A2";
	mock_usb_plug(host->mock, &ftdi);
	mock_usb_plug(host->mock, &twin);
	host_look(host);
	assert_text(host_find(host, "1-1")->untrusted_serial, "A1");
	assert_text(host_find(host, "1-2")->untrusted_serial, "A2");
	assert_text(host_find(host, "1-2")->port, "pci-0000:00:14.0-usb-0:2");
}

static void devices_come_in_the_order_of_their_ports(void **state)
{
	static const char *const expected[] = {"usb1", "usb2", "1-2", "1-10", "1-1"};
	struct host *host = *state;
	struct mock_device tenth = ftdi_at("1-10", "pci-0000:00:14.0-usb-0:10", 7);
	struct mock_device second = ftdi_at("1-2", "pci-0000:00:14.0-usb-0:2", 6);
	struct mock_device nowhere = ftdi_at("1-1", NULL, 8);

	mock_usb_plug(host->mock, &nowhere);
	mock_usb_plug(host->mock, &tenth);
	mock_usb_plug(host->mock, &second);
	host_look(host);
	assert_int_equal(host->devices->len, G_N_ELEMENTS(expected));
	for (guint i = 0; i < host->devices->len; i++) {
		const struct device *device = g_ptr_array_index(host->devices, i);

		assert_string_equal(device->sysname, expected[i]);
	}
}

static void hubs_and_root_hubs_are_hubs(void **state)
{
	struct host *host = *state;
	struct mock_device hub = ftdi_at("1-3", "pci-0000:00:14.0-usb-0:3", 9);

	hub.hub = true;
	mock_usb_plug(host->mock, &hub);
	mock_usb_plug(host->mock, &ftdi);
	host_look(host);
	assert_true(host_find(host, "1-3")->hub);
	assert_true(host_find(host, "usb1")->hub);
	assert_false(host_find(host, "1-1")->hub);
}

static void low_speed_is_rounded_down(void **state)
{
	struct host *host = *state;
	struct mock_device mouse = ftdi;

	mouse.speed = "1.5";
	mock_usb_plug(host->mock, &mouse);
	assert_int_equal(host_look_at(host, "1-1")->speed, 1);
	mock_usb_set(host->mock, "1-1", "speed", "unknown\n");
	assert_int_equal(host_look_at(host, "1-1")->speed, 0);
}

static void an_unauthorized_device_says_so(void **state)
{
	struct host *host = *state;
	struct mock_device stick = ftdi;

	stick.unauthorized = true;
	mock_usb_plug(host->mock, &stick);
	assert_false(host_look_at(host, "1-1")->authorized);
}

static void a_serial_is_its_bytes_whatever_they_are(void **state)
{
	static const char *const serials[] = {
		"\x1b[2J\x07",    "\"; rm -rf / #'",     "<a & b>", "\xff\xfe\x80",
		" AA BB ",        "line\nbreak",         "tail\n",  "\n",
		"comma,\xc3\xa4", "\xe2\x80\xaeletters", "%s%n%d",  "tab\t",
	};
	struct host *host = *state;

	mock_usb_plug(host->mock, &ftdi);
	for (size_t i = 0; i < G_N_ELEMENTS(serials); i++) {
		g_autofree char *shown = g_strconcat(serials[i], "\n", NULL);

		mock_usb_set(host->mock, "1-1", "serial", shown);
		assert_text(host_look_at(host, "1-1")->untrusted_serial, serials[i]);
	}
}

static void an_absent_or_empty_string_is_none(void **state)
{
	struct host *host = *state;
	struct mock_device mute = ftdi;
	const struct device *device;

	mute.serial = NULL;
	mute.manufacturer = "";
	mute.product = NULL;
	mock_usb_plug(host->mock, &mute);
	device = host_look_at(host, "1-1");
	assert_null(device->untrusted_serial);
	assert_null(device->untrusted_manufacturer);
	assert_null(device->untrusted_product);
	assert_int_equal(host->problems->len, 0);
}

static void a_string_without_end_is_cut(void **state)
{
	struct host *host = *state;
	g_autofree char *endless = g_strnfill(100000, 'x');

	mock_usb_plug(host->mock, &ftdi);
	mock_usb_set(host->mock, "1-1", "serial", endless);
	assert_int_equal(strlen(host_look_at(host, "1-1")->untrusted_serial), 4096);
}

static void a_driver_of_the_host_is_seen_behind_usbfs(void **state)
{
	struct host *host = *state;

	mock_usb_plug(host->mock, &ftdi);
	mock_usb_interface(host->mock, "1-1:1.0", NULL);
	mock_usb_interface(host->mock, "1-1:1.1", "usbfs");
	mock_usb_interface(host->mock, "1-1:1.2", "ftdi_sio");
	assert_text(host_look_at(host, "1-1")->driver, "ftdi_sio");
}

static void usbfs_and_none_are_no_driver(void **state)
{
	struct host *host = *state;

	mock_usb_plug(host->mock, &ftdi);
	mock_usb_interface(host->mock, "1-1:1.0", "usbfs");
	mock_usb_interface(host->mock, "1-1:1.1", NULL);
	assert_null(host_look_at(host, "1-1")->driver);
}

static void the_driver_of_a_device_behind_a_hub_is_not_the_hubs(void **state)
{
	struct host *host = *state;
	struct mock_device stick = ftdi_at("1-1.2", "pci-0000:00:14.0-usb-0:1.2", 6);

	mock_usb_plug(host->mock, &ftdi);
	mock_usb_plug(host->mock, &stick);
	mock_usb_interface(host->mock, "1-1.2:1.0", "usb-storage");
	assert_null(host_look_at(host, "1-1")->driver);
	assert_text(host_find(host, "1-1.2")->driver, "usb-storage");
}

static void a_device_that_udev_has_not_finished_is_left_out(void **state)
{
	struct host *host = *state;
	struct mock_device fresh = ftdi_at("1-2", "pci-0000:00:14.0-usb-0:2", 6);

	fresh.unfinished = true;
	mock_usb_plug(host->mock, &ftdi);
	mock_usb_plug(host->mock, &fresh);
	host_look(host);
	assert_non_null(host_find(host, "1-1"));
	assert_null(host_find(host, "1-2"));
	assert_int_equal(host->problems->len, 0);
}

static void an_interface_is_no_device(void **state)
{
	struct host *host = *state;

	mock_usb_plug(host->mock, &ftdi);
	mock_usb_interface(host->mock, "1-1:1.0", NULL);
	host_look(host);
	assert_int_equal(host->devices->len, 3);
}

static void a_device_that_cannot_be_understood_is_a_problem_and_hides_no_other(void **state)
{
	struct host *host = *state;
	struct mock_device odd = ftdi_at("1-2", "pci-0000:00:14.0-usb-0:2", 6);
	const struct problem *problem;

	odd.id = "zz:6001";
	mock_usb_plug(host->mock, &odd);
	mock_usb_plug(host->mock, &ftdi);
	host_look(host);
	assert_non_null(host_find(host, "1-1"));
	assert_null(host_find(host, "1-2"));
	assert_int_equal(host->problems->len, 1);
	problem = g_ptr_array_index(host->problems, 0);
	assert_int_equal(problem->code, PROBLEM_DEVICE_UNREADABLE);
	assert_non_null(strstr(problem->message, "1-2"));
	assert_non_null(strstr(problem->message, "idVendor"));
}

static void a_device_half_gone_is_left_out_silently(void **state)
{
	static const char *const attributes[] = {"idProduct", "idVendor", "devnum", "busnum"};
	struct host *host = *state;

	mock_usb_plug(host->mock, &ftdi);
	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++) {
		mock_usb_lose(host->mock, "1-1", attributes[i]);
		host_look(host);
		assert_null(host_find(host, "1-1"));
		assert_non_null(host_find(host, "usb1"));
		assert_int_equal(host->problems->len, 0);
	}
}

static void what_is_read_through_one_directory_is_of_one_device(void **state)
{
	struct host *host = *state;
	g_autofree char *syspath = mock_usb_syspath("1-1");
	char *text = NULL, *err = NULL;
	int dir;

	mock_usb_plug(host->mock, &ftdi);
	dir = sysfs_open(syspath);
	assert_int_equal(sysfs_read_at(dir, "serial", &text, &err), 0);
	assert_text(text, "A1");
	g_clear_pointer(&text, g_free);
	/* Another one takes its place. */
	mock_usb_unplug(host->mock, "1-1");
	mock_usb_plug(host->mock, &ftdi);
	assert_int_equal(sysfs_read_at(dir, "serial", &text, &err), 1);
	assert_int_equal(sysfs_read_at(dir, "uevent", &text, &err), 1);
	assert_null(sysfs_read_link_at(dir, "subsystem"));
	assert_null(text);
	assert_null(err);
	close(dir);
}

static void a_broken_enumeration_time_is_none(void **state)
{
	static const char *const times[] = {"", "-1", "x", "99999999999999999999", " 5"};
	struct host *host = *state;

	mock_usb_plug(host->mock, &ftdi);
	for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
		mock_usb_property(host->mock, "1-1", "USEC_INITIALIZED", times[i]);
		assert_int_equal(host_look_at(host, "1-1")->incarnation, 0);
	}
}

static void a_device_is_itself_as_long_as_nothing_changed(void **state)
{
	struct host *host = *state;

	mock_usb_plug(host->mock, &ftdi);
	assert_int_equal(devices_still_is(host_look_at(host, "1-1")), 1);
}

static void a_device_is_not_itself_after_any_change_of_identity(void **state)
{
	static const char *const changes[][3] = {
		{"devnum", "6\n", "5\n"},         {"busnum", "2\n", "1\n"},
		{"idVendor", "0404\n", "0403\n"}, {"idProduct", "6002\n", "6001\n"},
		{"serial", "A1 \n", "A1\n"},
	};
	struct host *host = *state;
	const struct device *device;

	mock_usb_plug(host->mock, &ftdi);
	device = host_look_at(host, "1-1");
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		mock_usb_set(host->mock, "1-1", changes[i][0], changes[i][1]);
		assert_int_equal(devices_still_is(device), 0);
		mock_usb_set(host->mock, "1-1", changes[i][0], changes[i][2]);
		assert_int_equal(devices_still_is(device), 1);
	}
	mock_usb_property(host->mock, "1-1", "USEC_INITIALIZED", "5000001");
	assert_int_equal(devices_still_is(device), 0);
}

static void a_device_that_is_gone_is_not_itself(void **state)
{
	struct host *host = *state;
	const struct device *device;

	mock_usb_plug(host->mock, &ftdi);
	device = host_look_at(host, "1-1");
	mock_usb_unplug(host->mock, "1-1");
	assert_int_equal(devices_still_is(device), 0);
	host_look(host);
	assert_null(host_find(host, "1-1"));
}

static void a_node_leads_to_its_usb_device(void **state)
{
	struct host *host = *state;
	struct mock_device stick = ftdi_at("1-2", "pci-0000:00:14.0-usb-0:2", 6);
	g_autofree char *sysname = NULL;

	stick.unfinished = true;
	mock_usb_plug(host->mock, &stick);
	sysname = devices_sysname_of_node("/dev/bus/usb/001/006");
	assert_text(sysname, "1-2");
}

static void what_is_no_node_leads_nowhere(void **state)
{
	(void)state;
	assert_null(devices_sysname_of_node("/dev/bus/usb/001/099"));
	assert_null(devices_sysname_of_node("/dev"));
	assert_null(devices_sysname_of_node("/proc/self/stat"));
	assert_null(devices_sysname_of_node(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_MOCK(a_device_is_read_as_sysfs_and_udev_show_it),
		IN_MOCK(twins_are_told_apart_by_serial_and_port),
		IN_MOCK(devices_come_in_the_order_of_their_ports),
		IN_MOCK(hubs_and_root_hubs_are_hubs),
		IN_MOCK(low_speed_is_rounded_down),
		IN_MOCK(an_unauthorized_device_says_so),
		IN_MOCK(a_serial_is_its_bytes_whatever_they_are),
		IN_MOCK(an_absent_or_empty_string_is_none),
		IN_MOCK(a_string_without_end_is_cut),
		IN_MOCK(a_driver_of_the_host_is_seen_behind_usbfs),
		IN_MOCK(usbfs_and_none_are_no_driver),
		IN_MOCK(the_driver_of_a_device_behind_a_hub_is_not_the_hubs),
		IN_MOCK(a_device_that_udev_has_not_finished_is_left_out),
		IN_MOCK(an_interface_is_no_device),
		IN_MOCK(a_device_that_cannot_be_understood_is_a_problem_and_hides_no_other),
		IN_MOCK(a_device_half_gone_is_left_out_silently),
		IN_MOCK(what_is_read_through_one_directory_is_of_one_device),
		IN_MOCK(a_broken_enumeration_time_is_none),
		IN_MOCK(a_device_is_itself_as_long_as_nothing_changed),
		IN_MOCK(a_device_is_not_itself_after_any_change_of_identity),
		IN_MOCK(a_device_that_is_gone_is_not_itself),
		IN_MOCK(a_node_leads_to_its_usb_device),
		IN_MOCK(what_is_no_node_leads_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
