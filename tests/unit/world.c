/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "state/guest_port.h"
#include "state/route.h"

bool (*world_refuses)(const struct action *action, struct outcome *outcome);

struct snapshot *world_new(void)
{
	struct snapshot *world = snapshot_new();

	world->host = g_strdup("host");
	world->uri = g_strdup("qemu:///system");
	world->now = WORLD_NOW;
	return world;
}

static unsigned int bus_of(const char *sysname)
{
	return (unsigned int)atoi(sysname);
}

static char *port_at(const char *sysname, const char *usb)
{
	unsigned int controller = (bus_of(sysname) - 1) / 2;

	return g_strdup_printf("pci-0000:00:1%u.0-%s-0:%s", 4 + controller, usb,
			       strchr(sysname, '-') + 1);
}

char *world_port(const char *sysname)
{
	return port_at(sysname, "usb");
}

struct device *world_plug(struct snapshot *world, const char *sysname, unsigned int dev,
			  unsigned int vendor, unsigned int product, const char *serial)
{
	struct device *device = device_new();
	unsigned int bus = bus_of(sysname);

	device->sysname = g_strdup(sysname);
	device->bus = bus;
	device->dev = dev;
	device->id = (struct usb_id){(uint16_t)vendor, (uint16_t)product};
	device->untrusted_serial = g_strdup(serial);
	device->id_path = port_at(sysname, "usb");
	device->port = port_at(sysname, "usb");
	if (bus % 2 == 0)
		device->port_v3 = port_at(sysname, "usbv3");
	device->companion =
		g_strdup_printf("%u-%s", bus % 2 ? bus + 1 : bus - 1, strchr(sysname, '-') + 1);
	device->speed = 12;
	device->authorized = true;
	device->incarnation = world->now + dev;
	g_ptr_array_add(world->devices, device);
	snapshot_sort(world);
	return device;
}

void world_unplug(struct snapshot *world, struct device *device)
{
	g_ptr_array_remove(world->devices, device);
}

struct domain *world_domain(struct snapshot *world, const char *name, bool running)
{
	g_autofree char *uuid = g_strconcat("uuid-", name, NULL);
	struct domain *domain = domain_new(name, uuid);

	domain->running = running;
	domain->persistent = true;
	domain->metadata = METADATA_VALID;
	g_ptr_array_add(world->domains, domain);
	snapshot_sort(world);
	return domain;
}

struct tag *world_tag(struct domain *domain, const char *name, const char *serial)
{
	struct tag *tag = tag_new();

	tag->name = g_strdup(name);
	tag->serial = g_strdup(serial);
	g_ptr_array_add(domain->tags, tag);
	return tag;
}

void world_tag_id(struct tag *tag, unsigned int vendor, unsigned int product)
{
	struct usb_id id = {(uint16_t)vendor, (uint16_t)product};

	g_array_append_val(tag->ids, id);
}

struct hostdev *world_hostdev(GPtrArray *side, const char *alias, const struct device *device)
{
	struct hostdev *hostdev = hostdev_new();

	hostdev->alias = g_strdup(alias);
	hostdev->has_address = true;
	hostdev->bus = device->bus;
	hostdev->dev = device->dev;
	hostdev->has_id = device->id.vendor != 0;
	if (hostdev->has_id)
		hostdev->id = device->id;
	hostdev->startup_policy = g_strdup("optional");
	g_ptr_array_add(side, hostdev);
	return hostdev;
}

static bool port_is_free(const struct domain *domain, const GPtrArray *side, const char *port)
{
	if (guest_port_user(side == domain->live ? domain->live_ports : domain->config_ports, port))
		return false;
	for (guint i = 0; i < side->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(side, i);

		if (g_strcmp0(hostdev->guest_port, port) == 0)
			return false;
	}
	return true;
}

