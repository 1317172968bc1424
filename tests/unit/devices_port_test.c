/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
