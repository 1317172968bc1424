/* SPDX-License-Identifier: MIT */
/*
 * After any event, what is known of the host's devices is what a full listing finds: random
 * histories of plugging, unplugging, hubs, drivers and changes, some of them heard of together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host.h"
#include "state/devices.h"

#define HISTORIES 6
#define EVENTS    30

/* 1-3 and 2-3 are the two halves of a USB 3 hub. */
static const char *const places[] = {"1-1",   "1-2",     "1-3", "1-3.1", "1-3.2", "1-3.3",
				     "1-3.4", "1-3.4.1", "2-1", "2-3",   "2-3.1", "2-3.2"};

static bool is_hub(const char *sysname)
{
	return strcmp(sysname + 1, "-3") == 0 || strcmp(sysname, "1-3.4") == 0;
}

static unsigned int pick(GRand *rand, size_t n)
{
	return (unsigned int)g_rand_int_range(rand, 0, (int)n);
}

static bool is_there(struct host *host, const char *sysname)
{
	return host_find(host, sysname);
}

static void plug(struct host *host, GRand *rand, const char *sysname, unsigned int number)
{
	g_autofree char *id_path = g_strconcat("pci-0000:00:14.0-usb-0:", sysname + 2, NULL);
	g_autofree char *serial = g_strdup_printf("S%u", pick(rand, 3));
	g_autofree char *link = g_strdup_printf("sys/bus/usb/devices/%s:1.0", sysname);
	g_autofree char *syspath = mock_usb_syspath(sysname);
	g_autofree char *interface = g_strdup_printf("%s/%s:1.0", syspath + 1, sysname);
	g_autofree char *target = g_strconcat("../../../../", interface, NULL);
	struct mock_device device = ftdi_at(sysname, pick(rand, 6) ? id_path : NULL, number);

	device.serial = pick(rand, 4) ? serial : NULL;
	device.hub = is_hub(sysname);
	device.usec_initialized = 5000000 + number;
	mock_usb_plug(host->mock, &device);
	mock_usb_file(host->mock, interface, NULL);
	mock_usb_link(host->mock, link, target);
}

static void bind_driver(struct host *host, const char *sysname, const char *driver)
{
	g_autofree char *syspath = mock_usb_syspath(sysname);
	g_autofree char *link = g_strdup_printf("%s/%s:1.0/driver", syspath + 1, sysname);
	g_autofree char *target = g_strconcat("../../../drivers/", driver, NULL);

	mock_usb_link(host->mock, link, target);
}

/* "1-3.2" of "2-3.2" */
static char *other_half(const char *sysname)
{
	char *other = g_strdup(sysname);

	other[0] = sysname[0] == '1' ? '2' : '1';
	return other;
}

/* The kernel makes the ports of the two halves of a hub each other's peers, and tells nobody. */
static void pair_ports(struct host *host)
{
	host_look(host);
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *peer = other_half(places[i]);
		bool both = is_there(host, "1-3") && is_there(host, "2-3");

		if (is_there(host, places[i]))
			mock_usb_port(host->mock, places[i],
				      strlen(places[i]) == 3 || both ? peer : NULL);
	}
}

/* What hangs below goes first, as the kernel has it. */
static void unplug(struct host *host, GHashTable *heard, const char *sysname)
{
	for (size_t i = G_N_ELEMENTS(places); i > 0; i--) {
		const char *place = places[i - 1];
		g_autofree char *link = NULL;

		if (!g_str_has_prefix(place, sysname) || !is_there(host, place))
			continue;
		link = g_strdup_printf("sys/bus/usb/devices/%s:1.0", place);
		mock_usb_lose_file(host->mock, link);
		mock_usb_unplug(host->mock, place);
		g_hash_table_add(heard, g_strdup(place));
	}
}

/* Something happens at a place, and is heard of. */
static void happen(struct host *host, GRand *rand, GHashTable *heard, unsigned int number)
{
	const char *place = places[pick(rand, G_N_ELEMENTS(places))];

	host_look(host);
	if (!is_there(host, place)) {
		g_autofree char *hub = g_strdup(place);

		*(strrchr(hub, '.') ? strrchr(hub, '.') : hub) = '\0';
		if (*hub && !is_there(host, hub))
			return;
		plug(host, rand, place, number);
		g_hash_table_add(heard, g_strdup(place));
		return;
	}
	switch (pick(rand, 5)) {
	case 0:
		unplug(host, heard, place);
		return;
	case 1:
		mock_usb_set(host->mock, place, "serial", "other\n");
		break;
	case 2:
		mock_usb_property(host->mock, place, "ID_MODEL", number % 2 ? "odd" : "even");
		break;
	case 3:
		mock_usb_set(host->mock, place, "authorized", number % 2 ? "0\n" : "1\n");
		break;
	case 4:
		bind_driver(host, place, number % 2 ? "usbfs" : "ftdi_sio");
		break;
	}
	g_hash_table_add(heard, g_strdup(place));
}

