/* SPDX-License-Identifier: MIT */
#include "state/json_write_domain.h"

#include <jansson.h>

#include "state/json_put.h"
#include "state/json_write.h"
#include "state/json_write_plan.h"
#include "state/text.h"

static json_t *write_hostdevs(const GPtrArray *hostdevs)
{
	json_t *list = json_array();

	for (guint i = 0; i < hostdevs->len; i++)
		json_array_append_new(list, json_write_hostdev(g_ptr_array_index(hostdevs, i)));
	return list;
}

static json_t *write_ids(const GArray *ids)
{
	json_t *list = json_array();

	for (guint i = 0; i < ids->len; i++)
		json_array_append_new(list, json_put_new_id(&g_array_index(ids, struct usb_id, i)));
	return list;
}

static json_t *write_matches(const GPtrArray *matches)
{
	json_t *list = json_array();

	for (guint i = 0; i < matches->len; i++) {
		const struct tag_match *match = g_ptr_array_index(matches, i);
		json_t *object = json_object();

		json_put_text(object, "property", match->property);
		json_put_text(object, "value", match->value);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *write_want(const struct tag *tag)
{
	json_t *object = json_object();

	json_put_text(object, "name", tag->name);
	json_put_bool(object, "group", tag->group);
	json_put(object, "ids", write_ids(tag->ids));
	json_put_text(object, "serial", tag->serial);
	json_put_text(object, "port", tag->port);
	json_put_text(object, "port_sysname", tag->port_sysname);
	json_put(object, "matches", write_matches(tag->matches));
	json_put_bool(object, "required", tag->required);
	json_put_bool(object, "enabled", tag->enabled);
	json_put_bool(object, "force", tag->force);
	json_put(object, "persist", json_string(tag_persist_name(tag->persist)));
	json_put_text(object, "guest_port", tag->guest_port);
	json_put(object, "guest_reset", json_string(guest_reset_name(tag->guest_reset)));
	json_put_int(object, "limit", tag->limit);
	json_put_int(object, "entry", tag->entry);
	json_put_int(object, "line", tag->line);
	json_put_text(object, "complaint", tag->complaint);
	return object;
}

static json_t *write_tags(const struct domain *domain, const struct plan *plan)
{
	json_t *list = json_array();

	for (guint i = 0; i < domain->tags->len; i++) {
		const struct tag *tag = g_ptr_array_index(domain->tags, i);
		const struct verdict *verdict = plan_find_verdict(plan, domain, tag);
		json_t *object = json_object();

		json_put(object, "want", write_want(tag));
		if (verdict)
			json_write_verdict(object, verdict);
		json_array_append_new(list, object);
	}
	return list;
}

/* They are attributes of an XML document, so they are UTF-8; if not, a printable form must do. */
static json_t *write_aliases(const GPtrArray *aliases)
{
	json_t *list = json_array();

	for (guint i = 0; i < aliases->len; i++) {
		const char *alias = g_ptr_array_index(aliases, i);
		g_autofree char *text =
			g_utf8_validate(alias, -1, NULL) ? g_strdup(alias) : text_printable(alias);

		json_array_append_new(list, json_string(text));
	}
	return list;
}

static json_t *write_ports(const GPtrArray *ports)
{
	json_t *list = json_array();

	for (guint i = 0; i < ports->len; i++) {
		const struct guest_port *taken = g_ptr_array_index(ports, i);
		json_t *object = json_object();

		json_put_text(object, "port", taken->port);
		json_put_text(object, "by", taken->by);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *write_ports_taken(const struct domain *domain)
{
	json_t *object = json_object();

	json_put(object, "live", write_ports(domain->live_ports));
	json_put(object, "config", write_ports(domain->config_ports));
	return object;
}

static json_t *write_uses(const GPtrArray *uses)
{
	json_t *list = json_array();

	for (guint i = 0; i < uses->len; i++) {
		const struct domain_use *use = g_ptr_array_index(uses, i);
		json_t *object = json_object();

		json_put_text(object, "by", use->by);
		json_put_text(object, "what", use->what);
		json_array_append_new(list, object);
	}
	return list;
}

struct json_t *json_write_domain(const struct domain *domain, const struct plan *plan)
{
	json_t *object = json_object();

	json_put_text(object, "name", domain->name);
	json_put_text(object, "uuid", domain->uuid);
	json_put(object, "id", domain->id ? json_integer(domain->id) : NULL);
	json_put_bool(object, "running", domain->running);
	json_put_bool(object, "persistent", domain->persistent);
	json_put_bool(object, "saved", domain->saved);
	json_put_text(object, "unreadable", domain->unreadable);
	json_put_bool(object, "starting", domain->starting);
	json_put_bool(object, "migrating", domain->migrating);
	json_put(object, "metadata", json_string(metadata_state_name(domain->metadata)));
	json_put(object, "tags", write_tags(domain, plan));
	json_put(object, "live", write_hostdevs(domain->live));
	json_put(object, "config", write_hostdevs(domain->config));
	json_put(object, "image", write_hostdevs(domain->image));
	json_put(object, "ports_taken", write_ports_taken(domain));
	json_put(object, "other_aliases", write_aliases(domain->other_aliases));
	json_put(object, "uses", write_uses(domain->uses));
	return object;
}
