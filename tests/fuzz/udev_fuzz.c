/* SPDX-License-Identifier: MIT */
/* udev's database holds what devices said: names come out as text, whatever the values are. */
#include "fuzz.h"

#include <stdlib.h>

#include "state/devices_udev.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	GHashTable *properties = devices_udev_table();
	GHashTableIter iter;
	gpointer name, value;

	devices_udev_parse(text, properties);
	g_hash_table_iter_init(&iter, properties);
	while (g_hash_table_iter_next(&iter, &name, &value)) {
		if (!g_utf8_validate(name, -1, NULL) || !value)
			abort();
	}
	g_hash_table_unref(properties);
	return 0;
}
