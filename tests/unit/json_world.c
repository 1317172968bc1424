/* SPDX-License-Identifier: MIT */
#include "json_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "state/json.h"

#define UUID "c7a5fdbd-edaf-9455-926a-d65c16db1809"

static void set_property(struct device *device, const char *name, const char *value)
{
	g_hash_table_replace(device->properties, g_strdup(name), g_strdup(value));
}

static struct device *new_stick(void)
{
	struct device *device = device_new();

	device->sysname = g_strdup("2-3");
	device->bus = 2;
	device->dev = 5;
	device->id = (struct usb_id){0x0403, 0x6001};
	device->untrusted_serial = g_strdup("A1\x1b[2J\"\\<&>\xff");
	device->untrusted_manufacturer = g_strdup("Gerät");
	device->untrusted_product = g_strdup("line\nbreak\xe2\x80\xae");
	device->id_path = g_strdup("pci-0000:00:14.0-usb-0:3");
	device->port = g_strdup("pci-0000:00:14.0-usb-0:5");
	device->port_v3 = g_strdup("pci-0000:00:14.0-usbv3-0:3");
	device->companion = g_strdup("1-5");
	device->speed = 5000;
	device->driver = g_strdup("ftdi_sio");
	device->claimed = true;
	device->remote = g_strdup("1-1 of stickhost");
	device->in_use = g_strdup("/dev/sda1 is mounted on /mnt");
	device_add_guest_use(device, "vm\xc3", "disk /dev/sda\x1b");
	device_add_guest_use(device, "vm2", "serial /dev/ttyUSB0");
	device->incarnation = 123456789;
	set_property(device, "ID_PATH", "pci-0000:00:14.0-usb-0:3");
	set_property(device, "ID_MODEL", "x\xfe");
	set_property(device, "ID_MODEL_hex", "not a twin");
	set_property(device, "DEVTYPE", "usb_device");
	set_property(device, "EMPTY", "");
	return device;
}

static struct device *new_hub(void)
{
	struct device *device = device_new();

	device->sysname = g_strdup("usb1");
	device->bus = 1;
	device->dev = 1;
	device->id = (struct usb_id){0x1d6b, 0x0002};
	device->hub = true;
	device->authorized = false;
	return device;
}

static struct tag *new_device_tag(void)
{
	struct tag *tag = tag_new();
	struct usb_id ids[] = {{0x1a6e, 0x089a}, {0x18d1, 0x9302}};

	tag->name = g_strdup("coral");
	g_array_append_vals(tag->ids, ids, 2);
	tag->serial = g_strdup("\x01\x80");
	tag->port = g_strdup("pci-0000:00:14.0-usb-0:5");
	g_ptr_array_add(tag->matches, tag_match_new("ID_MODEL", "x*\xff"));
	g_ptr_array_add(tag->matches, tag_match_new("ID_VENDOR", ""));
	tag->required = true;
	tag->force = true;
	tag->persist = TAG_PERSIST_YES;
	tag->guest_port = g_strdup("0:1.2");
	tag->guest_reset = GUEST_RESET_UNINITIALIZED;
	tag->entry = 1;
	tag->line = 12;
	return tag;
}

static struct tag *new_group_tag(void)
{
	struct tag *tag = tag_new();

	tag->name = g_strdup("front");
	tag->group = true;
	tag->port_sysname = g_strdup("1-3");
	tag->enabled = false;
	tag->limit = 4;
	tag->persist = TAG_PERSIST_NO;
	tag->entry = 2;
	return tag;
}

static struct tag *new_invalid_tag(void)
{
	struct tag *tag = tag_new();

	tag->entry = 3;
	tag->guest_port = g_strdup("what?");
	tag->complaint = g_strdup("seriel is not known; did you mean serial?");
	return tag;
}

static struct hostdev *new_hostdev(const char *alias)
{
	struct hostdev *hostdev = hostdev_new();

	hostdev->alias = g_strdup(alias);
	hostdev->has_address = true;
	hostdev->bus = 2;
	hostdev->dev = 5;
	hostdev->guest_port = g_strdup("0:1.2");
	hostdev->guest_reset = GUEST_RESET_ON;
	hostdev->rest = g_strdup("<hostdev managed=\"no\"><boot order=\"1\"/></hostdev>");
	return hostdev;
}

static struct domain *new_domain(void)
{
	struct domain *domain = domain_new("vm1", UUID);
	struct hostdev *foreign = hostdev_new();
	struct hostdev *placeholder = new_hostdev(NULL);

