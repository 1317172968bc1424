/* SPDX-License-Identifier: MIT */

/* `tag`: gives a device to a domain: writes the tag, and has the pass that attaches it. */

#include "reconciler/commands/cmd.h"

#include <string.h>

#include "reconciler/commands/cmd_edit.h"
#include "reconciler/core/explain.h"
#include "reconciler/core/identify.h"
#include "reconciler/core/rival.h"
#include "reconciler/commands/pick.h"
#include "reconciler/show/say.h"

static char *by;

static const GOptionEntry options[] = {
	{"by", 0, 0, G_OPTION_ARG_STRING, &by,
	 "what to know it by: any of ids, serial and port, with commas", "WHAT"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* *ret_parts is 0 without --by. */
static int read_parts(const struct cmd_call *call, unsigned int *ret_parts)
{
	static const struct {
		const char *name;
		unsigned int part;
	} parts[] = {{"ids", IDENTITY_IDS}, {"serial", IDENTITY_SERIAL}, {"port", IDENTITY_PORT}};
	g_auto(GStrv) words = by ? g_strsplit(by, ",", -1) : NULL;

	*ret_parts = 0;
	for (char **word = words; word && *word; word++) {
		unsigned int part = 0;

		for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
			if (strcmp(*word, parts[i].name) == 0)
				part = parts[i].part;
		}
		if (part == 0)
			return cmd_misused(call, "--by takes ids, serial and port, not \"%s\"",
					   *word);
		*ret_parts |= part;
	}
	if (by && *ret_parts == 0)
		return cmd_misused(call, "--by takes ids, serial and port");
	return EXIT_OK;
}

static int check_name(const struct cmd_call *call, const char *name)
{
	g_autofree char *better = tag_name_from(name);
	g_autofree char *hint =
		tag_name_ok(better) ? g_strdup_printf("\"%s\" would do", better) : NULL;

	if (tag_name_ok(name))
		return EXIT_OK;
	return cmd_fail(call, EX_USAGE, PROBLEM_USAGE, hint,
			"\"%s\" cannot be the name of a tag: 1 to 40 letters, digits, - and _, "
			"without --",
			name);
}

/* An entry of that name that asks for something else, or is no valid one. */
static int check_free(const struct cmd_call *call, const struct domain *domain,
		      const struct tag *tag)
{
	const struct tag *there = domain_find_tag(domain, tag->name);
	g_autofree char *hint = NULL;
	g_autofree char *wish = NULL;

	if (!there)
		return EXIT_OK;
	if (!there->complaint && tag_same_identity(there, tag)) {
		say_error("domain %s has this tag already%s", domain->name,
			  there->enabled ? "" : ", but disabled");
		if (!there->enabled)
			say_hint("`usbreconcile enable %s %s` turns it on", domain->name,
				 tag->name);
		return EXIT_OK;
	}
	hint = g_strdup_printf("choose another name, or `usbreconcile untag %s %s` first",
			       domain->name, tag->name);
	wish = there->complaint ? g_strdup_printf("an invalid one: %s", there->complaint)
				: explain_wish(there);
	return cmd_fail(call, EX_USAGE, PROBLEM_USAGE, hint,
			"domain %s has a tag \"%s\" already: %s%s", domain->name, tag->name,
			there->complaint ? "" : "it asks for ", wish);
}

static void describe_tag(const struct snapshot *snapshot, const struct domain *domain,
			 const struct device *device, const struct identity *identity)
{
	const char *name = identity->tag->name;
	g_autoptr(GPtrArray) rivals = rivals_find(snapshot, domain, identity->tag);
	g_autofree char *wish = explain_wish(identity->tag);

	say_error("%s/%s: %s is known %s: %s", domain->name, name, device->sysname, identity->why,
		  wish);
	if (identity->warning)
		say_hint("warning: %s", identity->warning);
	for (guint i = 0; i < rivals->len; i++) {
		const struct rival *rival = g_ptr_array_index(rivals, i);

		if (rival->domain == domain)
			say_hint(
				"contested: %s/%s of the same domain asks for this device as well; "
				"one of the two is enough",
				domain->name, rival->tag->name);
		else
			say_hint("contested: %s/%s asks for this device as well; `usbreconcile "
				 "enable %s %s --only` gives it to this tag",
				 rival->domain->name, rival->tag->name, domain->name, name);
	}
}

static int find_device(const struct cmd_call *call, const struct snapshot *snapshot,
		       const struct device **ret_device)
{
	g_autofree char *err = NULL;
	g_autofree char *hint = NULL;

	if (pick_device(snapshot, call->args[2], ret_device, &hint, &err) == 0)
		return EXIT_OK;
	return cmd_fail(call, EX_USAGE, PROBLEM_USAGE, hint, "%s", err);
}

static int write_tag(const struct cmd_call *call, const struct pass *pass, unsigned int parts)
{
	const struct domain *domain = NULL;
	const struct device *device = NULL;
	OWN(identity) identity = NULL;
	g_autoptr(GPtrArray) edits = cmd_edits_new();
	g_autofree char *err = NULL;
	int status = cmd_find_editable(call, pass->snapshot, call->args[0], &domain);

	if (status == EXIT_OK)
		status = find_device(call, pass->snapshot, &device);
	if (status != EXIT_OK)
		return status;
	identity = identify(pass->snapshot, device, parts, &err);
	if (!identity)
		return cmd_fail(call, EX_USAGE, PROBLEM_USAGE, NULL,
				"domain %s cannot have it as \"%s\": %s", domain->name,
				call->args[1], err);
	identity->tag->name = g_strdup(call->args[1]);
	status = check_free(call, domain, identity->tag);
	if (status != EXIT_OK)
		return status;
	describe_tag(pass->snapshot, domain, device, identity);
	cmd_edits_add(edits, domain, METADATA_ADD, identity->tag, NULL);
	return cmd_edits_finish(call, pass->snapshot, edits, true);
}

static int run(struct cmd_call *call)
{
	OWN(history) history = history_new();
	OWN(pass) pass = NULL;
	unsigned int parts;
	int status = read_parts(call, &parts);

	if (status == EXIT_OK)
		status = check_name(call, call->args[1]);
	if (status == EXIT_OK)
		status = cmd_look(call, call->dry_run, history, &pass);
	return status == EXIT_OK ? write_tag(call, pass, parts) : status;
}

const struct cmd cmd_tag = {
	.name = "tag",
	.arguments = "DOMAIN NAME DEVICE",
	.summary = "give a device to a domain",
	.details =
		"Writes a tag called NAME into the domain's metadata, and attaches the device.\n"
		"DEVICE is a sysname (1-1.6), an ID_PATH, ids (0403:6001), serial=..., or any\n"
		"path below /dev of it or of something on it (/dev/ttyUSB0,\n"
		"/dev/serial/by-id/...). If it could be several, they are listed and nothing is\n"
		"changed.\n\n"
		"Without --by the tag asks for ids and serial if no other device here shows the\n"
		"same, else for ids and port, and says why. With -n the metadata is printed as\n"
		"it would be, and nothing is changed. The same tag once more is no error.\n\n"
		"Exit codes: 0 done; 1 something failed; 64 usage, no such device, several, a\n"
		"hub, or a name that is taken; 65 the domain's metadata cannot be changed; 69\n"
		"libvirt unreachable; 75 another usbreconcile is at work; 77 no access.\n",
	.least = 3,
	.most = 3,
	.has_json = true,
	.has_dry_run = true,
	.options = options,
	.run = run,
};
