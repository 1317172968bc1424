/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host.h"
#include "state/devices_udev.h"
#include "state/sysfs.h"

static void assert_property(GHashTable *properties, const char *name, const char *value)
{
	assert_text(g_hash_table_lookup(properties, name), value);
}

static void assert_same(GHashTable *a, GHashTable *b)
{
	GHashTableIter iter;
	gpointer name, value;

	g_hash_table_iter_init(&iter, a);
	while (g_hash_table_iter_next(&iter, &name, &value))
		assert_property(b, name, value);
	assert_int_equal(g_hash_table_size(a), g_hash_table_size(b));
}

static void assert_same_as_libudev(const char *syspath, int finished)
{
	g_autoptr(GHashTable) own = devices_udev_table();
	g_autoptr(GHashTable) library = devices_udev_table();
	int dir = sysfs_open(syspath);
	char *err = NULL;

	assert_int_equal(devices_udev_kernel(dir, syspath, own, &err), 0);
	assert_int_equal(devices_udev_database(syspath, own, &err), finished);
	assert_int_equal(devices_udev_library(syspath, library, &err), finished);
	assert_true(g_hash_table_size(own) > 5);
	assert_same(own, library);
	close(dir);
}

static void the_properties_are_those_of_libudev(void **state)
{
	struct host *host = *state;
	g_autofree char *syspath = mock_usb_syspath("1-1");

	mock_usb_plug(host->mock, &ftdi);
	mock_usb_property(host->mock, "1-1", "ID_MODEL", "a=b \xc3\xa4");
	assert_same_as_libudev(syspath, 0);
	/* With a node of its own it is finished once the database has an entry. */
	mock_usb_property(host->mock, "1-1", "MAJOR", "189");
	mock_usb_property(host->mock, "1-1", "MINOR", "4");
	mock_usb_property(host->mock, "1-1", "DEVNAME", "bus/usb/001/005");
	assert_same_as_libudev(syspath, 1);
}

static void an_entry_of_the_database_is_read_as_udev_writes_it(void **state)
{
	g_autoptr(GHashTable) properties = devices_udev_table();

	(void)state;
	g_hash_table_insert(properties, g_strdup("DRIVER"), g_strdup("usb"));
	assert_true(devices_udev_parse("S:one\n"
				       "S:serial/two\n"
				       "L:-100\n"
				       "I:2461712\n"
				       "E:ID_PATH=pci-0000:00:14.0-usb-0:1\n"
				       "E:ID_MODEL=a=b\n"
				       "E:EMPTY=\n"
				       "E:DRIVER=mine\n"
				       "E:broken\n"
				       "E:\xff\xfe=1\n"
				       "G:seat\n"
				       "G:uaccess\n"
				       "Q:seat\n"
				       "V:1\n"
				       "\n"
				       "?\n",
				       properties));
	assert_property(properties, "DEVLINKS", "/dev/one /dev/serial/two");
	assert_property(properties, "USEC_INITIALIZED", "2461712");
	assert_property(properties, "ID_PATH", "pci-0000:00:14.0-usb-0:1");
	assert_property(properties, "ID_MODEL", "a=b");
	assert_property(properties, "EMPTY", "");
	assert_property(properties, "DRIVER", "mine");
	assert_property(properties, "TAGS", ":seat:uaccess:");
	assert_property(properties, "CURRENT_TAGS", ":seat:");
	assert_int_equal(g_hash_table_size(properties), 8);
}

static void another_format_is_left_to_libudev(void **state)
{
	g_autoptr(GHashTable) properties = devices_udev_table();

	(void)state;
	assert_false(devices_udev_parse("I:1\nV:2\n", properties));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_MOCK(the_properties_are_those_of_libudev),
		cmocka_unit_test(an_entry_of_the_database_is_read_as_udev_writes_it),
		cmocka_unit_test(another_format_is_left_to_libudev),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
