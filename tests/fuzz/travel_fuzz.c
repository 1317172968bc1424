/* SPDX-License-Identifier: MIT */
/*
 * A hook's document may hold anything: it is refused with a reason, or left as it is, or comes out
 * well-formed and different only in where our hostdevs point; and once is enough.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/travel.h"
#include "xml_result.h"

static void require(bool holds, const char *what)
{
	if (!holds) {
		g_printerr("broken: %s\n", what);
		abort();
	}
}

static void free_device(gpointer data)
{
	device_free(data);
}

/* Two twins, of which one is in use, on the numbers that documents like to have. */
static GPtrArray *plug_devices(void)
{
	GPtrArray *devices = g_ptr_array_new_with_free_func(free_device);

	for (unsigned int i = 0; i < 2; i++) {
		struct device *device = device_new();

		device->sysname = g_strdup_printf("1-%u", i + 1);
		device->bus = 1;
		device->dev = 5 + i;
		device->id = (struct usb_id){0x0403, 0x6001};
		device->untrusted_serial = g_strdup(i == 0 ? "AAA" : "BBB");
		device->in_use = i == 0 ? NULL : g_strdup("mounted");
		g_ptr_array_add(devices, device);
	}
	return devices;
}

static struct domain *read_again(const char *xml)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autofree char *err = NULL;
	struct domain *domain = domain_new("vm", NULL);

	require(domain_xml_read_config(xml, true, domain, problems, &err) == 0,
		"what comes out is XML");
	return domain;
}

static void check_hostdevs(const char *before, const char *after)
{
	OWN(domain) old = read_again(before);
	OWN(domain) new = read_again(after);

	require(old->live->len == new->live->len, "no hostdev comes or goes");
	require(old->tags->len == new->tags->len, "the tags stay");
	for (guint i = 0; i < old->live->len; i++) {
		const struct hostdev *a = g_ptr_array_index(old->live, i);
		const struct hostdev *b = g_ptr_array_index(new->live, i);

		require(g_strcmp0(a->alias, b->alias) == 0, "aliases stay");
		require(g_strcmp0(a->guest_port, b->guest_port) == 0, "guest ports stay");
		require(a->guest_reset == b->guest_reset, "guestReset stays");
		if (a->has_address == b->has_address && a->bus == b->bus && a->dev == b->dev)
			continue;
		require(b->has_address, "it points somewhere");
		require(g_strcmp0(b->startup_policy, "optional") == 0, "it may be missing");
		for (guint k = 0; k < new->live->len; k++)
			require(k == i || !hostdev_at(g_ptr_array_index(new->live, k), b->bus,
						      b->dev),
				"no address is there twice");
	}
}

static void rewrite(const char *xml, const GPtrArray *devices, enum reroute_way way)
{
	g_autofree char *err = NULL;
	g_autofree char *out = NULL;
	g_autofree char *again = NULL;
	g_autofree char *kept = NULL;
	g_autofree char *kept_out = NULL;
	g_autoptr(GPtrArray) problems = problem_list_new();
	int result = travel_rewrite(xml, devices, way, problems, &out, &err);

	require((result != 0) == (err != NULL), "a refusal has a reason");
	require(result == 0 || !out, "a refusal says nothing else");
	if (!out)
		return;
	kept = xml_result_without_addresses(xml);
	kept_out = xml_result_without_addresses(out);
	require(strcmp(kept, kept_out) == 0, "nothing else differs");
	check_hostdevs(xml, out);
	require(travel_rewrite(out, devices, way, NULL, &again, &err) == 0, "it can be done again");
	require(!again, "once is enough");
}

static void rewrite_inside(const char *format, const char *bytes, const GPtrArray *devices)
{
	char **around = g_strsplit(format, "@", 2);
	g_autofree char *xml = g_strconcat(around[0], bytes, around[1], NULL);

	g_strfreev(around);
	rewrite(xml, devices, REROUTE_ARRIVING);
	rewrite(xml, devices, REROUTE_RETURNING);
}

#define TAGGED(inside)                                                                             \
	"<domain><uuid>1</uuid><metadata><u:devices xmlns:u='" TAG_NAMESPACE "'>"                  \
	"<u:device name='a' serial='AAA'/><u:device name='b' vendor='403' product='6001' "         \
	"serial='BBB'/></u:devices></metadata><devices>" inside "</devices></domain>"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *xml = g_strndup((const char *)data, size);
	g_autoptr(GPtrArray) devices = plug_devices();

	rewrite(xml, devices, REROUTE_ARRIVING);
	rewrite(xml, devices, REROUTE_RETURNING);
	rewrite_inside(TAGGED("@"), xml, devices);
	rewrite_inside(TAGGED("<hostdev type='usb'><alias name='ua-usbr-a'/>@</hostdev>"), xml,
		       devices);
	rewrite_inside(TAGGED("<hostdev type='usb'><alias name='ua-usbr-a'/><source>@</source>"
			      "</hostdev><hostdev type='usb'><source><vendor id='0x0403'/>"
			      "<product id='0x6001'/><address bus='1' device='6'/></source>"
			      "</hostdev>"),
		       xml, devices);
	return 0;
}
