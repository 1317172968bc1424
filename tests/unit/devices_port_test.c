/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host.h"
#include "state/devices_remote.h"

static void assert_port(struct host *host, const char *sysname, const char *port,
			const char *port_v3, const char *companion)
{
	const struct device *device = host_look_at(host, sysname);

	assert_text(device->port, port);
	assert_text(device->port_v3, port_v3);
	assert_text(device->companion, companion);
}

static void a_device_without_id_path_has_no_port(void **state)
{
	struct host *host = *state;
	struct mock_device lost = ftdi_at("2-1", NULL, 5);

	mock_usb_plug(host->mock, &lost);
	mock_usb_port(host->mock, "2-1", "1-1");
	assert_port(host, "2-1", NULL, NULL, "1-1");
}

static void a_usb_2_port_is_its_id_path_and_knows_its_companion(void **state)
{
	struct host *host = *state;
	struct mock_device stick = ftdi_at("1-5", "pci-0000:00:14.0-usb-0:5", 5);

	mock_usb_plug(host->mock, &stick);
	mock_usb_port(host->mock, "1-5", "2-3");
	assert_port(host, "1-5", "pci-0000:00:14.0-usb-0:5", NULL, "2-3");
}

static void a_usb_3_port_is_named_after_its_companion_whatever_its_own_number(void **state)
{
	struct host *host = *state;
	struct mock_device stick = ftdi_at("2-3", "pci-0000:00:14.0-usb-0:3", 5);

	mock_usb_plug(host->mock, &stick);
	mock_usb_port(host->mock, "2-3", "1-5");
	assert_port(host, "2-3", "pci-0000:00:14.0-usb-0:5", "pci-0000:00:14.0-usbv3-0:3", "1-5");
}

static void a_lone_usb_3_port_is_not_the_usb_2_port_of_its_number(void **state)
{
	struct host *host = *state;
	struct mock_device stick = ftdi_at("2-3", "pci-0000:00:14.0-usb-0:3", 5);
	struct mock_device other = ftdi_at("1-3", "pci-0000:00:14.0-usb-0:3", 6);

	mock_usb_plug(host->mock, &stick);
	mock_usb_plug(host->mock, &other);
	mock_usb_port(host->mock, "2-3", NULL);
	assert_port(host, "2-3", "pci-0000:00:14.0-usbv3-0:3", "pci-0000:00:14.0-usbv3-0:3", NULL);
	assert_port(host, "1-3", "pci-0000:00:14.0-usb-0:3", NULL, NULL);
}

static void a_port_of_a_usb_3_hub_has_a_companion_of_its_own(void **state)
{
	struct host *host = *state;
	struct mock_device hub = ftdi_at("2-3", "pci-0000:00:14.0-usb-0:3", 5);
	struct mock_device hub_half = ftdi_at("1-5", "pci-0000:00:14.0-usb-0:5", 6);
	struct mock_device stick = ftdi_at("2-3.1", "pci-0000:00:14.0-usb-0:3.1", 7);

	hub.hub = hub_half.hub = true;
	mock_usb_plug(host->mock, &hub);
	mock_usb_plug(host->mock, &hub_half);
	mock_usb_plug(host->mock, &stick);
	mock_usb_port(host->mock, "2-3", "1-5");
	mock_usb_port(host->mock, "2-3.1", "1-5.2");
	assert_port(host, "2-3.1", "pci-0000:00:14.0-usb-0:5.2", "pci-0000:00:14.0-usbv3-0:3.1",
		    "1-5.2");
}

static void a_port_without_companion_takes_that_of_the_hub_above(void **state)
{
	struct host *host = *state;
	struct mock_device hub = ftdi_at("2-3", "pci-0000:00:14.0-usb-0:3", 5);
	struct mock_device inner = ftdi_at("2-3.4", "pci-0000:00:14.0-usb-0:3.4", 6);
	struct mock_device stick = ftdi_at("2-3.4.1", "pci-0000:00:14.0-usb-0:3.4.1", 7);

	hub.hub = inner.hub = true;
	mock_usb_plug(host->mock, &hub);
	mock_usb_plug(host->mock, &inner);
	mock_usb_plug(host->mock, &stick);
	mock_usb_port(host->mock, "2-3", "1-5");
	mock_usb_port(host->mock, "2-3.4", NULL);
	mock_usb_port(host->mock, "2-3.4.1", NULL);
	assert_port(host, "2-3.4.1", "pci-0000:00:14.0-usb-0:5.4.1",
		    "pci-0000:00:14.0-usbv3-0:3.4.1", NULL);
}

