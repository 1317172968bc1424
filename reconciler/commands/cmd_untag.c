/* SPDX-License-Identifier: MIT */

/* `untag`: takes tags, and with them their hostdevs, from a domain. */

#include "reconciler/commands/cmd.h"

#include "reconciler/commands/cmd_edit.h"
#include "reconciler/show/say.h"
#include "reconciler/show/words.h"

static void announce(const struct domain *domain, const struct tag *tag)
{
	say_error("untagging %s/%s%s", domain->name, tag->name ? tag->name : "-",
		  tag->complaint ? " (which is invalid)" : "");
}

/* A tag that does not exist is no error, as the result is what was asked for; but the name may be
 * misspelt, so it is said. */
static void announce_named(const struct domain *domain, const char *name)
{
	const struct tag *tag = domain_find_tag(domain, name);
	g_autofree char *others = NULL;

	if (tag) {
		announce(domain, tag);
		return;
	}
	others = words_tags(domain);
	say_error("domain %s has no tag \"%s\"", domain->name, name);
	say_hint("%s", others);
}

/* While a domain has invalid entries, the hostdev of a tag that is gone stays: an invalid entry may
 * be the same tag, misspelt. So those that remain are named. */
static void announce_invalid(const struct cmd_call *call, const struct domain *domain)
{
	for (guint i = 0; call->count > 1 && i < domain->tags->len; i++) {
		const struct tag *tag = g_ptr_array_index(domain->tags, i);

		if (!tag->complaint || tag_is_among(tag, call->args + 1))
			continue;
		say_error(
			"domain %s has an invalid entry: as long as that is there, a hostdev whose "
			"tag is gone stays",
			domain->name);
		say_hint("mend it (`usbreconcile validate %s`), or `usbreconcile disable` a tag "
			 "before you untag it",
			 domain->name);
		return;
	}
}

static void tell_all(const struct domain *domain)
{
	if (domain->tags->len == 0)
		say_error("domain %s has no tags", domain->name);
	for (guint i = 0; i < domain->tags->len; i++)
		announce(domain, g_ptr_array_index(domain->tags, i));
}

static int run(struct cmd_call *call)
{
	OWN(snapshot) snapshot = NULL;
	g_autoptr(GPtrArray) edits = cmd_edits_new();
	const struct domain *domain = NULL;
	int status = cmd_edits_open(call, &snapshot, &domain);

	if (status != EXIT_OK)
		return status;
	for (char **name = call->args + 1; *name; name++) {
		announce_named(domain, *name);
		cmd_edits_add(edits, domain, METADATA_REMOVE, NULL, *name);
	}
	announce_invalid(call, domain);
	if (call->count == 1) {
		tell_all(domain);
		cmd_edits_add(edits, domain, METADATA_REMOVE, NULL, NULL);
	}
	return cmd_edits_finish(call, snapshot, edits, true);
}

const struct cmd cmd_untag = {
	.name = "untag",
	.arguments = "DOMAIN [NAME]...",
	.summary = "take a domain's tags and their devices away",
	.details =
		"Takes the tags of these NAMEs out of the domain's metadata, and their hostdevs\n"
		"out of the domain. Without NAME: all tags, and invalid entries with them. What\n"
		"others have put between the tags stays. A tag that is not there is told and no\n"
		"error.\n\n"
		"Exit codes: 0 done; 1 something failed; 64 usage; 65 the domain's metadata\n"
		"cannot be changed; 69 libvirt unreachable; 75 another usbreconcile is at work;\n"
		"77 no access.\n",
	.least = 1,
	.most = G_MAXUINT,
	.has_json = true,
	.has_dry_run = true,
	.run = run,
};