	domain->running = domain->persistent = true;
	domain->id = 3;
	domain->metadata = METADATA_INVALID;
	g_ptr_array_add(domain->tags, new_device_tag());
	g_ptr_array_add(domain->tags, new_group_tag());
	g_ptr_array_add(domain->tags, new_invalid_tag());
	g_ptr_array_add(domain->live, new_hostdev("ua-usbr-coral"));
	foreign->has_id = true;
	foreign->id = (struct usb_id){0x051d, 0x0002};
	foreign->startup_policy = g_strdup("optional");
	g_ptr_array_add(domain->config, foreign);
	placeholder->missing = true;
	g_ptr_array_add(domain->image, placeholder);
	g_ptr_array_add(domain->other_aliases, g_strdup("ua-usbr-tablet"));
	domain_add_port(domain->live_ports, "0:1", "input");
	domain_add_port(domain->config_ports, "0:1.2", "redirdev");
	domain_add_use(domain->uses, "disk", "/dev/disk/by-id/usb-x");
	domain_add_use(domain->uses, "interface", "e\xff");
	return domain;
}

struct snapshot *json_world_new(void)
{
	struct snapshot *snapshot = snapshot_new();
	struct domain *unreadable = domain_new("broken", "11111111-2222-3333-4444-555555555555");

	snapshot->host = g_strdup("host.example");
	snapshot->uri = g_strdup("qemu:///system");
	snapshot->time = 1767225600;
	snapshot->now = 86400123457;
	unreadable->unreadable = g_strdup("it is busy");
	unreadable->saved = true;
	unreadable->metadata = METADATA_UNREAD;
	g_ptr_array_add(snapshot->devices, new_stick());
	changes_add(snapshot->changes, g_ptr_array_index(snapshot->devices, 0), 86399999999);
	g_ptr_array_add(snapshot->devices, new_hub());
	g_ptr_array_add(snapshot->domains, new_domain());
	g_ptr_array_add(snapshot->domains, unreadable);
	g_ptr_array_add(snapshot->problems,
			problem_new(PROBLEM_METADATA_INVALID, SEVERITY_CRITICAL, "vm1", NULL, 14,
				    g_strdup("seriel\xff is not known"), "write serial"));
	g_ptr_array_add(snapshot->problems,
			problem_new(PROBLEM_METADATA_WARNING, SEVERITY_WARNING, NULL, "coral", 0,
				    g_strdup("bus numbers move"), NULL));
	((struct problem *)g_ptr_array_index(snapshot->problems, 1))->entry = 1;
	snapshot_sort(snapshot);
	return snapshot;
}

struct history *json_world_new_history(void)
{
	struct history *history = history_new();
	struct memory *memory = history_get(history, UUID, "ua-usbr-coral");
	const struct deed deed = {.kind = ACTION_ATTACH_LIVE,
				  .incarnation = 123456788,
				  .times = {0, 0, 86399000001, 86400000001},
				  .trips = 2};

	memory->sides[SIDE_LIVE].failures = 3;
	memory->sides[SIDE_LIVE].next_try = 86401000001;
	memory->sides[SIDE_LIVE].error_code = 38;
	memory->sides[SIDE_LIVE].error = g_strdup("unable to stat: /dev/bus/usb/002/005");
	memory->sides[SIDE_LIVE].failed = 123456789;
	memory->sides[SIDE_CONFIG].error_code = 67;
	memory->sides[SIDE_IMAGE].failed = 7;
	g_array_append_val(memory->deeds, deed);
	memory->wish = 4000000000;
	memory->config_owed = true;
	memory->attached = 123456788;
	memory->replugged = G_MAXINT64;
	memory->suspect_since = 1;
	memory->pending_since = 86400000000;
	memory->verdict = VERDICT_MISSING;
	memory->verdict_since = 1764280000;
	memory->releasing_since = 86400000002;
	memory->migrating_until = 86400000003;
	memory->adopted_bus = 2;
	memory->adopted_dev = 9;
	memory->guest_port = g_strdup("0:2");
	memory->replug = true;
	memory->guest_reset = GUEST_RESET_OFF;
	memory->rest = g_strdup("<hostdev><boot order=\"2\"/></hostdev>");
	memory->sides[SIDE_LIVE].no_inherited_port = true;
	memory->sides[SIDE_LIVE].no_rest = true;
	history_get(history, UUID, "ua-usbr-front--a b");
	history_get(history, "0", "x");
	return history;
}

static void free_member(gpointer data)
{
	member_free(data);
}

