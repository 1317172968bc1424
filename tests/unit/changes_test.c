/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "state/changes.h"
#include "state/clock.h"

static struct device *stick(const char *sysname, unsigned int dev, uint64_t incarnation)
{
	struct device *device = device_new();

	device->sysname = g_strdup(sysname);
	device->dev = dev;
	device->incarnation = incarnation;
	return device;
}

static const struct change *change_at(const GPtrArray *changes, guint i)
{
	assert_true(i < changes->len);
	return g_ptr_array_index(changes, i);
}

static void who_looks_first_sees_what_was_just_enumerated(void **state)
{
	g_autoptr(GPtrArray) devices = device_list_new();
	g_autoptr(GPtrArray) changes = NULL;
	uint64_t awake = clock_awake(), before = clock_now();

	(void)state;
	g_ptr_array_add(devices, stick("1-1", 2, 1));
	g_ptr_array_add(devices, stick("1-2", 3, awake));
	g_ptr_array_add(devices, stick("1-3", 4, 0));
	changes = changes_of(devices);
	assert_int_equal(changes->len, 1);
	assert_string_equal(change_at(changes, 0)->device->sysname, "1-2");
	/* The two clocks are read one after the other, so a little is allowed. */
	assert_in_range(changes_last(changes), before - 100000, clock_now() + 100000);
}

static void who_came_and_who_went_is_told_for_a_while(void **state)
{
	g_autoptr(GPtrArray) none = changes_new();
	g_autoptr(GPtrArray) before = device_list_new();
	g_autoptr(GPtrArray) after = device_list_new();
	g_autoptr(GPtrArray) first = NULL;
	g_autoptr(GPtrArray) second = NULL;

	(void)state;
	g_ptr_array_add(before, stick("1-1", 2, 100));
	g_ptr_array_add(before, stick("1-2", 3, 100));
	g_ptr_array_add(before, stick("1-4", 5, 100));
	g_ptr_array_add(after, stick("1-1", 2, 100));
	g_ptr_array_add(after, stick("1-3", 4, 200));
	g_ptr_array_add(after, stick("1-4", 6, 200));
	first = changes_between(none, before, after);
	assert_int_equal(first->len, 4);
	assert_string_equal(change_at(first, 0)->device->sysname, "1-2");
	assert_string_equal(change_at(first, 1)->device->sysname, "1-3");
	assert_int_equal(change_at(first, 2)->device->dev, 5);
	assert_int_equal(change_at(first, 3)->device->dev, 6);
	changes_add(first, g_ptr_array_index(before, 0), clock_now() - CHANGES_FRESH);
	second = changes_between(first, after, after);
	assert_int_equal(second->len, 4);
	assert_int_equal(changes_last(second), changes_last(first));
	assert_int_equal(changes_last(none), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_looks_first_sees_what_was_just_enumerated),
		cmocka_unit_test(who_came_and_who_went_is_told_for_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
