/* SPDX-License-Identifier: MIT */
#include "state/domain.h"

#include <string.h>

static void free_port(gpointer data)
{
	struct guest_port *port = data;

	g_free(port->port);
	g_free(port->by);
	g_free(port);
}

GPtrArray *domain_new_ports(void)
{
	return g_ptr_array_new_with_free_func(free_port);
}

void domain_add_port(GPtrArray *ports, const char *port, const char *by)
{
	struct guest_port *taken = g_new0(struct guest_port, 1);

	taken->port = g_strdup(port);
	taken->by = g_strdup(by);
	g_ptr_array_add(ports, taken);
}

static void free_use(gpointer data)
{
	struct domain_use *use = data;

	g_free(use->by);
	g_free(use->what);
	g_free(use);
}

GPtrArray *domain_new_uses(void)
{
	return g_ptr_array_new_with_free_func(free_use);
}

void domain_add_use(GPtrArray *uses, const char *by, const char *what)
{
	struct domain_use *use;

	for (guint i = 0; i < uses->len; i++) {
		use = g_ptr_array_index(uses, i);
		if (strcmp(use->what, what) == 0)
			return;
	}
	use = g_new0(struct domain_use, 1);
	use->by = g_strdup(by);
	use->what = g_strdup(what);
	g_ptr_array_add(uses, use);
}

bool domain_same_uses(const struct domain *a, const struct domain *b)
{
	bool same = a->uses->len == b->uses->len;

	for (guint i = 0; same && i < a->uses->len; i++) {
		const struct domain_use *one = g_ptr_array_index(a->uses, i);
		const struct domain_use *other = g_ptr_array_index(b->uses, i);

		same = strcmp(one->by, other->by) == 0 && strcmp(one->what, other->what) == 0;
	}
	return same;
}

struct domain *domain_new(const char *name, const char *uuid)
{
	struct domain *domain = g_atomic_rc_box_new0(struct domain);

	domain->name = g_strdup(name);
	domain->uuid = g_strdup(uuid);
	domain->tags = g_ptr_array_new_with_free_func(tag_drop);
	domain->live = g_ptr_array_new_with_free_func(hostdev_drop);
	domain->config = g_ptr_array_new_with_free_func(hostdev_drop);
	domain->image = g_ptr_array_new_with_free_func(hostdev_drop);
	domain->live_ports = domain_new_ports();
	domain->config_ports = domain_new_ports();
	domain->guest_buses = g_array_new(FALSE, FALSE, sizeof(struct guest_bus));
	domain->other_aliases = g_ptr_array_new_with_free_func(g_free);
	domain->uses = domain_new_uses();
	return domain;
}

static void clear(gpointer data)
{
	struct domain *domain = data;

	g_free(domain->name);
	g_free(domain->uuid);
	g_free(domain->unreadable);
	g_ptr_array_unref(domain->tags);
	g_ptr_array_unref(domain->live);
	g_ptr_array_unref(domain->config);
	g_ptr_array_unref(domain->image);
	g_ptr_array_unref(domain->live_ports);
	g_ptr_array_unref(domain->config_ports);
	g_array_unref(domain->guest_buses);
	g_ptr_array_unref(domain->other_aliases);
	g_ptr_array_unref(domain->uses);
}

void domain_unref(struct domain *domain)
{
	if (domain)
		g_atomic_rc_box_release_full(domain, clear);
}

struct domain *domain_ref(struct domain *domain)
{
	return g_atomic_rc_box_acquire(domain);
}

struct domain *domain_copy(const struct domain *domain)
{
	struct domain *copy = g_atomic_rc_box_new0(struct domain);

