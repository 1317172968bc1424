/* SPDX-License-Identifier: MIT */
#include "state/json_read.h"

#include <jansson.h>
#include <string.h>

/* An enumeration's value by its name: KEY of OBJECT, one of the COUNT names that NAME_OF knows. */
static unsigned int read_name(const struct json_node *object, const char *key, unsigned int count,
			      const char *(*name_of)(unsigned int))
{
	struct json_node node = json_node_need(object, key);
	const char *text = json_node_string(&node);

	for (unsigned int i = 0; text && i < count; i++) {
		if (strcmp(text, name_of(i)) == 0)
			return i;
	}
	if (text)
		json_node_complain(&node, "is not one of its values");
	return 0;
}

static const char *code_name(unsigned int code)
{
	return problem_code_name((enum problem_code)code);
}

static const char *name_of_severity(unsigned int severity)
{
	return severity_name((enum severity)severity);
}

static struct problem *read_problem(const struct json_node *node)
{
	unsigned int code = read_name(node, "code", PROBLEM_HOOK_NOT_ASKED + 1, code_name);
	unsigned int severity =
		read_name(node, "severity", SEVERITY_CRITICAL + 1, name_of_severity);
	unsigned int line = (unsigned int)json_node_int(node, "line", 0, G_MAXUINT, 0);
	g_autofree char *domain = json_node_text(node, "domain");
	g_autofree char *tag = json_node_text(node, "tag");
	g_autofree char *hint = json_node_text(node, "hint");

	struct problem *problem =
		problem_new((enum problem_code)code, (enum severity)severity, domain, tag, line,
			    json_node_need_text(node, "message"), hint);

	problem->entry = (unsigned int)json_node_int(node, "entry", 0, G_MAXUINT, 0);
	return problem;
}

void json_read_problems(const struct json_node *node, GPtrArray *problems)
{
	JSON_NODE_EACH (element, *node) {
		OWN(problem) problem = read_problem(&element);

		/* Those the next plan makes anew. */
		if (!problem_is_planned(problem))
			g_ptr_array_add(problems, g_steal_pointer(&problem));
	}
}

/* The twin of a whole table: see write_properties(). */
static void read_properties(const struct json_node *device, GHashTable *properties)
{
	struct json_node texts = json_node_get(device, "properties");
	struct json_node bytes = json_node_get(device, "properties_hex");
	const char *name;
	json_t *value;

	/* A look at any key complains when it is no object. */
	json_node_get(&texts, "");
	json_node_get(&bytes, "");
	json_object_foreach(texts.value, name, value)
	{
		struct json_node text = json_node_need(&texts, name);
		struct json_node hex = json_node_get(&bytes, name);
		const char *string = json_node_string(&text);
		char *raw = hex.value ? json_node_hex(&hex) : g_strdup(string);

		if (raw)
			g_hash_table_replace(properties, g_strdup(name), raw);
	}
}

static unsigned int need_number(const struct json_node *object, const char *key)
{
	json_node_need(object, key);
	return (unsigned int)json_node_int(object, key, 0, G_MAXUINT, 0);
}

static void read_guest_uses(const struct json_node *node, struct device *device)
{
	JSON_NODE_EACH (element, json_node_get(node, "guest_uses")) {
		g_autofree char *domain = json_node_need_text(&element, "domain");
		g_autofree char *how = json_node_need_text(&element, "how");

		device_add_guest_use(device, domain, how);
	}
}

static struct device *read_device(const struct json_node *node)
{
	struct device *device = device_new();
	struct json_node id = json_node_need(node, "id");

	device->sysname = json_node_need_text(node, "sysname");
	device->bus = need_number(node, "bus");
	device->dev = need_number(node, "device");
	device->id = json_node_id(&id);
	device->untrusted_serial = json_node_text(node, "serial");
	device->untrusted_manufacturer = json_node_text(node, "manufacturer");
	device->untrusted_product = json_node_text(node, "product");
	device->id_path = json_node_text(node, "id_path");
	device->port = json_node_text(node, "port");
	device->port_v3 = json_node_text(node, "port_v3");
	device->companion = json_node_text(node, "companion");
	device->remote = json_node_text(node, "remote");
	device->speed = (unsigned int)json_node_int(node, "speed", 0, G_MAXUINT, 0);
	device->hub = json_node_bool(node, "hub", false);
	device->authorized = json_node_bool(node, "authorized", true);
	device->driver = json_node_text(node, "driver");
	device->claimed = json_node_bool(node, "claimed", false);
	device->in_use = json_node_text(node, "in_use");
	read_guest_uses(node, device);
	device->incarnation = (uint64_t)json_node_int(node, "incarnation", 0, G_MAXINT64, 0);
	read_properties(node, device->properties);
	return device;
}

void json_read_devices(const struct json_node *node, GPtrArray *devices)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	JSON_NODE_EACH (element, *node) {
		struct device *device = read_device(&element);

		/* The array owns what the table points to. */
		g_ptr_array_add(devices, device);
		if (!g_hash_table_add(names, device->sysname))
			json_node_complain(&element, "has the same name as one before it");
	}
}

void json_read_changes(const struct json_node *node, GPtrArray *changes)
{
	JSON_NODE_EACH (element, *node) {
		struct json_node what = json_node_need(&element, "device");
		OWN(device) device = read_device(&what);

		changes_add(changes, device, json_node_time(&element, "when"));
	}
}

