/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host.h"
#include "state/devices.h"
#include "state/devices_use.h"
#include "state/domain.h"
#include "state/problem.h"

static void free_domain(gpointer domain)
{
	domain_unref(domain);
}

int host_setup(void **state)
{
	struct host *host = g_new0(struct host, 1);

	host->mock = mock_usb_new();
	mock_usb_bus(host->mock, 1, "480");
	mock_usb_bus(host->mock, 2, "10000");
	host->problems = problem_list_new();
	host->domains = g_ptr_array_new_with_free_func(free_domain);
	*state = host;
	return 0;
}

int host_teardown(void **state)
{
	struct host *host = *state;

	g_clear_pointer(&host->devices, g_ptr_array_unref);
	g_ptr_array_unref(host->problems);
	g_ptr_array_unref(host->domains);
	mock_usb_free(host->mock);
	g_free(host);
	return 0;
}

void host_look(struct host *host)
{
	char *err = NULL;

	g_clear_pointer(&host->devices, g_ptr_array_unref);
	assert_int_equal(devices_read(host->problems, &host->devices, &err), 0);
	assert_null(err);
	devices_use_note_all(host->devices, host->domains);
}

const struct device *host_find(const struct host *host, const char *sysname)
{
	for (guint i = 0; i < host->devices->len; i++) {
		const struct device *device = g_ptr_array_index(host->devices, i);

		if (strcmp(device->sysname, sysname) == 0)
			return device;
	}
	return NULL;
}

const struct device *host_look_at(struct host *host, const char *sysname)
{
	const struct device *device;

	host_look(host);
	device = host_find(host, sysname);
	assert_non_null(device);
	return device;
}

const struct mock_device ftdi = {
	.sysname = "1-1",
	.id = "0403:6001",
	.dev = 5,
	.serial = "A1",
	.manufacturer = "FTDI",
	.product = "FT232R USB UART",
	.id_path = "pci-0000:00:14.0-usb-0:1",
	.speed = "12",
	.usec_initialized = 5000000,
};

struct mock_device ftdi_at(const char *sysname, const char *id_path, unsigned int dev)
{
	struct mock_device device = ftdi;

	device.sysname = sysname;
	device.id_path = id_path;
	device.dev = dev;
	return device;
}

void assert_text(const char *actual, const char *expected)
{
	if (!expected) {
		assert_null(actual);
		return;
	}
	assert_non_null(actual);
	assert_string_equal(actual, expected);
}
