/* SPDX-License-Identifier: MIT */
#include "state/changes.h"

#include <string.h>

#include "state/clock.h"

static void change_free(gpointer data)
{
	struct change *change = data;

	device_free(change->device);
	g_free(change);
}

GPtrArray *changes_new(void)
{
	return g_ptr_array_new_with_free_func(change_free);
}

void changes_add(GPtrArray *changes, struct device *device, uint64_t when)
{
	struct change *change = g_new(struct change, 1);

	change->device = device_ref(device);
	change->when = when;
	g_ptr_array_add(changes, change);
}

static void add_if_fresh(GPtrArray *changes, struct device *device, uint64_t when, uint64_t now)
{
	if (when + CHANGES_FRESH > now)
		changes_add(changes, device, when);
}

GPtrArray *changes_of(const GPtrArray *devices)
{
	GPtrArray *changes = changes_new();
	uint64_t now = clock_now();
	/* udev's clock stands still while the host sleeps, ours does not. */
	uint64_t slept = now - clock_awake();

	for (guint i = 0; i < devices->len; i++) {
		struct device *device = g_ptr_array_index(devices, i);

		if (device->incarnation != 0)
			add_if_fresh(changes, device, device->incarnation + slept, now);
	}
	return changes;
}

static bool is_still(const struct device *before, const struct device *after)
{
	return strcmp(before->sysname, after->sysname) == 0 &&
	       before->incarnation == after->incarnation && before->dev == after->dev &&
	       usb_id_equal(before->id, after->id);
}

static struct device *at(const GPtrArray *devices, guint i)
{
	return i < devices->len ? g_ptr_array_index(devices, i) : NULL;
}

GPtrArray *changes_between(const GPtrArray *earlier, const GPtrArray *before,
			   const GPtrArray *devices)
{
	GPtrArray *changes = changes_new();
	uint64_t now = clock_now();
	guint i = 0, k = 0;

	for (guint n = 0; n < earlier->len; n++) {
		const struct change *change = g_ptr_array_index(earlier, n);

		add_if_fresh(changes, change->device, change->when, now);
	}
	while (i < before->len || k < devices->len) {
		struct device *old = at(before, i), *new = at(devices, k);
		int order = !old ? 1 : !new ? -1 : old == new ? 0 : device_compare(old, new);

		i += order <= 0;
		k += order >= 0;
		if (order == 0 && (old == new || is_still(old, new)))
			continue;
		if (order <= 0)
			changes_add(changes, old, now);
		if (order >= 0)
			changes_add(changes, new, now);
	}
	return changes;
}

uint64_t changes_last(const GPtrArray *changes)
{
	uint64_t last = 0;

	for (guint i = 0; i < changes->len; i++)
		last = MAX(last, ((const struct change *)g_ptr_array_index(changes, i))->when);
	return last;
}