static void read_setback(const struct json_node *node, struct setback *setback)
{
	setback->failures = (unsigned int)json_node_int(node, "failures", 0, G_MAXUINT, 0);
	setback->next_try = json_node_time(node, "next_try");
	setback->error_code = (int)json_node_int(node, "error_code", G_MININT, G_MAXINT, 0);
	setback->error = json_node_text(node, "error");
	setback->failed = (uint64_t)json_node_int(node, "failed", 0, G_MAXINT64, 0);
	setback->no_inherited_port = json_node_bool(node, "no_inherited_port", false);
	setback->no_rest = json_node_bool(node, "no_rest", false);
}

/* Format 1.0 knew one setback for all sides. What is attached live cannot have failed there; so it
 * was the config that could not be written, and as it is written by taking out and putting in, that
 * is owed something. */
static void read_old_setback(const struct json_node *node, struct memory *memory)
{
	uint64_t failed = (uint64_t)json_node_int(node, "failed", 0, G_MAXINT64, 0);
	bool config = failed != 0 && failed == memory->attached;

	read_setback(node, &memory->sides[config ? SIDE_CONFIG : SIDE_LIVE]);
	memory->config_owed = config && memory->sides[SIDE_CONFIG].failures > 0;
}

static void read_sides(const struct json_node *node, struct memory *memory)
{
	struct json_node sides = json_node_get(node, "sides");

	if (!sides.value) {
		read_old_setback(node, memory);
		return;
	}
	for (int side = 0; side < SIDES; side++) {
		struct json_node setback = json_node_get(&sides, side_name((enum domain_side)side));

		if (setback.value)
			read_setback(&setback, &memory->sides[side]);
	}
}

static const char *name_of_kind(unsigned int kind)
{
	return action_kind_name((enum action_kind)kind);
}

/* The last ones, ascending, at the end of the array. */
static void read_times(const struct json_node *list, struct deed *deed)
{
	size_t length = json_node_length(list);
	size_t most = G_N_ELEMENTS(deed->times);

	if (length > most) {
		json_node_complain(list, "must be at most %zu times", most);
		return;
	}
	for (size_t i = 0; i < length; i++) {
		struct json_node element = json_node_at(list, i);

		deed->times[most - length + i] = json_node_usec(&element);
	}
}

static void read_deeds(const struct json_node *node, GArray *deeds)
{
	struct json_node list = json_node_get(node, "deeds");
	size_t length = json_node_length(&list);

	if (length > MEMORY_DEEDS_MAX)
		json_node_complain(&list, "must be at most %d", MEMORY_DEEDS_MAX);
	for (size_t i = 0; i < MIN(length, (size_t)MEMORY_DEEDS_MAX); i++) {
		struct json_node element = json_node_at(&list, i);
		struct json_node times = json_node_get(&element, "times");
		struct deed deed = {.kind = (enum action_kind)read_name(
					    &element, "kind", ACTION_EDIT_IMAGE + 1, name_of_kind)};

		deed.incarnation =
			(uint64_t)json_node_int(&element, "incarnation", 0, G_MAXINT64, 0);
		deed.trips = (unsigned int)json_node_int(&element, "trips", 0, G_MAXUINT, 0);
		read_times(&times, &deed);
		g_array_append_val(deeds, deed);
	}
}

static const char *name_of_verdict(unsigned int kind)
{
	return verdict_kind_name((enum verdict_kind)kind);
}

static void read_memory(const struct json_node *node, struct memory *memory)
{
	memory->wish = (uint32_t)json_node_int(node, "wish", 0, G_MAXUINT32, 0);
	memory->config_owed = json_node_bool(node, "config_owed", false);
	memory->attached = (uint64_t)json_node_int(node, "attached", 0, G_MAXINT64, 0);
	memory->replugged = (uint64_t)json_node_int(node, "replugged", 0, G_MAXINT64, 0);
	memory->suspect_since = json_node_time(node, "suspect_since");
	memory->pending_since = json_node_time(node, "pending_since");
	memory->releasing_since = json_node_time(node, "releasing_since");
	memory->migrating_until = json_node_time(node, "migrating_until");
	memory->adopted_bus = (unsigned int)json_node_int(node, "adopted_bus", 0, G_MAXUINT, 0);
	memory->adopted_dev = (unsigned int)json_node_int(node, "adopted_device", 0, G_MAXUINT, 0);
	memory->guest_port = json_node_text(node, "guest_port");
	memory->guest_reset = json_read_guest_reset(node);
	memory->rest = json_node_text(node, "rest");
	memory->replug = json_node_bool(node, "replug", false);
	memory->verdict_since = json_node_int(node, "verdict_since", 0, G_MAXINT64, 0);
	if (memory->verdict_since != 0)
		memory->verdict = (enum verdict_kind)read_name(
			node, "verdict", VERDICT_ATTACHED + 1, name_of_verdict);
	memory->unasked = json_node_bool(node, "unasked", false);
	memory->hook_there = json_node_bool(node, "hook_there", false);
	read_sides(node, memory);
	read_deeds(node, memory->deeds);
}

void json_read_history(const struct json_node *node, struct history *history)
{
	JSON_NODE_EACH (element, *node) {
		struct json_node name = json_node_get(&element, "uuid");
		g_autofree char *uuid = json_node_need_text(&element, "uuid");
		g_autofree char *alias = json_node_need_text(&element, "alias");

		if (strchr(uuid, ' '))
			json_node_complain(&name, "must have no blank");
		else if (history_find(history, uuid, alias))
			json_node_complain(&element, "is of the same alias as one before it");
		else
			read_memory(&element, history_get(history, uuid, alias));
	}
}
