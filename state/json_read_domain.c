/* SPDX-License-Identifier: MIT */
#include "state/json_read.h"

#include <string.h>

enum guest_reset json_read_guest_reset(const struct json_node *object)
{
	struct json_node node = json_node_get(object, "guest_reset");
	const char *text = json_node_string(&node);
	enum guest_reset reset = GUEST_RESET_DEFAULT;

	if (text && !guest_reset_parse(text, &reset))
		json_node_complain(&node, "must be default, off, uninitialized or on");
	return reset;
}

static enum tag_persist read_persist(const struct json_node *object)
{
	struct json_node node = json_node_get(object, "persist");
	const char *text = json_node_string(&node);
	enum tag_persist persist = TAG_PERSIST_KEEP;

	if (text && !tag_persist_parse(text, &persist))
		json_node_complain(&node, "must be keep, yes or no");
	return persist;
}

static enum metadata_state read_metadata(const struct json_node *object)
{
	struct json_node node = json_node_need(object, "metadata");
	const char *text = json_node_string(&node);
	enum metadata_state state = METADATA_UNREAD;

	if (text && !metadata_state_parse(text, &state))
		json_node_complain(&node, "must be absent, valid, invalid or unread");
	return state;
}

static unsigned int read_count(const struct json_node *object, const char *key,
			       unsigned int otherwise)
{
	return (unsigned int)json_node_int(object, key, 0, G_MAXUINT, otherwise);
}

static void read_ids(const struct json_node *want, GArray *ids)
{
	JSON_NODE_EACH (element, json_node_get(want, "ids")) {
		struct usb_id id = json_node_id(&element);

		g_array_append_val(ids, id);
	}
}

static void read_matches(const struct json_node *want, GPtrArray *matches)
{
	JSON_NODE_EACH (element, json_node_get(want, "matches")) {
		g_autofree char *property = json_node_need_text(&element, "property");
		g_autofree char *value = json_node_text(&element, "value");

		g_ptr_array_add(matches, tag_match_new(property, value ? value : ""));
	}
}

static void complain_at(const struct json_node *object, const char *key, const char *what)
{
	struct json_node node = json_node_get(object, key);

	json_node_complain(&node, "%s", what);
}

/* What the metadata reader never lets pass as valid, the planner must not meet here either. */
static void check_tag(const struct json_node *want, const struct tag *tag)
{
	if (tag->name && !tag_name_ok(tag->name))
		complain_at(want, "name", "cannot be a tag's name");
	if (tag->complaint)
		return;
	if (!tag->name)
		complain_at(want, "name", "is missing");
	if (tag->port && tag->port_sysname)
		complain_at(want, "port_sysname", "goes not together with port");
	if (!tag_says_which(tag))
		json_node_complain(want, "a tag without complaint must ask for something");
	if (tag->guest_port && !guest_port_ok(tag->guest_port))
		complain_at(want, "guest_port", "must be BUS:PORT");
}

static struct tag *read_tag(const struct json_node *node)
{
	struct json_node want = json_node_need(node, "want");
	struct tag *tag = tag_new();

	tag->name = json_node_text(&want, "name");
	tag->group = json_node_bool(&want, "group", false);
	read_ids(&want, tag->ids);
	tag->serial = json_node_text(&want, "serial");
	tag->port = json_node_text(&want, "port");
	tag->port_sysname = json_node_text(&want, "port_sysname");
	read_matches(&want, tag->matches);
	tag->required = json_node_bool(&want, "required", false);
	tag->enabled = json_node_bool(&want, "enabled", true);
	tag->force = json_node_bool(&want, "force", false);
	tag->persist = read_persist(&want);
	tag->guest_port = json_node_text(&want, "guest_port");
	tag->guest_reset = json_read_guest_reset(&want);
	tag->limit = read_count(&want, "limit", TAG_GROUP_LIMIT);
	tag->entry = read_count(&want, "entry", 0);
	tag->line = read_count(&want, "line", 0);
	tag->complaint = json_node_text(&want, "complaint");
	check_tag(&want, tag);
	return tag;
}

static void read_tags(const struct json_node *domain, GPtrArray *tags)
{
	JSON_NODE_EACH (element, json_node_get(domain, "tags")) {
		g_ptr_array_add(tags, read_tag(&element));
	}
}