static char *next_port(const struct domain *domain, const GPtrArray *side)
{
	for (unsigned int i = 1;; i++) {
		g_autofree char *port = g_strdup_printf("0:%u", i);

		if (port_is_free(domain, side, port))
			return g_steal_pointer(&port);
	}
}

/* Refuses as libvirt does: code 27 for a guest port in use. */
static bool attach(const struct snapshot *world, const struct action *action, GPtrArray *side,
		   struct outcome *outcome)
{
	struct hostdev *hostdev;

	assert_null(domain_find_hostdev(side, action->alias));
	if (action->guest_port && !port_is_free(action->domain, side, action->guest_port)) {
		outcome->kind = OUTCOME_FAILED;
		outcome->code = 27;
		outcome->message = g_strdup("Duplicate USB address");
		return false;
	}
	for (guint i = 0; action->kind == ACTION_ATTACH_LIVE && i < world->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(world->domains, i);

		for (guint k = 0; k < domain->live->len; k++)
			assert_false(hostdev_at(g_ptr_array_index(domain->live, k),
						action->device->bus, action->device->dev));
	}
	outcome->guest_port =
		action->guest_port ? g_strdup(action->guest_port) : next_port(action->domain, side);
	hostdev = world_hostdev(side, action->alias, action->device);
	hostdev->guest_port = g_strdup(outcome->guest_port);
	hostdev->guest_reset = action->guest_reset;
	outcome->incarnation = action->device->incarnation;
	if (action->kind == ACTION_ATTACH_LIVE)
		g_clear_pointer(&((struct device *)(uintptr_t)action->device)->driver, g_free);
	return true;
}

static void edit_image(const struct action *action)
{
	struct hostdev *hostdev = (struct hostdev *)(uintptr_t)action->hostdev;

	if (!action->device) {
		g_free(hostdev->startup_policy);
		hostdev->startup_policy = g_strdup("optional");
		hostdev->has_address = true;
		route_nowhere(action->domain->uuid, action->alias, &hostdev->bus, &hostdev->dev);
		return;
	}
	hostdev->missing = false;
	hostdev->has_address = true;
	hostdev->bus = action->device->bus;
	hostdev->dev = action->device->dev;
	hostdev->id = action->device->id;
}

static bool act(const struct snapshot *world, const struct action *action, struct outcome *outcome)
{
	const struct domain *domain = action->domain;

	switch (action->kind) {
	case ACTION_DETACH_LIVE:
		assert_non_null(action->alias);
		assert_true(g_ptr_array_remove(domain->live, (gpointer)(uintptr_t)action->hostdev));
		return true;
	case ACTION_DETACH_CONFIG:
		assert_true(
			g_ptr_array_remove(domain->config, (gpointer)(uintptr_t)action->hostdev));
		return true;
	case ACTION_ATTACH_LIVE:
		return attach(world, action, domain->live, outcome);
	case ACTION_ATTACH_CONFIG:
		return attach(world, action, domain->config, outcome);
	case ACTION_EDIT_IMAGE:
		edit_image(action);
		return true;
	}
	return false;
}

void world_apply(struct snapshot *world, struct plan *plan, struct history *history)
{
	/* TRACE=1 shows what is planned. */
	g_autofree bool *failed = g_new0(bool, plan->actions->len + 1);

	if (g_getenv("TRACE")) {
		g_autofree char *actions = world_actions(plan);
		g_autofree char *verdicts = world_verdicts(plan);

		g_printerr("%s%s\n", actions, verdicts);
	}
	for (guint i = 0; i < plan->actions->len; i++) {
		const struct action *action = g_ptr_array_index(plan->actions, i);
		OWN(outcome) outcome = g_new0(struct outcome, 1);

		outcome->action = action;
		for (guint k = 0; k < action->after->len; k++) {
			guint before = i;

			g_ptr_array_find(plan->actions, g_ptr_array_index(action->after, k),
					 &before);
			assert_true(before < i);
			failed[i] = failed[i] || failed[before];
		}
		if (failed[i])
			continue;
		failed[i] = (world_refuses && world_refuses(action, outcome)) ||
			    !act(world, action, outcome);
		remember_outcome(history, outcome, world->now);
	}
}

