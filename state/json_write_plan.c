/* SPDX-License-Identifier: MIT */
#include "state/json_write_plan.h"

#include <jansson.h>

#include "state/json_put.h"
#include "state/json_write.h"

static void put_sysname(json_t *object, const char *key, const struct device *device)
{
	json_put_text(object, key, device ? device->sysname : NULL);
}

static void put_judgement(json_t *object, enum verdict_kind kind, enum reason reason,
			  enum severity severity, const char *sentence)
{
	json_put(object, "verdict", json_string(verdict_kind_name(kind)));
	json_put(object, "reason", json_string(reason_name(reason)));
	json_put(object, "severity", json_string(severity_name(severity)));
	json_put_text(object, "sentence", sentence);
}

static json_t *write_have(const struct member *member)
{
	json_t *object = json_object();

	json_put(object, "live", json_write_hostdev(member->live));
	json_put(object, "config", json_write_hostdev(member->config));
	return object;
}

static json_t *write_owner(const struct member *member)
{
	json_t *object;

	if (!member->owner_domain)
		return NULL;
	object = json_object();
	json_put_text(object, "domain", member->owner_domain->name);
	json_put_text(object, "tag", member->owner_tag ? member->owner_tag->name : NULL);
	json_put(object, "hostdev", json_write_hostdev(member->owner_hostdev));
	return object;
}

static json_t *write_member(const void *item)
{
	const struct member *member = item;
	json_t *object = json_object();

	json_put_text(object, "alias", member->alias);
	put_sysname(object, "device", member->device);
	put_sysname(object, "disputed", member->disputed);
	put_judgement(object, member->kind, member->reason, member->severity, member->sentence);
	json_put(object, "have", write_have(member));
	json_put(object, "owner", write_owner(member));
	json_put_int(object, "failures", member->failures);
	json_put_time(object, "next_try", member->next_try);
	json_put_int(object, "error_code", member->error_code);
	json_put_text(object, "error", member->error);
	return object;
}

static json_t *write_sysname(const void *device)
{
	return json_string(((const struct device *)device)->sysname);
}

void json_write_verdict(struct json_t *tag, const struct verdict *verdict)
{
	put_judgement(tag, verdict->kind, verdict->reason, verdict->severity, verdict->sentence);
	json_put(tag, "since", verdict->since ? json_integer(verdict->since) : json_null());
	json_put(tag, "candidates", json_put_new_list(verdict->candidates, write_sysname));
	json_put(tag, "members", json_put_new_list(verdict->members, write_member));
}

struct json_t *json_write_summary(const struct plan *plan)
{
	unsigned int by_verdict[VERDICT_ATTACHED + 1] = {0};
	unsigned int by_severity[SEVERITY_CRITICAL + 1] = {0};
	json_t *summary = json_object();
	json_t *verdicts = json_object();
	json_t *severities = json_object();

	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		by_verdict[verdict->kind]++;
		by_severity[verdict->severity]++;
	}
	for (unsigned int kind = 0; kind < G_N_ELEMENTS(by_verdict); kind++)
		json_put_int(verdicts, verdict_kind_name((enum verdict_kind)kind),
			     by_verdict[kind]);
	for (unsigned int severity = 0; severity < G_N_ELEMENTS(by_severity); severity++)
		json_put_int(severities, severity_name((enum severity)severity),
			     by_severity[severity]);
	json_put(summary, "verdicts", verdicts);
	json_put(summary, "severities", severities);
	return summary;
}

static json_t *write_unmanaged(const void *item)
{
	const struct unmanaged *unmanaged = item;
	json_t *object = json_object();

	json_put_text(object, "domain", unmanaged->domain->name);
	json_put_bool(object, "live", unmanaged->live);
	put_sysname(object, "device", unmanaged->device);
	json_put(object, "hostdev", json_write_hostdev(unmanaged->hostdev));
	return object;
}