static void read_address(const struct json_node *node, struct hostdev *hostdev)
{
	hostdev->has_address = true;
	json_node_need(node, "bus");
	json_node_need(node, "device");
	hostdev->bus = read_count(node, "bus", 0);
	hostdev->dev = read_count(node, "device", 0);
}

static struct hostdev *read_hostdev(const struct json_node *node)
{
	struct hostdev *hostdev = hostdev_new();
	struct json_node address = json_node_get(node, "address");
	struct json_node id = json_node_get(node, "id");

	hostdev->alias = json_node_text(node, "alias");
	if (address.value)
		read_address(&address, hostdev);
	if (id.value) {
		hostdev->has_id = true;
		hostdev->id = json_node_id(&id);
	}
	hostdev->missing = json_node_bool(node, "missing", false);
	hostdev->startup_policy = json_node_text(node, "startup_policy");
	hostdev->guest_port = json_node_text(node, "guest_port");
	hostdev->guest_reset = json_read_guest_reset(node);
	hostdev->rest = json_node_text(node, "rest");
	return hostdev;
}

static void read_hostdevs(const struct json_node *domain, const char *key, GPtrArray *hostdevs)
{
	JSON_NODE_EACH (element, json_node_get(domain, key)) {
		g_ptr_array_add(hostdevs, read_hostdev(&element));
	}
}

static void read_aliases(const struct json_node *domain, GPtrArray *aliases)
{
	JSON_NODE_EACH (element, json_node_get(domain, "other_aliases")) {
		const char *alias = json_node_string(&element);

		if (alias)
			g_ptr_array_add(aliases, g_strdup(alias));
	}
}

static void read_ports(const struct json_node *object, const char *key, GPtrArray *ports)
{
	JSON_NODE_EACH (element, json_node_get(object, key)) {
		struct json_node node = json_node_get(&element, "port");
		g_autofree char *port = json_node_need_text(&element, "port");
		g_autofree char *by = json_node_need_text(&element, "by");

		if (!guest_port_ok(port))
			json_node_complain(&node, "must be BUS:PORT");
		domain_add_port(ports, port, by);
	}
}

static void read_ports_taken(const struct json_node *domain, GPtrArray *live, GPtrArray *config)
{
	struct json_node object = json_node_get(domain, "ports_taken");

	if (!object.value)
		return;
	read_ports(&object, "live", live);
	read_ports(&object, "config", config);
}

static void read_uses(const struct json_node *domain, GPtrArray *uses)
{
	JSON_NODE_EACH (element, json_node_get(domain, "uses")) {
		g_autofree char *by = json_node_need_text(&element, "by");
		g_autofree char *what = json_node_need_text(&element, "what");

		domain_add_use(uses, by, what);
	}
}

static bool need_bool(const struct json_node *object, const char *key)
{
	json_node_need(object, key);
	return json_node_bool(object, key, false);
}

static struct domain *read_domain(const struct json_node *node)
{
	g_autofree char *name = json_node_need_text(node, "name");
	g_autofree char *uuid = json_node_need_text(node, "uuid");
	struct domain *domain = domain_new(name, uuid);

	domain->id = (unsigned int)json_node_int(node, "id", 1, G_MAXUINT, 0);
	domain->running = need_bool(node, "running");
	domain->persistent = need_bool(node, "persistent");
	domain->saved = json_node_bool(node, "saved", false);
	domain->unreadable = json_node_text(node, "unreadable");
	domain->starting = json_node_bool(node, "starting", false);
	domain->migrating = json_node_bool(node, "migrating", false);
	domain->metadata = read_metadata(node);
	read_tags(node, domain->tags);
	read_hostdevs(node, "live", domain->live);
	read_hostdevs(node, "config", domain->config);
	read_hostdevs(node, "image", domain->image);
	read_ports_taken(node, domain->live_ports, domain->config_ports);
	read_aliases(node, domain->other_aliases);
	read_uses(node, domain->uses);
	return domain;
}

void json_read_domains(const struct json_node *node, GPtrArray *domains)
{
	g_autoptr(GHashTable) uuids = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	JSON_NODE_EACH (element, *node) {
		struct domain *domain = read_domain(&element);

		/* The array owns what the tables point to. */
		g_ptr_array_add(domains, domain);
		if (!g_hash_table_add(names, domain->name) ||
		    !g_hash_table_add(uuids, domain->uuid))
			json_node_complain(&element, "has the name or uuid of one before it");
		if (strchr(domain->uuid, ' '))
			complain_at(&element, "uuid", "must have no blank");
	}
}
