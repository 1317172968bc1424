/* SPDX-License-Identifier: MIT */
#include "reconciler/commands/rehearse.h"

#include "reconciler/commands/domain_edit.h"

/* Shares what it points at: the copy is g_free()d. */
static struct tag *shallow(const struct tag *tag)
{
	return g_memdup2(tag, sizeof(*tag));
}

static GPtrArray *copy_tags(const GPtrArray *tags)
{
	GPtrArray *copy = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < tags->len; i++)
		g_ptr_array_add(copy, shallow(g_ptr_array_index(tags, i)));
	return copy;
}

static struct tag *find(const GPtrArray *tags, const char *name)
{
	for (guint i = 0; i < tags->len; i++) {
		struct tag *tag = g_ptr_array_index(tags, i);

		if (g_strcmp0(tag->name, name) == 0)
			return tag;
	}
	return NULL;
}

static void add(GPtrArray *tags, const struct tag *tag)
{
	struct tag *added;

	/* The same is there already: metadata_edit() would have refused another one. */
	if (find(tags, tag->name))
		return;
	added = shallow(tag);
	added->entry = tags->len + 1;
	g_ptr_array_add(tags, added);
}

static void change(GPtrArray *tags, const struct metadata_change *change)
{
	struct tag *tag = change->name ? find(tags, change->name) : NULL;

	switch (change->kind) {
	case METADATA_ADD:
		add(tags, change->tag);
		break;
	case METADATA_REMOVE:
		if (!change->name)
			g_ptr_array_set_size(tags, 0);
		for (; tag; tag = find(tags, change->name))
			g_ptr_array_remove(tags, tag);
		break;
	case METADATA_ENABLE:
	case METADATA_DISABLE:
		if (tag)
			tag->enabled = change->kind == METADATA_ENABLE;
		break;
	}
}

static enum metadata_state state_of(const struct domain *domain)
{
	if (domain->tags->len == 0)
		return METADATA_ABSENT;
	return domain_count_valid(domain) == domain->tags->len ? METADATA_VALID : METADATA_INVALID;
}

static struct domain *edited(const struct domain *domain, const GPtrArray *edits)
{
	struct domain *copy = domain_copy(domain);

	for (guint i = 0; i < edits->len; i++) {
		const struct cmd_edit *edit = g_ptr_array_index(edits, i);

		if (edit->domain != domain)
			continue;
		g_ptr_array_unref(copy->tags);
		copy->tags = copy_tags(domain->tags);
		for (guint k = 0; k < edit->changes->len; k++)
			change(copy->tags, g_ptr_array_index(edit->changes, k));
		copy->metadata = state_of(copy);
	}
	return copy;
}

struct pass *rehearse(const struct snapshot *snapshot, const GPtrArray *edits,
		      const struct history *history)
{
	struct snapshot *then = snapshot_share(snapshot);

	g_ptr_array_unref(then->domains);
	then->domains = domain_list_new();
	for (guint i = 0; i < snapshot->domains->len; i++)
		g_ptr_array_add(then->domains,
				edited(g_ptr_array_index(snapshot->domains, i), edits));
	return pass_make(then, history);
}
