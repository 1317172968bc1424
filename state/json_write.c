/* SPDX-License-Identifier: MIT */
#include "state/json_write.h"

#include <jansson.h>
#include <string.h>

#include "state/json_put.h"
#include "state/text.h"

static json_t *write_problem(const void *item)
{
	const struct problem *problem = item;
	json_t *object = json_object();

	json_put(object, "code", json_string(problem_code_name(problem->code)));
	json_put(object, "severity", json_string(severity_name(problem->severity)));
	json_put_text(object, "domain", problem->domain);
	json_put_text(object, "tag", problem->tag);
	json_put_int(object, "entry", problem->entry);
	json_put_int(object, "line", problem->line);
	json_put_text(object, "message", problem->message);
	json_put_text(object, "hint", problem->hint);
	return object;
}

struct json_t *json_write_problems_of(const struct snapshot *snapshot, const struct plan *plan)
{
	json_t *list = json_put_new_list(snapshot->problems, write_problem);
	json_t *planned = json_put_new_list(plan ? plan->problems : NULL, write_problem);

	json_array_extend(list, planned);
	json_decref(planned);
	return list;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

static GList *sorted_keys(GHashTable *table)
{
	return g_list_sort(g_hash_table_get_keys(table), compare_names);
}

/*
 * The bytes of values that are no UTF-8 go to a table of their own: a twin beside them could not be
 * told from a property that is really named so.
 */
static void write_properties(json_t *device, GHashTable *properties)
{
	json_t *texts = json_object();
	json_t *bytes = json_object();
	g_autoptr(GList) names = sorted_keys(properties);

	for (const GList *at = names; at; at = at->next) {
		const char *value = g_hash_table_lookup(properties, at->data);
		g_autofree char *text = text_printable(value);
		g_autofree char *hex = NULL;

		if (g_utf8_validate(value, -1, NULL)) {
			json_put(texts, at->data, json_string(value));
			continue;
		}
		hex = json_put_hex(value);
		json_put(texts, at->data, json_string(text));
		json_put(bytes, at->data, json_string(hex));
	}
	json_put(device, "properties", texts);
	if (json_object_size(bytes) > 0)
		json_put(device, "properties_hex", bytes);
	else
		json_decref(bytes);
}

static json_t *write_guest_use(const void *item)
{
	const struct guest_use *use = item;

	return json_put_new_texts("domain", use->domain, "how", use->how, NULL);
}

struct json_t *json_write_device(const struct device *device)
{
	json_t *object = json_object();
	g_autofree char *parent = device_parent(device);

	json_put_text(object, "sysname", device->sysname);
	json_put_text(object, "parent", parent);
	json_put_int(object, "bus", device->bus);
	json_put_int(object, "device", device->dev);
	json_put(object, "id", json_put_new_id(&device->id));
	json_put_text(object, "serial", device->untrusted_serial);
	json_put_text(object, "manufacturer", device->untrusted_manufacturer);
	json_put_text(object, "product", device->untrusted_product);
	json_put_text(object, "id_path", device->id_path);
	json_put_text(object, "port", device->port);
	json_put_text(object, "port_v3", device->port_v3);
	json_put_text(object, "companion", device->companion);
	json_put_text(object, "remote", device->remote);
	json_put_int(object, "speed", device->speed);
	json_put_bool(object, "hub", device->hub);
	json_put_bool(object, "authorized", device->authorized);
	json_put_text(object, "driver", device->driver);
	json_put_bool(object, "claimed", device->claimed);
	json_put_text(object, "in_use", device->in_use);
	json_put(object, "guest_uses", json_put_new_list(device->guest_uses, write_guest_use));
	json_put_int(object, "incarnation", (int64_t)device->incarnation);
	write_properties(object, device->properties);
	return object;
}

static struct json_t *write_change(const void *item)
{
	const struct change *change = item;
	json_t *object = json_object();

	json_put_time(object, "when", change->when);
	json_put(object, "device", json_write_device(change->device));
	return object;
}

struct json_t *json_write_changes(const GPtrArray *changes)
{
	return json_put_new_list(changes, write_change);
}

struct json_t *json_write_hostdev(const struct hostdev *hostdev)
{
	json_t *object, *address = NULL;