struct json_t *json_write_unmanaged(const struct plan *plan)
{
	return json_put_new_list(plan->unmanaged, write_unmanaged);
}

static void add_wishes(json_t *list, const struct verdict *verdict, const struct device *device)
{
	for (guint i = 0; verdict->members && i < verdict->members->len; i++) {
		const struct member *member = g_ptr_array_index(verdict->members, i);
		json_t *object;

		if (member->device != device && member->disputed != device)
			continue;
		object = json_object();
		json_put_text(object, "domain", verdict->domain->name);
		json_put_text(object, "tag", verdict->tag->name);
		json_put_text(object, "alias", member->alias);
		json_put(object, "verdict", json_string(verdict_kind_name(member->kind)));
		json_array_append_new(list, object);
	}
}

void json_write_users(struct json_t *object, const struct device *device, const struct plan *plan)
{
	json_t *tags = json_array();
	json_t *unmanaged = json_array();

	for (guint i = 0; i < plan->verdicts->len; i++)
		add_wishes(tags, g_ptr_array_index(plan->verdicts, i), device);
	for (guint i = 0; i < plan->unmanaged->len; i++) {
		const struct unmanaged *other = g_ptr_array_index(plan->unmanaged, i);

		if (other->device == device)
			json_array_append_new(unmanaged, write_unmanaged(other));
	}
	json_put(object, "tags", tags);
	json_put(object, "unmanaged", unmanaged);
}

/* Its number in the document's list of actions; NULL when it is not in it. */
static json_t *write_number(const struct plan *plan, const struct action *action)
{
	guint number;

	return g_ptr_array_find(plan->actions, action, &number) ? json_integer(number) : NULL;
}

/* Those that it waits for. What was never tried in an earlier pass is not in the document. */
static json_t *write_after(const struct plan *plan, const GPtrArray *after)
{
	json_t *list = json_array();

	for (guint i = 0; after && i < after->len; i++) {
		json_t *number = write_number(plan, g_ptr_array_index(after, i));

		if (number)
			json_array_append_new(list, number);
	}
	return list;
}

static json_t *write_action(const struct plan *plan, const struct action *action)
{
	json_t *object = json_object();

	json_put(object, "kind", json_string(action_kind_name(action->kind)));
	json_put(object, "reason", json_string(reason_name(action->reason)));
	json_put_text(object, "domain", action->domain->name);
	json_put_text(object, "tag", action->tag ? action->tag->name : NULL);
	json_put_text(object, "alias", action->alias);
	put_sysname(object, "device", action->device);
	json_put(object, "hostdev", json_write_hostdev(action->hostdev));
	json_put_text(object, "guest_port", action->guest_port);
	json_put_bool(object, "inherited_port", action->inherited_port);
	json_put(object, "guest_reset", json_string(guest_reset_name(action->guest_reset)));
	json_put_text(object, "rest", action->rest);
	json_put(object, "after", write_after(plan, action->after));
	return object;
}

struct json_t *json_write_actions(const struct plan *plan)
{
	json_t *list = json_array();

	for (guint i = 0; i < plan->actions->len; i++)
		json_array_append_new(list,
				      write_action(plan, g_ptr_array_index(plan->actions, i)));
	return list;
}

struct json_t *json_write_outcomes(const struct plan *plan, const GPtrArray *outcomes)
{
	json_t *list = json_array();

	for (guint i = 0; i < outcomes->len; i++) {
		const struct outcome *outcome = g_ptr_array_index(outcomes, i);
		json_t *object = json_object();

		json_put(object, "action", write_number(plan, outcome->action));
		json_put(object, "kind", json_string(outcome_kind_name(outcome->kind)));
		json_put_int(object, "code", outcome->code);
		json_put_text(object, "message", outcome->message);
		json_put_int(object, "incarnation", (int64_t)outcome->incarnation);
		json_put_text(object, "guest_port", outcome->guest_port);
		json_array_append_new(list, object);
	}
	return list;
}
