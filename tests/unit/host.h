/* SPDX-License-Identifier: MIT */
#pragma once

/* A fake host (mock_usb.h) and what devices_read() makes of it; for one test at a time. */

#include "mock_usb.h"
#include "state/device.h"

struct host {
	struct mock_usb *mock;
	GPtrArray *problems; /* of all looks so far */
	GPtrArray *domains;  /* struct domain *: whose uses of host devices count */
	GPtrArray *devices;  /* of the last look */
};

/* One xHCI: bus 1 is its USB 2 half, bus 2 its USB 3 half. */
int host_setup(void **state);
int host_teardown(void **state);

#define IN_MOCK(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

void host_look(struct host *host);
const struct device *host_find(const struct host *host, const char *sysname);

/* Looks, and finds. */
const struct device *host_look_at(struct host *host, const char *sysname);

/* A serial adapter at 1-1, and the same thing elsewhere. */
extern const struct mock_device ftdi;
struct mock_device ftdi_at(const char *sysname, const char *id_path, unsigned int dev);

/* EXPECTED may be NULL. */
void assert_text(const char *actual, const char *expected);
