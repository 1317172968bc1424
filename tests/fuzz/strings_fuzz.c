/* SPDX-License-Identifier: MIT */
/* A device says of itself what it likes, in any bytes: everybody who is told of it is told text. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "sinks.h"
#include "state/text.h"

static void check_spelling(const char *untrusted)
{
	g_autofree char *spelled = text_spell(untrusted);
	g_autofree char *back = text_unspell(spelled);

	if (!g_utf8_validate(spelled, -1, NULL) || !back || strcmp(back, untrusted) != 0)
		abort();
}

/* The fields are divided by newlines; the last line may have some of its own. */
static char *take(char **rest)
{
	char *field = *rest;
	char *end = strchr(field, '\n');

	if (end) {
		*end = '\0';
		*rest = end + 1;
	} else {
		*rest = field + strlen(field);
	}
	return g_strdup(field);
}

static struct device *device_of(char *text, unsigned int number)
{
	struct device *device = device_new();

	device->sysname = g_strdup_printf("1-%u", number);
	device->bus = 1;
	device->dev = number + 1;
	device->id = (struct usb_id){0x0403, 0x6001};
	device->incarnation = number;
	device->untrusted_product = take(&text);
	device->untrusted_manufacturer = take(&text);
	device->driver = take(&text);
	device->in_use = number == 2 ? take(&text) : NULL;
	device->id_path = take(&text);
	device->port = g_strdup(device->id_path);
	g_hash_table_insert(device->properties, g_strdup("ID_MODEL"), take(&text));
	device->untrusted_serial = g_strdup(text);
	return device;
}

static struct domain *domain_of(const char *serial)
{
	struct domain *domain = domain_new("vm", "00000000-0000-4000-8000-000000000001");
	struct tag *tag = tag_new();

	domain->running = domain->persistent = true;
	domain->metadata = METADATA_VALID;
	tag->name = g_strdup("a");
	tag->serial = g_strdup(serial);
	g_ptr_array_add(domain->tags, tag);
	return domain;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	OWN(snapshot) snapshot = snapshot_new();
	OWN(history) history = history_new();

	check_spelling(text);
	snapshot->host = g_strdup("host");
	snapshot->now = 100 * G_USEC_PER_SEC;
	for (unsigned int i = 1; i <= 2; i++) {
		g_autofree char *own = g_strdup(text);

		g_ptr_array_add(snapshot->devices, device_of(own, i));
	}
	g_ptr_array_add(snapshot->domains,
			domain_of(((const struct device *)g_ptr_array_index(snapshot->devices, 0))
					  ->untrusted_serial));
	snapshot_sort(snapshot);
	sinks_check(snapshot, history);
	return 0;
}
