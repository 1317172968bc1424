/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "state/tag.h"

static struct tag *new_tag(const char *name, bool group)
{
	struct tag *tag = tag_new();

	tag->name = g_strdup(name);
	tag->group = group;
	return tag;
}

static struct device *new_device(const char *sysname, const char *id_path, const char *port)
{
	struct device *device = device_new();

	device->sysname = g_strdup(sysname);
	device->id_path = g_strdup(id_path);
	device->port = g_strdup(port);
	return device;
}

static void assert_alias(const char *name, bool group, const struct device *device,
			 const char *expected)
{
	OWN(tag) tag = new_tag(name, group);
	g_autofree char *alias = tag_alias(tag, device);

	assert_string_equal(alias, expected);
	assert_true(tag_alias_is_ours(alias));
	assert_true(tag_owns_alias(tag, alias));
}

static bool owns(const char *name, bool group, const char *alias)
{
	OWN(tag) tag = new_tag(name, group);

	return tag_owns_alias(tag, alias);
}

static void a_new_tag_is_enabled_and_asks_for_nothing(void **state)
{
	OWN(tag) tag = tag_new();

	(void)state;
	assert_true(tag->enabled);
	assert_int_equal(tag->limit, TAG_GROUP_LIMIT);
	assert_int_equal(tag->persist, TAG_PERSIST_KEEP);
	assert_int_equal(tag->ids->len, 0);
	assert_int_equal(tag->matches->len, 0);
	assert_null(tag->complaint);
}