unsigned int world_settle(struct snapshot *world, struct history *history)
{
	unsigned int busy = 0;

	for (unsigned int i = 0; i < 12; i++) {
		OWN(plan) plan = planner_plan(world, history);

		remember_plan(history, plan, world);
		if (plan->actions->len == 0 && plan_wake(plan) == 0)
			return busy;
		busy += plan->actions->len > 0;
		if (plan->actions->len == 0)
			world->now = plan_wake(plan);
		world_apply(world, plan, history);
	}
	fail_msg("planning never comes to rest");
	return busy;
}

char *world_action(const struct action *action)
{
	static const char *const verbs[] = {
		[ACTION_DETACH_LIVE] = "-live",     [ACTION_ATTACH_LIVE] = "+live",
		[ACTION_DETACH_CONFIG] = "-config", [ACTION_ATTACH_CONFIG] = "+config",
		[ACTION_EDIT_IMAGE] = "~image",
	};
	bool attach = action->kind == ACTION_ATTACH_LIVE || action->kind == ACTION_ATTACH_CONFIG;
	unsigned int bus = attach ? action->device->bus : action->hostdev->bus;
	unsigned int dev = attach ? action->device->dev : action->hostdev->dev;

	return g_strdup_printf(
		"%s %s %s %u:%u%s%s (%s)", verbs[action->kind], action->domain->name,
		action->alias ? action->alias : "-", bus, dev, action->guest_port ? " @" : "",
		action->guest_port ? action->guest_port : "", reason_name(action->reason));
}

char *world_actions(const struct plan *plan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->actions->len; i++) {
		g_autofree char *line = world_action(g_ptr_array_index(plan->actions, i));

		g_string_append_printf(text, "%s\n", line);
	}
	return g_string_free(text, FALSE);
}

char *world_verdicts(const struct plan *plan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		g_string_append_printf(text, "%s/%s %s %s", verdict->domain->name,
				       verdict->tag->name ? verdict->tag->name : "-",
				       verdict_kind_name(verdict->kind),
				       reason_name(verdict->reason));
		for (guint k = 0; k < verdict->members->len; k++) {
			const struct member *member = g_ptr_array_index(verdict->members, k);

			if (member->device)
				g_string_append_printf(text, " %s", member->device->sysname);
		}
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}

void world_expect(const struct snapshot *world, const struct history *history, const char *actions,
		  const char *verdicts)
{
	OWN(plan) plan = planner_plan(world, history);
	g_autofree char *got_actions = world_actions(plan);
	g_autofree char *got_verdicts = world_verdicts(plan);

	assert_string_equal(got_actions, actions);
	assert_string_equal(got_verdicts, verdicts);
}

void world_move(struct device *device, unsigned int dev)
{
	device->dev = dev;
	device->incarnation += 1000;
}

int scene_setup(void **state)
{
	struct scene *scene = g_new0(struct scene, 1);

	scene->world = world_new();
	scene->history = history_new();
	scene->domain = world_domain(scene->world, "g1", true);
	scene->tag = world_tag(scene->domain, "a", "AAA");
	scene->device = world_plug(scene->world, "1-1", 5, 0x0403, 0x6001, "AAA");
	*state = scene;
	return 0;
}

int scene_teardown(void **state)
{
	struct scene *scene = *state;

	snapshot_free(scene->world);
	history_free(scene->history);
	g_free(scene);
	return 0;
}

void scene_untag(struct scene *scene)
{
	g_ptr_array_set_size(scene->domain->tags, 0);
	scene->tag = NULL;
}

void scene_expect(const struct scene *scene, const char *actions, const char *verdicts)
{
	world_expect(scene->world, scene->history, actions, verdicts);
}

unsigned int scene_settle(struct scene *scene)
{
	return world_settle(scene->world, scene->history);
}