static void add_verdict(struct plan *plan, const struct snapshot *snapshot,
			const struct history *history)
{
	const struct domain *domain = snapshot_find_domain(snapshot, "vm1");
	struct verdict *verdict = g_new0(struct verdict, 1);
	struct member *member = g_new0(struct member, 1);

	verdict->domain = domain;
	verdict->tag = g_ptr_array_index(domain->tags, 0);
	verdict->kind = VERDICT_CONTESTED;
	verdict->reason = REASON_OWNED_BY_TAG;
	verdict->severity = SEVERITY_WARNING;
	verdict->sentence = g_strdup("vm2 has it");
	verdict->candidates = g_ptr_array_new();
	g_ptr_array_add(verdict->candidates,
			(gpointer)(uintptr_t)snapshot_device_at(snapshot, 2, 5));
	verdict->members = g_ptr_array_new_with_free_func(free_member);
	member->kind = verdict->kind;
	member->reason = verdict->reason;
	member->severity = verdict->severity;
	member->sentence = g_strdup("vm2 has it");
	member->alias = g_strdup("ua-usbr-coral");
	member->device = snapshot_device_at(snapshot, 2, 5);
	member->live = g_ptr_array_index(domain->live, 0);
	member->owner_domain = domain;
	member->owner_tag = g_ptr_array_index(domain->tags, 1);
	member->memory = history_find(history, UUID, "ua-usbr-coral");
	member->failures = member->memory->sides[SIDE_LIVE].failures;
	member->next_try = member->memory->sides[SIDE_LIVE].next_try;
	member->error_code = member->memory->sides[SIDE_LIVE].error_code;
	member->error = member->memory->sides[SIDE_LIVE].error;
	g_ptr_array_add(verdict->members, member);
	g_ptr_array_add(plan->verdicts, verdict);
}

static void add_actions(struct plan *plan, const struct snapshot *snapshot)
{
	const struct domain *domain = snapshot_find_domain(snapshot, "vm1");
	struct action *detach = g_new0(struct action, 1);
	struct action *attach = g_new0(struct action, 1);

	detach->kind = ACTION_DETACH_LIVE;
	detach->reason = REASON_MOVED;
	detach->domain = attach->domain = domain;
	detach->tag = attach->tag = g_ptr_array_index(domain->tags, 0);
	detach->hostdev = g_ptr_array_index(domain->live, 0);
	detach->alias = g_strdup("ua-usbr-coral");
	attach->kind = ACTION_ATTACH_LIVE;
	attach->reason = REASON_MOVED;
	attach->device = snapshot_device_at(snapshot, 2, 5);
	attach->alias = g_strdup("ua-usbr-coral");
	attach->guest_port = g_strdup("0:1.2");
	attach->inherited_port = true;
	attach->guest_reset = GUEST_RESET_ON;
	attach->rest = g_strdup("<hostdev><boot order=\"1\"/></hostdev>");
	attach->after = g_ptr_array_new();
	g_ptr_array_add(attach->after, detach);
	g_ptr_array_add(plan->actions, detach);
	g_ptr_array_add(plan->actions, attach);
}

struct plan *json_world_new_plan(const struct snapshot *snapshot, const struct history *history)
{
	struct wake wake = {.when = 86402500000};
	struct plan *plan = plan_new();
	struct unmanaged *unmanaged = g_new0(struct unmanaged, 1);

	add_verdict(plan, snapshot, history);
	add_actions(plan, snapshot);
	unmanaged->domain = snapshot_find_domain(snapshot, "vm1");
	unmanaged->hostdev = g_ptr_array_index(unmanaged->domain->config, 0);
	unmanaged->device = snapshot_device_at(snapshot, 2, 5);
	g_ptr_array_add(plan->unmanaged, unmanaged);
	g_ptr_array_add(plan->problems,
			problem_new(PROBLEM_SERIAL_NOT_UNIQUE, SEVERITY_WARNING, "vm1", "coral", 0,
				    g_strdup("two of them"), NULL));
	g_array_append_val(plan->wakes, wake);
	return plan;
}

char *json_world_write(const struct snapshot *snapshot, const struct history *history)
{
	OWN(plan) plan = plan_new();

	return json_write_status(snapshot, plan, history);
}

void json_world_read(const char *text, struct snapshot **ret_snapshot, struct history **ret_history)
{
	char *err = NULL;
	int rc = json_read_status(text, ret_snapshot, ret_history, &err);

	if (rc != 0)
		print_error("%s\n", err);
	assert_int_equal(rc, 0);
	assert_null(err);
}

char *json_world_new_text(void)
{
	OWN(snapshot) snapshot = json_world_new();
	OWN(history) history = json_world_new_history();

	return json_world_write(snapshot, history);
}