static void assert_known(const GPtrArray *known, const GPtrArray *fresh)
{
	assert_int_equal(known->len, fresh->len);
	for (guint i = 0; i < fresh->len; i++)
		assert_true(device_same(g_ptr_array_index(known, i), g_ptr_array_index(fresh, i)));
}

/* However many are heard of together, and whatever else comes and goes with them, it takes no full
 * listing. */
static void live_through(struct host *host, GRand *rand)
{
	g_autoptr(GPtrArray) known = NULL;

	host_look(host);
	known = g_ptr_array_ref(host->devices);
	for (unsigned int i = 0; i < EVENTS; i++) {
		g_autoptr(GHashTable) heard =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		GPtrArray *now;

		for (unsigned int k = 1 + pick(rand, 3); k > 0; k--)
			happen(host, rand, heard, 10 + 3 * i + k);
		pair_ports(host);
		host_look(host);
		now = devices_read_again(known, heard);
		assert_non_null(now);
		assert_known(now, host->devices);
		g_ptr_array_unref(known);
		known = now;
	}
}

static void what_is_known_after_an_event_is_what_is_there(void **state)
{
	for (unsigned int seed = 1; seed <= HISTORIES; seed++) {
		GRand *rand = g_rand_new_with_seed(seed);

		host_setup(state);
		live_through(*state, rand);
		host_teardown(state);
		g_rand_free(rand);
	}
}

static GPtrArray *read_again(const struct host *host, const char *sysname)
{
	g_autoptr(GHashTable) heard = g_hash_table_new(g_str_hash, g_str_equal);

	g_hash_table_add(heard, (gpointer)(uintptr_t)sysname);
	return devices_read_again(host->devices, heard);
}

static void what_is_not_touched_is_shared(void **state)
{
	struct host *host = *state;
	struct mock_device other = ftdi_at("1-2", "pci-0000:00:14.0-usb-0:2", 6);
	g_autoptr(GPtrArray) now = NULL;

	mock_usb_plug(host->mock, &ftdi);
	host_look(host);
	mock_usb_plug(host->mock, &other);
	now = read_again(host, "1-2");
	assert_int_equal(now->len, host->devices->len + 1);
	assert_true(g_ptr_array_find(now, host_find(host, "1-1"), NULL));
}

static void a_hub_takes_along_what_is_below_it(void **state)
{
	struct host *host = *state;
	struct mock_device hub = ftdi_at("1-3", "pci-0000:00:14.0-usb-0:3", 7);
	struct mock_device stick = ftdi_at("1-3.1", "pci-0000:00:14.0-usb-0:3.1", 8);
	g_autoptr(GPtrArray) now = NULL;
	guint before;

	host_look(host);
	before = host->devices->len;
	hub.hub = true;
	mock_usb_plug(host->mock, &hub);
	mock_usb_plug(host->mock, &stick);
	host_look(host);
	mock_usb_unplug(host->mock, "1-3.1");
	mock_usb_unplug(host->mock, "1-3");
	/* Of the stick nothing was heard. */
	now = read_again(host, "1-3");
	assert_int_equal(now->len, before);
}

static void a_hub_that_is_not_known_was_missed(void **state)
{
	struct host *host = *state;
	struct mock_device hub = ftdi_at("1-3", "pci-0000:00:14.0-usb-0:3", 7);
	struct mock_device stick = ftdi_at("1-3.1", "pci-0000:00:14.0-usb-0:3.1", 8);

	hub.hub = true;
	host_look(host);
	mock_usb_plug(host->mock, &hub);
	mock_usb_plug(host->mock, &stick);
	assert_null(read_again(host, "1-3.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_after_an_event_is_what_is_there),
		IN_MOCK(what_is_not_touched_is_shared),
		IN_MOCK(a_hub_takes_along_what_is_below_it),
		IN_MOCK(a_hub_that_is_not_known_was_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
