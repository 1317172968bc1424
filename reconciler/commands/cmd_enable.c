/* SPDX-License-Identifier: MIT */

/* `enable` and `disable`: turns tags on and off, or one on and all that compete with it off. */

#include "reconciler/commands/cmd.h"

#include "reconciler/commands/cmd_edit.h"
#include "reconciler/core/rival.h"
#include "reconciler/show/say.h"

static gboolean only;

static const GOptionEntry enable_options[] = {
	{"only", 0, 0, G_OPTION_ARG_NONE, &only,
	 "disable the tags of other domains that want the same devices", NULL},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* The tags meant: those named, which must be valid, or all valid ones. 0 or the exit code. */
static int find_tags(const struct cmd_call *call, const struct domain *domain, GPtrArray *tags)
{
	for (char **name = call->args + 1; *name; name++) {
		const struct tag *tag = NULL;
		int status = cmd_find_tag(call, domain, *name, &tag);

		if (status != EXIT_OK)
			return status;
		if (tag->complaint)
			return cmd_fail(call, EX_DATAERR, PROBLEM_METADATA_INVALID, NULL,
					"tag %s/%s is invalid: %s", domain->name, *name,
					tag->complaint);
		g_ptr_array_add(tags, (gpointer)(guintptr)tag);
	}
	for (guint i = 0; call->count == 1 && i < domain->tags->len; i++) {
		const struct tag *tag = g_ptr_array_index(domain->tags, i);

		if (tag->complaint)
			say_error("%s/%s is left as it is: %s", domain->name,
				  tag->name ? tag->name : "-", tag->complaint);
		else
			g_ptr_array_add(tags, (gpointer)(guintptr)tag);
	}
	if (tags->len == 0)
		say_error("domain %s has no tags", domain->name);
	return EXIT_OK;
}

static bool has_change(const GPtrArray *edits, const struct rival *rival)
{
	for (guint i = 0; i < edits->len; i++) {
		const struct cmd_edit *edit = g_ptr_array_index(edits, i);

		for (guint k = 0; edit->domain == rival->domain && k < edit->changes->len; k++) {
			const struct metadata_change *change = g_ptr_array_index(edit->changes, k);

			if (g_strcmp0(change->name, rival->tag->name) == 0)
				return true;
		}
	}
	return false;
}

static void add_rivals(GPtrArray *edits, const struct snapshot *snapshot,
		       const struct domain *domain, const struct tag *tag)
{
	g_autoptr(GPtrArray) rivals = rivals_find(snapshot, domain, tag);

	for (guint i = 0; i < rivals->len; i++) {
		const struct rival *rival = g_ptr_array_index(rivals, i);

		if (rival->domain == domain || has_change(edits, rival))
			continue;
		say_error("disabling %s/%s, which wants what %s/%s wants", rival->domain->name,
			  rival->tag->name, domain->name, tag->name);
		cmd_edits_add(edits, rival->domain, METADATA_DISABLE, NULL, rival->tag->name);
	}
}

/* The tag that is turned on is written before the others are turned off: if that fails, nobody has
 * lost a device yet. */
static int change(struct cmd_call *call, enum metadata_change_kind kind)
{
	OWN(snapshot) snapshot = NULL;
	g_autoptr(GPtrArray) edits = cmd_edits_new();
	g_autoptr(GPtrArray) tags = g_ptr_array_new();
	const struct domain *domain = NULL;
	int status = cmd_edits_open(call, &snapshot, &domain);

	if (status == EXIT_OK)
		status = find_tags(call, domain, tags);
	if (status != EXIT_OK)
		return status;
	for (guint i = 0; i < tags->len; i++) {
		const struct tag *tag = g_ptr_array_index(tags, i);

		cmd_edits_add(edits, domain, kind, NULL, tag->name);
	}
	for (guint i = 0; only && i < tags->len; i++)
		add_rivals(edits, snapshot, domain, g_ptr_array_index(tags, i));
	return cmd_edits_finish(call, snapshot, edits, true);
}

static int run_enable(struct cmd_call *call)
{
	return change(call, METADATA_ENABLE);
}

static int run_disable(struct cmd_call *call)
{
	return change(call, METADATA_DISABLE);
}

#define EXIT_CODES                                                                                 \
	"Exit codes: 0 done; 1 something failed; 64 usage; 65 a tag is invalid, or the\n"          \
	"metadata cannot be changed; 69 libvirt unreachable; 75 another usbreconcile is\n"         \
	"at work; 77 no access.\n"

const struct cmd cmd_enable = {
	.name = "enable",
	.arguments = "DOMAIN [NAME]...",
	.summary = "turn a domain's tags on",
	.details =
		"Turns the tags of these NAMEs on, or all of the domain, and attaches what they\n"
		"ask for. With --only the tags of other domains that want the same devices are\n"
		"turned off: one device goes from guest to guest in one command. A group of\n"
		"another domain stays on, as a tag for one device comes before it "
		"anyway.\n\n" EXIT_CODES,
	.least = 1,
	.most = G_MAXUINT,
	.has_json = true,
	.has_dry_run = true,
	.options = enable_options,
	.run = run_enable,
};

const struct cmd cmd_disable = {
	.name = "disable",
	.arguments = "DOMAIN [NAME]...",
	.summary = "turn a domain's tags off, but keep them",
	.details = "Turns the tags of these NAMEs off, or all of the domain, and takes their\n"
		   "devices out of it; `enable` brings them back.\n\n" EXIT_CODES,
	.least = 1,
	.most = G_MAXUINT,
	.has_json = true,
	.has_dry_run = true,
	.run = run_disable,
};