	if (!hostdev)
		return json_null();
	object = json_object();
	if (hostdev->has_address) {
		address = json_object();
		json_put_int(address, "bus", hostdev->bus);
		json_put_int(address, "device", hostdev->dev);
	}
	json_put_text(object, "alias", hostdev->alias);
	json_put(object, "address", address);
	json_put(object, "id", hostdev->has_id ? json_put_new_id(&hostdev->id) : NULL);
	json_put_bool(object, "missing", hostdev->missing);
	json_put_text(object, "startup_policy", hostdev->startup_policy);
	json_put_text(object, "guest_port", hostdev->guest_port);
	json_put(object, "guest_reset", json_string(guest_reset_name(hostdev->guest_reset)));
	json_put_text(object, "rest", hostdev->rest);
	return object;
}

static void put_setback(json_t *object, const struct setback *setback)
{
	json_put_int(object, "failures", setback->failures);
	json_put_time(object, "next_try", setback->next_try);
	json_put_int(object, "error_code", setback->error_code);
	json_put_text(object, "error", setback->error);
	json_put_int(object, "failed", (int64_t)setback->failed);
	json_put_bool(object, "no_inherited_port", setback->no_inherited_port);
	json_put_bool(object, "no_rest", setback->no_rest);
}

/* For readers of format 1.0, which knew one setback for all sides: the worst. */
static void put_worst_setback(json_t *object, const struct memory *memory)
{
	const struct setback *worst = memory->sides;

	for (int side = 1; side < SIDES; side++) {
		if (memory->sides[side].failures > worst->failures)
			worst = &memory->sides[side];
	}
	put_setback(object, worst);
}

static json_t *write_sides(const struct memory *memory)
{
	json_t *sides = json_object();

	for (int side = 0; side < SIDES; side++) {
		json_t *object = json_object();

		put_setback(object, &memory->sides[side]);
		json_put(sides, side_name((enum domain_side)side), object);
	}
	return sides;
}

static json_t *write_deeds(const GArray *deeds)
{
	json_t *list = json_array();

	for (guint i = 0; i < deeds->len; i++) {
		const struct deed *deed = &g_array_index(deeds, struct deed, i);
		json_t *object = json_object();
		json_t *times = json_array();

		json_put(object, "kind", json_string(action_kind_name(deed->kind)));
		json_put_int(object, "incarnation", (int64_t)deed->incarnation);
		for (size_t k = 0; k < G_N_ELEMENTS(deed->times); k++) {
			if (deed->times[k])
				json_array_append_new(times, json_put_new_time(deed->times[k]));
		}
		json_put(object, "times", times);
		json_put_int(object, "trips", deed->trips);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *write_memory(const char *uuid, const char *alias, const struct memory *memory)
{
	json_t *object = json_object();

	json_put_text(object, "uuid", uuid);
	json_put_text(object, "alias", alias);
	put_worst_setback(object, memory);
	json_put(object, "sides", write_sides(memory));
	json_put(object, "deeds", write_deeds(memory->deeds));
	json_put_int(object, "wish", memory->wish);
	json_put_bool(object, "config_owed", memory->config_owed);
	json_put_int(object, "attached", (int64_t)memory->attached);
	json_put_int(object, "replugged", (int64_t)memory->replugged);
	json_put_time(object, "suspect_since", memory->suspect_since);
	json_put_time(object, "pending_since", memory->pending_since);
	json_put_time(object, "releasing_since", memory->releasing_since);
	json_put_time(object, "migrating_until", memory->migrating_until);
	json_put_int(object, "adopted_bus", memory->adopted_bus);
	json_put_int(object, "adopted_device", memory->adopted_dev);
	json_put_text(object, "guest_port", memory->guest_port);
	json_put(object, "guest_reset", json_string(guest_reset_name(memory->guest_reset)));
	json_put_text(object, "rest", memory->rest);
	json_put_bool(object, "replug", memory->replug);
	json_put_text(object, "verdict",
		      memory->verdict_since ? verdict_kind_name(memory->verdict) : NULL);
	json_put_int(object, "verdict_since", memory->verdict_since);
	json_put_bool(object, "unasked", memory->unasked);
	json_put_bool(object, "hook_there", memory->hook_there);
	return object;
}

struct json_t *json_write_history(const struct history *history)
{
	json_t *list = json_array();
	g_autoptr(GList) uuids = sorted_keys(history->domains);

	for (const GList *uuid = uuids; uuid; uuid = uuid->next) {
		GHashTable *memories = history_of(history, uuid->data);
		g_autoptr(GList) aliases = sorted_keys(memories);

		for (const GList *alias = aliases; alias; alias = alias->next)
			json_array_append_new(
				list, write_memory(uuid->data, alias->data,
						   g_hash_table_lookup(memories, alias->data)));
	}
	return list;
}