static void the_two_halves_of_one_socket_have_one_port(void **state)
{
	struct host *host = *state;
	struct mock_device slow = ftdi_at("1-5.2", "pci-0000:00:14.0-usb-0:5.2", 5);
	struct mock_device fast = ftdi_at("2-3.1", "pci-0000:00:14.0-usb-0:3.1", 5);
	struct mock_device hub = ftdi_at("1-5", "pci-0000:00:14.0-usb-0:5", 2);
	struct mock_device hub_half = ftdi_at("2-3", "pci-0000:00:14.0-usb-0:3", 2);

	mock_usb_plug(host->mock, &hub);
	mock_usb_plug(host->mock, &hub_half);
	mock_usb_plug(host->mock, &slow);
	mock_usb_plug(host->mock, &fast);
	mock_usb_port(host->mock, "1-5.2", "2-3.1");
	mock_usb_port(host->mock, "2-3.1", "1-5.2");
	host_look(host);
	assert_string_equal(host_find(host, "1-5.2")->port, host_find(host, "2-3.1")->port);
	assert_text(host_find(host, "1-5.2")->companion, "2-3.1");
}

static void only_the_last_usb_part_of_an_id_path_is_the_port(void **state)
{
	struct host *host = *state;
	struct mock_device stick = ftdi_at("2-3", "platform-x-usb-0:9-usb-0:3", 5);

	mock_usb_plug(host->mock, &stick);
	mock_usb_port(host->mock, "2-3", NULL);
	assert_port(host, "2-3", "platform-x-usb-0:9-usbv3-0:3", "platform-x-usb-0:9-usbv3-0:3",
		    NULL);
	mock_usb_port(host->mock, "2-3", "1-4");
	assert_port(host, "2-3", "platform-x-usb-0:9-usb-0:4", "platform-x-usb-0:9-usbv3-0:3",
		    "1-4");
}

static void a_root_hub_has_no_usb_3_spelling(void **state)
{
	struct host *host = *state;

	assert_port(host, "usb2", "pci-0000:00:14.0", NULL, NULL);
}

#define VHCI "/sys/devices/platform/vhci_hcd.0/"

static void assert_remote(const char *sysname, const char *syspath, const char *expected)
{
	g_autofree char *remote = devices_remote(sysname, syspath);

	assert_text(remote, expected);
}

static void what_comes_over_usbip_says_from_where(void **state)
{
	struct host *host = *state;

	assert_remote("1-1", "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1", NULL);
	assert_remote("usb3", VHCI "usb3", NULL);
	assert_remote("3-1", VHCI "usb3/3-1", "another host");
	mock_usb_file(host->mock, "sys/devices/platform/vhci_hcd.0/status",
		      "hub port sta spd dev      sockfd local_busid\n"
		      "hs  0000 006 002 0003000c 000003 3-1\n"
		      "hs  0001 004 000 00000000 000000 0-0\n"
		      "cut\n");
	mock_usb_file(host->mock, "sys/devices/platform/vhci_hcd.0/status.1",
		      "hub port sta spd dev      sockfd local_busid\n"
		      "ss  0024 006 005 00010002 000004 6-1\n");
	assert_remote("3-1", VHCI "usb3/3-1", "bus 3 device 12 of another host");
	assert_remote("6-1", "/sys/devices/platform/vhci_hcd.1/usb6/6-1",
		      "bus 1 device 2 of another host");
	assert_remote("3-2", VHCI "usb3/3-2", "another host");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_MOCK(a_device_without_id_path_has_no_port),
		IN_MOCK(a_usb_2_port_is_its_id_path_and_knows_its_companion),
		IN_MOCK(a_usb_3_port_is_named_after_its_companion_whatever_its_own_number),
		IN_MOCK(a_lone_usb_3_port_is_not_the_usb_2_port_of_its_number),
		IN_MOCK(a_port_of_a_usb_3_hub_has_a_companion_of_its_own),
		IN_MOCK(a_port_without_companion_takes_that_of_the_hub_above),
		IN_MOCK(the_two_halves_of_one_socket_have_one_port),
		IN_MOCK(only_the_last_usb_part_of_an_id_path_is_the_port),
		IN_MOCK(a_root_hub_has_no_usb_3_spelling),
		IN_MOCK(what_comes_over_usbip_says_from_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
