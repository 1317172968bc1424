/* SPDX-License-Identifier: MIT */
#include <jansson.h>

#include "state/json_put.h"
#include "state/json_read.h"
#include "state/json_write.h"

json_t *json_write_report(const struct report *report)
{
	json_t *object = json_object();
	json_t *passes = json_object();

	json_put_int(object, "since", report->since);
	json_put_int(object, "last_pass", report->last_pass);
	json_put_text(object, "last_trigger", trigger_name(report->last_trigger));
	json_put_bool(object, "connected", report->connected);
	for (int i = 0; i < TRIGGERS; i++)
		json_put_int(passes, trigger_name((enum trigger)i), (int64_t)report->passes[i]);
	json_put(object, "passes", passes);
	json_put_int(object, "actions", (int64_t)report->actions);
	json_put_int(object, "failures", (int64_t)report->failures);
	json_put_int(object, "reconnects", (int64_t)report->reconnects);
	json_put_int(object, "libvirt_calls", (int64_t)report->libvirt_calls);
	json_put_int(object, "overflows", (int64_t)report->overflows);
	return object;
}

static uint64_t count(const struct json_node *object, const char *key)
{
	return (uint64_t)json_node_int(object, key, 0, G_MAXINT64, 0);
}

struct report *json_read_report(const struct json_node *node)
{
	struct report *report;
	struct json_node passes, trigger;
	const char *name;

	if (!node->value)
		return NULL;
	report = report_new();
	passes = json_node_get(node, "passes");
	trigger = json_node_get(node, "last_trigger");
	name = json_node_string(&trigger);
	report->since = (int64_t)count(node, "since");
	report->last_pass = (int64_t)count(node, "last_pass");
	if (name && !trigger_parse(name, &report->last_trigger))
		json_node_complain(&trigger, "is no trigger that this program knows");
	report->connected = json_node_bool(node, "connected", false);
	for (int i = 0; passes.value && i < TRIGGERS; i++)
		report->passes[i] = count(&passes, trigger_name((enum trigger)i));
	report->actions = count(node, "actions");
	report->failures = count(node, "failures");
	report->reconnects = count(node, "reconnects");
	report->libvirt_calls = count(node, "libvirt_calls");
	report->overflows = count(node, "overflows");
	return report;
}
