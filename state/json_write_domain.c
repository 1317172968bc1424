/* SPDX-License-Identifier: MIT */
#include "state/json_write_domain.h"

#include <jansson.h>

#include "state/json_put.h"
#include "state/json_write.h"
#include "state/json_write_plan.h"
#include "state/text.h"

static json_t *write_hostdev(const void *hostdev)
{
	return json_write_hostdev(hostdev);
}

static json_t *write_ids(const GArray *ids)
{
	json_t *list = json_array();

	for (guint i = 0; i < ids->len; i++)
		json_array_append_new(list, json_put_new_id(&g_array_index(ids, struct usb_id, i)));
	return list;
}

static json_t *write_match(const void *item)
{
	const struct tag_match *match = item;

	return json_put_new_texts("property", match->property, "value", match->value, NULL);
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
	json_put(object, "matches", json_put_new_list(tag->matches, write_match));
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
static json_t *write_alias(const void *alias)
{
	g_autofree char *text =
		g_utf8_validate(alias, -1, NULL) ? g_strdup(alias) : text_printable(alias);

	return json_string(text);
}

static json_t *write_port(const void *item)
{
	const struct guest_port *taken = item;

	return json_put_new_texts("port", taken->port, "by", taken->by, NULL);
}

static json_t *write_ports_taken(const struct domain *domain)
{
	json_t *object = json_object();

	json_put(object, "live", json_put_new_list(domain->live_ports, write_port));
	json_put(object, "config", json_put_new_list(domain->config_ports, write_port));
	return object;
}

static json_t *write_use(const void *item)
{
	const struct domain_use *use = item;

	return json_put_new_texts("by", use->by, "what", use->what, NULL);
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
	json_put(object, "live", json_put_new_list(domain->live, write_hostdev));
	json_put(object, "config", json_put_new_list(domain->config, write_hostdev));
	json_put(object, "image", json_put_new_list(domain->image, write_hostdev));
	json_put(object, "ports_taken", write_ports_taken(domain));
	json_put(object, "other_aliases", json_put_new_list(domain->other_aliases, write_alias));
	json_put(object, "uses", json_put_new_list(domain->uses, write_use));
	return object;
}
