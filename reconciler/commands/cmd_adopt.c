/* SPDX-License-Identifier: MIT */

/* `adopt`: tags what is passed through today by hostdevs that are not ours. */

#include "reconciler/commands/cmd.h"

#include "reconciler/commands/cmd_edit.h"
#include "reconciler/commands/pick.h"
#include "reconciler/core/adopt.h"
#include "reconciler/core/explain.h"
#include "reconciler/show/say.h"
#include "reconciler/show/words.h"

static gboolean all;
static char **wanted; /* --device, as written; NULL: every device */

static const GOptionEntry options[] = {
	{"all", 0, 0, G_OPTION_ARG_NONE, &all, "all domains", NULL},
	{"device", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted,
	 "only what passes this device through (may be repeated)", "DEVICE"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static char *describe_hostdev(const struct hostdev *hostdev)
{
	g_autofree char *at = words_at(hostdev);
	g_autofree char *id = hostdev->has_id ? words_id(hostdev->id) : g_strdup("");

	return g_strdup_printf("%s%s%s", id, *id && hostdev->has_address ? " at " : "",
			       *id && !hostdev->has_address ? "" : at);
}

static void describe(const struct adoption *adoption)
{
	g_autofree char *hostdev = describe_hostdev(adoption->hostdev);
	g_autofree char *wish = NULL;

	if (!adoption->identity) {
		say_error("domain %s: the hostdev %s is not adopted: %s", adoption->domain->name,
			  hostdev, adoption->why_not);
		return;
	}
	wish = explain_wish(adoption->identity->tag);
	say_error("%s/%s: the hostdev %s is known %s: %s", adoption->domain->name,
		  adoption->identity->tag->name, hostdev, adoption->identity->why, wish);
	if (adoption->identity->warning)
		say_hint("warning: %s", adoption->identity->warning);
}

/* Appends the edits; they borrow from ADOPTIONS. DEVICES: of these only, NULL: of all. */
static void adopt_domain(const struct pass *pass, const struct domain *domain,
			 const GPtrArray *devices, GPtrArray *edits, GPtrArray *adoptions)
{
	GPtrArray *found = adopt_propose(pass->snapshot, pass->plan, domain);
	guint count = 0;

	for (guint i = 0; i < found->len; i++) {
		const struct adoption *adoption = g_ptr_array_index(found, i);

		if (devices &&
		    !g_ptr_array_find((GPtrArray *)(guintptr)devices, adoption->device, NULL))
			continue;
		count++;
		describe(adoption);
		if (adoption->identity)
			cmd_edits_add(edits, domain, METADATA_ADD, adoption->identity->tag, NULL);
	}
	if (count == 0 && !all)
		say_error("domain %s: no hostdev to adopt", domain->name);
	g_ptr_array_add(adoptions, found);
}

/* With --all, a domain that cannot be read is left out; named on the command line it is an error.
 */
static int choose(const struct cmd_call *call, const struct snapshot *snapshot, GPtrArray *domains)
{
	for (char **name = call->args; *name; name++) {
		const struct domain *domain = NULL;
		int status = cmd_find_editable(call, snapshot, *name, &domain);

		if (status != EXIT_OK)
			return status;
		if (!g_ptr_array_find(domains, domain, NULL))
			g_ptr_array_add(domains, (gpointer)(guintptr)domain);
	}
	for (guint i = 0; all && i < snapshot->domains->len; i++) {
		struct domain *domain = g_ptr_array_index(snapshot->domains, i);

		if (domain->unreadable)
			say_error("domain %s is left out, it cannot be read: %s", domain->name,
				  domain->unreadable);
		else
			g_ptr_array_add(domains, domain);
	}
	return EXIT_OK;
}

/* *ret_devices is NULL without --device. */
static int choose_devices(const struct cmd_call *call, const struct snapshot *snapshot,
			  GPtrArray **ret_devices)
{
	g_autoptr(GPtrArray) devices = wanted ? g_ptr_array_new() : NULL;

	for (char **text = wanted; text && *text; text++) {
		const struct device *device = NULL;
		g_autofree char *hint = NULL;
		g_autofree char *err = NULL;

		if (pick_device(snapshot, *text, &device, &hint, &err) < 0)
			return cmd_fail(call, EX_USAGE, PROBLEM_USAGE, hint, "%s", err);
		g_ptr_array_add(devices, (gpointer)(guintptr)device);
	}
	*ret_devices = g_steal_pointer(&devices);
	return EXIT_OK;
}

static int adopt(const struct cmd_call *call, const struct pass *pass)
{
	g_autoptr(GPtrArray) domains = g_ptr_array_new();
	g_autoptr(GPtrArray) devices = NULL;
	g_autoptr(GPtrArray) edits = cmd_edits_new();
	g_autoptr(GPtrArray) adoptions =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	int status = choose(call, pass->snapshot, domains);

	if (status == EXIT_OK)
		status = choose_devices(call, pass->snapshot, &devices);
	if (status != EXIT_OK)
		return status;
	for (guint i = 0; i < domains->len; i++)
		adopt_domain(pass, g_ptr_array_index(domains, i), devices, edits, adoptions);
	if (edits->len == 0)
		say_error("nothing is adopted");
	return cmd_edits_finish(call, pass->snapshot, edits, false);
}

static int run(struct cmd_call *call)
{
	OWN(history) history = history_new();
	OWN(pass) pass = NULL;
	int status;

	if (all == (call->count > 0))
		return cmd_misused(call, all ? "--all and DOMAIN exclude each other"
					     : "adopt needs DOMAIN or --all");
	status = cmd_look(call, call->dry_run, history, &pass);
	return status == EXIT_OK ? adopt(call, pass) : status;
}

const struct cmd cmd_adopt = {
	.name = "adopt",
	.arguments = "DOMAIN... | --all",
	.summary = "tag what is passed through today",
	.details =
		"Writes a tag for every USB hostdev that is not ours: those of virt-manager,\n"
		"cockpit, scripts. The hostdev stays, the guest keeps its device, and is healed\n"
		"from now on. A tag asks for ids and serial, or for ids and port where that is\n"
		"not unique; it is called by the device's product string, and persists if the\n"
		"domain's config has the hostdev. What cannot be told apart, or is not plugged\n"
		"in, is named and left alone. --device, which may be repeated, leaves all other\n"
		"devices as they are. With -n the metadata is printed as it would be,\n"
		"and nothing is changed.\n\n"
		"Exit codes: 0 done; 1 something failed; 64 usage; 65 the domain's metadata\n"
		"cannot be changed; 69 libvirt unreachable; 75 another usbreconcile is at work;\n"
		"77 no access.\n",
	.most = G_MAXUINT,
	.has_json = true,
	.has_dry_run = true,
	.options = options,
	.run = run,
};