static void names_are_those_an_alias_can_carry(void **state)
{
	static const char *const good[] = {"a",
					   "zigbee",
					   "Front_2-b",
					   "-",
					   "_",
					   "a-",
					   "0123456789012345678901234567890123456789"};
	static const char *const bad[] = {
		"",   "a b", "a.b",  "ä",   "a--b",
		"--", "a--", "a\nb", "a/b", "01234567890123456789012345678901234567890"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		assert_true(tag_name_ok(good[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_false(tag_name_ok(bad[i]));
}

static void a_device_tag_has_one_alias(void **state)
{
	(void)state;
	assert_alias("zigbee", false, NULL, "ua-usbr-zigbee");
	assert_true(owns("zigbee", false, "ua-usbr-zigbee"));
	assert_false(owns("zigbee", false, "ua-usbr-zigbee2"));
	assert_false(owns("zigbee", false, "ua-usbr-zig"));
	assert_false(owns("zigbee", false, "ua-usbr-zigbee--pci-0"));
	assert_false(owns("zigbee", false, "hostdev0"));
	assert_false(owns("zigbee", false, NULL));
}

static void a_member_is_named_after_its_port(void **state)
{
	OWN(device)
	device = new_device("2-3", "pci-0000:00:14.0-usb-0:3", "pci-0000:00:14.0-usb-0:7");

	(void)state;
	assert_alias("front", true, device, "ua-usbr-front--pci-0000-00-14-0-usb-0-7");
	/* Its companion may be occupied as well, by another. */
	device->port_v3 = g_strdup("pci-0000:00:14.0-usbv3-0:3");
	assert_alias("front", true, device, "ua-usbr-front--pci-0000-00-14-0-usbv3-0-3");
}

static void a_member_without_port_is_named_by_what_it_has(void **state)
{
	OWN(device) by_path = new_device("1-1.6", "platform-x-usb-0:1.6", NULL);
	OWN(device) by_sysname = new_device("1-1.6", NULL, NULL);

	(void)state;
	assert_alias("front", true, by_path, "ua-usbr-front--platform-x-usb-0-1-6");
	assert_alias("front", true, by_sysname, "ua-usbr-front--1-1-6");
}

static void an_alias_has_only_characters_that_libvirt_keeps(void **state)
{
	OWN(device) device = new_device("1-1", NULL, "a\xff ä/:.,\n$\"b");
	OWN(tag) tag = new_tag("g", true);
	g_autofree char *alias = tag_alias(tag, device);

	(void)state;
	assert_int_equal(strspn(alias, "abcdefghijklmnopqrstuvwxyz0123456789_-"), strlen(alias));
}

static void a_group_owns_its_members_aliases_only(void **state)
{
	(void)state;
	assert_true(owns("front", true, "ua-usbr-front--pci-0"));
	assert_false(owns("front", true, "ua-usbr-front"));
	assert_false(owns("front", true, "ua-usbr-front--"));
	assert_false(owns("front", true, "ua-usbr-front-pci-0"));
	assert_false(owns("front", true, "ua-usbr-frontier--pci-0"));
}

static void a_name_that_ends_in_a_dash_shares_no_alias_with_its_neighbour(void **state)
{
	(void)state;
	assert_true(owns("a-", true, "ua-usbr-a---pci-0"));
	assert_false(owns("a", true, "ua-usbr-a---pci-0"));
	assert_true(owns("a", true, "ua-usbr-a--pci-0"));
	assert_false(owns("a-", true, "ua-usbr-a--pci-0"));
	assert_false(owns("a", true, "ua-usbr-a-"));
}

static void an_entry_without_name_owns_nothing(void **state)
{
	OWN(tag) tag = tag_new();

	(void)state;
	assert_null(tag_alias(tag, NULL));
	assert_false(tag_owns_alias(tag, "ua-usbr-"));
	assert_false(tag_owns_alias(tag, "ua-usbr---1"));
}

static void only_our_prefix_is_ours(void **state)
{
	(void)state;
	assert_true(tag_alias_is_ours("ua-usbr-x"));
	assert_false(tag_alias_is_ours("ua-usb"));
	assert_false(tag_alias_is_ours("hostdev0"));
	assert_false(tag_alias_is_ours(NULL));
}

static void every_persist_and_guest_reset_comes_back_by_name(void **state)
{
	enum tag_persist persist;
	enum guest_reset reset;

	(void)state;
	for (unsigned int i = TAG_PERSIST_KEEP; i <= TAG_PERSIST_NO; i++) {
		assert_true(tag_persist_parse(tag_persist_name((enum tag_persist)i), &persist));
		assert_int_equal(persist, i);
	}
	for (unsigned int i = GUEST_RESET_DEFAULT; i <= GUEST_RESET_ON; i++) {
		assert_true(guest_reset_parse(guest_reset_name((enum guest_reset)i), &reset));
		assert_int_equal(reset, i);
	}
	assert_false(tag_persist_parse("true", &persist));
	assert_false(guest_reset_parse("", &reset));
}

static void guest_ports_are_bus_and_port_chain(void **state)
{
	static const char *const good[] = {"0:1", "0:3", "0:1.2", "1:15", "0:1.2.3.4"};
	static const char *const bad[] = {
		"",    "0",    "0:",   "0:0",  "0:1.",  ":1",    "0:01",  "00:1",   "0:1.2.3.4.5",
		"0:x", "0:1 ", " 0:1", "-1:1", "0:1,2", "0:1.0", "0:1:2", "1000:1", "0:1000"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		assert_true(guest_port_ok(good[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_false(guest_port_ok(bad[i]));
}

static void a_name_is_made_of_any_text(void **state)
{
	static const char *const pairs[][2] = {
		{"zigbee", "zigbee"},
		{"a--b", "a-b"},
		{" a  b ", "a-b"},
		{"--", ""},
		{"", ""},
		{"\xff\x1b", ""},
		{"A_1/2", "A_1-2"},
		{"d\xc3\xb6se", "d-se"},
		{"0123456789012345678901234567890123456789-x",
		 "0123456789012345678901234567890123456789"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *name = tag_name_from(pairs[i][0]);

		assert_string_equal(name, pairs[i][1]);
		assert_int_equal(tag_name_ok(name), *name != '\0');
	}
}

static void add_id(struct tag *tag, unsigned int vendor)
{
	struct usb_id id = {(uint16_t)vendor, 1};

	g_array_append_val(tag->ids, id);
}

static void the_same_words_are_the_same_identity(void **state)
{
	OWN(tag) one = new_tag("a", false);
	OWN(tag) other = new_tag("b", false);

	(void)state;
	one->serial = g_strdup("S");
	other->serial = g_strdup("S");
	one->required = true;
	add_id(one, 1);
	add_id(one, 2);
	add_id(other, 2);
	assert_false(tag_same_identity(one, other));
	add_id(other, 1);
	assert_true(tag_same_identity(one, other));
	g_ptr_array_add(one->matches, tag_match_new("P", "v"));
	assert_false(tag_same_identity(one, other));
	g_ptr_array_add(other->matches, tag_match_new("P", "w"));
	assert_false(tag_same_identity(one, other));
	g_ptr_array_set_size(one->matches, 0);
	g_ptr_array_set_size(other->matches, 0);
	other->port = g_strdup("p");
	assert_false(tag_same_identity(one, other));
	g_clear_pointer(&other->port, g_free);
	other->group = true;
	assert_false(tag_same_identity(one, other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_tag_is_enabled_and_asks_for_nothing),
		cmocka_unit_test(a_name_is_made_of_any_text),
		cmocka_unit_test(the_same_words_are_the_same_identity),
		cmocka_unit_test(names_are_those_an_alias_can_carry),
		cmocka_unit_test(a_device_tag_has_one_alias),
		cmocka_unit_test(a_member_is_named_after_its_port),
		cmocka_unit_test(a_member_without_port_is_named_by_what_it_has),
		cmocka_unit_test(an_alias_has_only_characters_that_libvirt_keeps),
		cmocka_unit_test(a_group_owns_its_members_aliases_only),
		cmocka_unit_test(a_name_that_ends_in_a_dash_shares_no_alias_with_its_neighbour),
		cmocka_unit_test(an_entry_without_name_owns_nothing),
		cmocka_unit_test(only_our_prefix_is_ours),
		cmocka_unit_test(every_persist_and_guest_reset_comes_back_by_name),
		cmocka_unit_test(guest_ports_are_bus_and_port_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