	*copy = *domain;
	copy->name = g_strdup(domain->name);
	copy->uuid = g_strdup(domain->uuid);
	copy->unreadable = g_strdup(domain->unreadable);
	g_ptr_array_ref(copy->tags);
	g_ptr_array_ref(copy->live);
	g_ptr_array_ref(copy->config);
	g_ptr_array_ref(copy->image);
	g_ptr_array_ref(copy->live_ports);
	g_ptr_array_ref(copy->config_ports);
	g_array_ref(copy->guest_buses);
	g_ptr_array_ref(copy->other_aliases);
	g_ptr_array_ref(copy->uses);
	return copy;
}

struct domain *domain_keep(const struct domain *old, struct domain *read)
{
	struct domain *kept;

	if (!read->unreadable || !old || (read->migrating && !old->running))
		return read;
	kept = domain_copy(old);
	g_free(kept->unreadable);
	kept->unreadable = g_strdup(read->unreadable);
	kept->migrating = read->migrating;
	domain_unref(read);
	return kept;
}

const struct tag *domain_find_tag(const struct domain *domain, const char *name)
{
	for (guint i = 0; i < domain->tags->len; i++) {
		const struct tag *tag = g_ptr_array_index(domain->tags, i);

		if (g_strcmp0(tag->name, name) == 0)
			return tag;
	}
	return NULL;
}

unsigned int domain_count_valid(const struct domain *domain)
{
	unsigned int valid = 0;

	for (guint i = 0; i < domain->tags->len; i++)
		valid += !((const struct tag *)g_ptr_array_index(domain->tags, i))->complaint;
	return valid;
}

static bool is_number(const char *word, unsigned int number)
{
	guint64 value;

	return number != 0 && g_ascii_string_to_unsigned(word, 10, 1, G_MAXUINT, &value, NULL) &&
	       value == number;
}

unsigned int domain_fits(const struct domain *domain, const char *word)
{
	if (g_strcmp0(domain->name, word) == 0)
		return 3;
	if (domain->uuid && g_ascii_strcasecmp(domain->uuid, word) == 0)
		return 2;
	return is_number(word, domain->id) ? 1 : 0;
}

bool domain_is_among(const struct domain *domain, const GPtrArray *names)
{
	return !names || g_ptr_array_find_with_equal_func((GPtrArray *)(guintptr)names,
							  domain->name, g_str_equal, NULL);
}

bool domain_has_other_alias(const struct domain *domain, const char *alias)
{
	return g_ptr_array_find_with_equal_func(domain->other_aliases, alias, g_str_equal, NULL);
}

const struct hostdev *domain_find_hostdev(const GPtrArray *hostdevs, const char *alias)
{
	for (guint i = 0; i < hostdevs->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(hostdevs, i);

		if (hostdev->alias && strcmp(hostdev->alias, alias) == 0)
			return hostdev;
	}
	return NULL;
}

const char *side_name(enum domain_side side)
{
	static const char *const names[] = {
		[SIDE_LIVE] = "live",
		[SIDE_CONFIG] = "config",
		[SIDE_IMAGE] = "image",
	};

	return names[side];
}

GPtrArray **domain_side(struct domain *domain, enum domain_side side)
{
	switch (side) {
	case SIDE_LIVE:
		return &domain->live;
	case SIDE_CONFIG:
		return &domain->config;
	case SIDE_IMAGE:
		return &domain->image;
	}
	g_assert_not_reached();
}

static const char *const metadata_state_names[] = {
	[METADATA_ABSENT] = "absent",
	[METADATA_VALID] = "valid",
	[METADATA_INVALID] = "invalid",
	[METADATA_UNREAD] = "unread",
};

const char *metadata_state_name(enum metadata_state state)
{
	return metadata_state_names[state];
}

bool metadata_state_parse(const char *text, enum metadata_state *ret_state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(metadata_state_names); i++) {
		if (strcmp(text, metadata_state_names[i]) == 0) {
			*ret_state = (enum metadata_state)i;
			return true;
		}
	}
	return false;
}

GPtrArray *domain_list_new(void)
{
	return g_ptr_array_new_with_free_func(domain_drop);
}
