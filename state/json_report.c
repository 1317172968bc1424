/* SPDX-License-Identifier: MIT */
#include <jansson.h>

#include "state/json_put.h"
#include "state/json_read.h"
#include "state/json_write.h"
#include "state/plan.h"

/* By what they were and what became of them: {"attach": {"done": 3, …}, …} */
static json_t *write_changes(const struct report *report)
{
	json_t *changes = json_object();

	for (int kind = 0; kind < CHANGES; kind++) {
		json_t *results = json_object();

		for (int result = 0; result < CHANGE_RESULTS; result++)
			json_put_int(results, outcome_kind_name((enum outcome_kind)result),
				     (int64_t)report->changes[kind][result]);
		json_put(changes, change_kind_name((enum change_kind)kind), results);
	}
	return changes;
}

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
	json_put(object, "changes", write_changes(report));
	json_put(object, "pass_seconds", json_real((double)report->pass_usec / G_USEC_PER_SEC));
	return object;
}

static uint64_t count(const struct json_node *object, const char *key)
{
	return (uint64_t)json_node_int(object, key, 0, G_MAXINT64, 0);
}

static void read_changes(const struct json_node *node, struct report *report)
{
	struct json_node changes = json_node_get(node, "changes");

	for (int kind = 0; changes.value && kind < CHANGES; kind++) {
		struct json_node results =
			json_node_get(&changes, change_kind_name((enum change_kind)kind));

		for (int result = 0; results.value && result < CHANGE_RESULTS; result++)
			report->changes[kind][result] =
				count(&results, outcome_kind_name((enum outcome_kind)result));
	}
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
	read_changes(node, report);
	report->pass_usec = json_node_time(node, "pass_seconds");
	return report;
}
