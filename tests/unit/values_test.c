/* SPDX-License-Identifier: MIT */
/* The values of state/ that decide little: device, hostdev, domain, snapshot, history, names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "state/history.h"
#include "state/plan.h"
#include "state/snapshot.h"

static struct device *new_device(const char *sysname, const char *port)
{
	struct device *device = device_new();

	device->sysname = g_strdup(sysname);
	device->port = g_strdup(port);
	return device;
}

static int order_of(const char *port_a, const char *port_b)
{
	OWN(device) a = new_device("1-1", port_a);
	OWN(device) b = new_device("1-1", port_b);
	int order = device_compare(a, b);
	int reverse = device_compare(b, a);

	assert_true((order < 0 && reverse > 0) || (order > 0 && reverse < 0) ||
		    (order == 0 && reverse == 0));
	return order;
}

static void ports_are_ordered_as_a_person_counts(void **state)
{
	(void)state;
	assert_true(order_of("pci-0000:00:14.0-usb-0:9", "pci-0000:00:14.0-usb-0:10") < 0);
	assert_true(order_of("pci-0000:00:14.0-usb-0:1.10", "pci-0000:00:14.0-usb-0:1.9") > 0);
	assert_true(order_of("pci-0000:00:14.0-usb-0:1", "pci-0000:00:14.0-usb-0:1.1") < 0);
	assert_true(order_of("pci-0000:00:14.0-usb-0:2", "pci-0000:00:14.0-usb-0:1.9") > 0);
	assert_true(order_of("pci-0000:02:00.0-usb-0:1", "pci-0000:10:00.0-usb-0:1") < 0);
	assert_true(order_of("x-99999999999999999999998", "x-99999999999999999999999") < 0);
	assert_int_equal(order_of("a-01", "a-01"), 0);
}

static void two_spellings_of_a_number_are_still_two_ports(void **state)
{
	(void)state;
	assert_true(order_of("a-1", "a-01") != 0);
	assert_true(order_of("a-01-2", "a-1-3") < 0);
}

static void a_device_without_port_comes_last(void **state)
{
	(void)state;
	assert_true(order_of("z", NULL) < 0);
	assert_true(order_of(NULL, "a") > 0);
	assert_int_equal(order_of(NULL, NULL), 0);
}

static void devices_of_one_port_are_ordered_by_sysname(void **state)
{
	OWN(device) a = new_device("1-9", "p");
	OWN(device) b = new_device("1-10", "p");

	(void)state;
	assert_true(device_compare(a, b) < 0);
	assert_true(device_compare(b, a) > 0);
}

static struct hostdev *new_hostdev(unsigned int bus, unsigned int dev)
{
	struct hostdev *hostdev = hostdev_new();

	hostdev->has_address = true;
	hostdev->bus = bus;
	hostdev->dev = dev;
	return hostdev;
}

static void a_hostdev_is_the_device_of_its_address(void **state)
{
	OWN(device) device = new_device("1-1", NULL);
	OWN(hostdev) hostdev = new_hostdev(1, 5);

	(void)state;
	device->bus = 1;
	device->dev = 5;
	assert_true(hostdev_is(hostdev, device));
	device->dev = 6;
	assert_false(hostdev_is(hostdev, device));
	device->dev = 5;
	device->bus = 2;
	assert_false(hostdev_is(hostdev, device));
}

static void a_hostdev_with_other_ids_is_not_the_device(void **state)
{
	OWN(device) device = new_device("1-1", NULL);
	OWN(hostdev) hostdev = new_hostdev(1, 5);

	(void)state;
	device->bus = 1;
	device->dev = 5;
	device->id = (struct usb_id){0x0403, 0x6001};
	hostdev->has_id = true;
	hostdev->id = (struct usb_id){0x0403, 0x6001};
	assert_true(hostdev_is(hostdev, device));
	hostdev->id.product = 0x6002;
	assert_false(hostdev_is(hostdev, device));
	hostdev->id = (struct usb_id){0x0404, 0x6001};
	assert_false(hostdev_is(hostdev, device));
}

static void a_missing_hostdev_or_one_without_address_is_no_device(void **state)
{
	OWN(device) device = new_device("1-1", NULL);
	OWN(hostdev) missing = new_hostdev(1, 5);
	OWN(hostdev) by_id = hostdev_new();

	(void)state;
	device->bus = 1;
	device->dev = 5;
	device->id = (struct usb_id){0x0403, 0x6001};
	missing->missing = true;
	assert_false(hostdev_is(missing, device));
	by_id->has_id = true;
	by_id->id = device->id;
	assert_false(hostdev_is(by_id, device));
	device->bus = 0;
	device->dev = 0;
	assert_false(hostdev_is(by_id, device));
	assert_false(hostdev_at(by_id, 0, 0));
}

static void a_domain_finds_its_tags_and_hostdevs(void **state)
{
	OWN(domain) domain = domain_new("vm", "uuid");
	struct tag *nameless = tag_new();
	struct tag *tag = tag_new();
	struct hostdev *plain = hostdev_new();
	struct hostdev *ours = hostdev_new();

	(void)state;
	tag->name = g_strdup("zigbee");
	ours->alias = g_strdup("ua-usbr-zigbee");
	g_ptr_array_add(domain->tags, nameless);
	g_ptr_array_add(domain->tags, tag);
	g_ptr_array_add(domain->live, plain);
	g_ptr_array_add(domain->live, ours);
	assert_ptr_equal(domain_find_tag(domain, "zigbee"), tag);
	assert_null(domain_find_tag(domain, "other"));
	assert_ptr_equal(domain_find_hostdev(domain->live, "ua-usbr-zigbee"), ours);
	assert_null(domain_find_hostdev(domain->config, "ua-usbr-zigbee"));
}

static void a_domain_is_found_by_name_before_uuid(void **state)
{
	OWN(snapshot) snapshot = snapshot_new();
	struct domain *by_uuid = domain_new("zz", "abcd");
	struct domain *by_name = domain_new("abcd", "ef01");

	(void)state;
	g_ptr_array_add(snapshot->domains, by_uuid);
	assert_ptr_equal(snapshot_find_domain(snapshot, "ABCD"), by_uuid);
	g_ptr_array_add(snapshot->domains, by_name);
	assert_ptr_equal(snapshot_find_domain(snapshot, "abcd"), by_name);
	assert_null(snapshot_find_domain(snapshot, "nobody"));
	snapshot_sort(snapshot);
	assert_ptr_equal(g_ptr_array_index(snapshot->domains, 0), by_name);
}

static void a_device_is_found_at_its_address(void **state)
{
	OWN(snapshot) snapshot = snapshot_new();
	struct device *first = new_device("1-10", "p-10");
	struct device *second = new_device("1-9", "p-9");

	(void)state;
	first->bus = second->bus = 1;
	first->dev = 7;
	second->dev = 8;
	g_ptr_array_add(snapshot->devices, first);
	g_ptr_array_add(snapshot->devices, second);
	snapshot_sort(snapshot);
	assert_ptr_equal(g_ptr_array_index(snapshot->devices, 0), second);
	assert_ptr_equal(snapshot_device_at(snapshot, 1, 7), first);
	assert_null(snapshot_device_at(snapshot, 2, 7));
}

static void a_memory_is_made_once_and_belongs_to_one_alias(void **state)
{
	OWN(history) history = history_new();
	struct memory *memory;

	(void)state;
	assert_null(history_find(history, "uuid", "alias"));
	memory = history_get(history, "uuid", "alias");
	memory->sides[SIDE_LIVE].failures = 3;
	assert_ptr_equal(history_get(history, "uuid", "alias"), memory);
	assert_ptr_equal(history_find(history, "uuid", "alias"), memory);
	assert_null(history_find(history, "uuid", "other"));
	assert_null(history_find(history, "other", "alias"));
}

static void assert_new_name(GHashTable *seen, const char *name)
{
	assert_non_null(name);
	assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
	assert_true(g_hash_table_add(seen, (gpointer)(uintptr_t)name));
}

static GHashTable *new_names(void)
{
	return g_hash_table_new(g_str_hash, g_str_equal);
}

static void every_value_has_a_name_of_its_own(void **state)
{
	g_autoptr(GHashTable) verdicts = new_names();
	g_autoptr(GHashTable) reasons = new_names();
	g_autoptr(GHashTable) actions = new_names();
	g_autoptr(GHashTable) outcomes = new_names();
	g_autoptr(GHashTable) codes = new_names();
	g_autoptr(GHashTable) severities = new_names();

	(void)state;
	for (unsigned int i = 0; i <= VERDICT_ATTACHED; i++)
		assert_new_name(verdicts, verdict_kind_name((enum verdict_kind)i));
	for (unsigned int i = REASON_NONE + 1; i <= REASON_ADOPTED; i++)
		assert_new_name(reasons, reason_name((enum reason)i));
	for (unsigned int i = 0; i <= ACTION_EDIT_IMAGE; i++)
		assert_new_name(actions, action_kind_name((enum action_kind)i));
	for (unsigned int i = 0; i <= OUTCOME_PRINTED; i++)
		assert_new_name(outcomes, outcome_kind_name((enum outcome_kind)i));
	for (unsigned int i = 0; i <= PROBLEM_HOOK_NOT_ASKED; i++)
		assert_new_name(codes, problem_code_name((enum problem_code)i));
	for (unsigned int i = 0; i <= SEVERITY_CRITICAL; i++)
		assert_new_name(severities, severity_name((enum severity)i));
}

static void every_metadata_state_comes_back_by_name(void **state)
{
	enum metadata_state parsed;

	(void)state;
	for (unsigned int i = METADATA_ABSENT; i <= METADATA_UNREAD; i++) {
		assert_true(
			metadata_state_parse(metadata_state_name((enum metadata_state)i), &parsed));
		assert_int_equal(parsed, i);
	}
	assert_false(metadata_state_parse("ABSENT", &parsed));
}

static void a_device_hangs_on_the_hub_its_name_says(void **state)
{
	static const struct {
		const char *sysname;
		const char *parent;
	} cases[] = {
		{"usb1", NULL},   {"1-1", "usb1"},      {"12-3", "usb12"},
		{"1-1.6", "1-1"}, {"1-1.6.2", "1-1.6"}, {"1-10", "usb1"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		OWN(device) device = device_new();
		g_autofree char *parent = NULL;

		device->sysname = g_strdup(cases[i].sysname);
		parent = device_parent(device);
		assert_int_equal(g_strcmp0(parent, cases[i].parent), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_hangs_on_the_hub_its_name_says),
		cmocka_unit_test(ports_are_ordered_as_a_person_counts),
		cmocka_unit_test(two_spellings_of_a_number_are_still_two_ports),
		cmocka_unit_test(a_device_without_port_comes_last),
		cmocka_unit_test(devices_of_one_port_are_ordered_by_sysname),
		cmocka_unit_test(a_hostdev_is_the_device_of_its_address),
		cmocka_unit_test(a_hostdev_with_other_ids_is_not_the_device),
		cmocka_unit_test(a_missing_hostdev_or_one_without_address_is_no_device),
		cmocka_unit_test(a_domain_finds_its_tags_and_hostdevs),
		cmocka_unit_test(a_domain_is_found_by_name_before_uuid),
		cmocka_unit_test(a_device_is_found_at_its_address),
		cmocka_unit_test(a_memory_is_made_once_and_belongs_to_one_alias),
		cmocka_unit_test(every_value_has_a_name_of_its_own),
		cmocka_unit_test(every_metadata_state_comes_back_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
