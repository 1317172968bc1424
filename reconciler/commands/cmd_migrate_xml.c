/* SPDX-License-Identifier: MIT */

/* `migrate-xml`: what the hook does where a guest arrives, done where it leaves. */

#include "reconciler/commands/cmd.h"

#include "reconciler/libvirt/virt_dump.h"
#include "reconciler/show/say.h"
#include "reconciler/travel.h"

static gboolean persistent;

static const GOptionEntry options[] = {
	{"persistent", 0, 0, G_OPTION_ARG_NONE, &persistent,
	 "the config, for virsh migrate --persistent-xml", NULL},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static void warn(const GPtrArray *problems)
{
	for (guint i = 0; i < problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(problems, i);

		if (problem->tag)
			say_error("%s/%s: %s", problem->domain, problem->tag, problem->message);
		else
			say_error("%s: %s", problem->domain, problem->message);
		say_hint("%s", problem->hint);
	}
}

static int rewrite(const struct cmd_call *call, const struct snapshot *snapshot, const char *xml)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autofree char *out = NULL;
	g_autofree char *err = NULL;

	if (travel_rewrite(xml, snapshot->devices, REROUTE_LEAVING, problems, &out, &err) != 0)
		return cmd_fail(call, EX_DATAERR, PROBLEM_DOMAIN_UNREADABLE, NULL, "%s", err);
	warn(problems);
	say_data(out ? out : xml);
	return EXIT_OK;
}

static int run(struct cmd_call *call)
{
	OWN(snapshot) snapshot = NULL;
	const struct domain *domain;
	g_autofree char *xml = NULL;
	g_autofree char *err = NULL;
	int status = cmd_read(call, false, &snapshot);

	if (status == EXIT_OK)
		status = cmd_find_domain(call, snapshot, call->args[0], &domain);
	if (status != EXIT_OK)
		return status;
	if (!persistent && !domain->running)
		return cmd_fail(call, EX_USAGE, PROBLEM_USAGE,
				"migrate-xml --persistent has its config",
				"the domain %s is not running", domain->name);
	xml = virt_dump(call->virt, domain->uuid,
			persistent ? VIRT_DUMP_CONFIG : VIRT_DUMP_MIGRATABLE, &err);
	if (!xml)
		return cmd_fail(call, EX_UNAVAILABLE, PROBLEM_DOMAIN_UNREADABLE, NULL, "%s", err);
	return rewrite(call, snapshot, xml);
}

const struct cmd cmd_migrate_xml = {
	.name = "migrate-xml",
	.arguments = "DOMAIN",
	.summary = "its XML, for a host without the hook",
	.details =
		"For `virsh migrate --xml`, when the other host has no `usbreconcile hook`: the\n"
		"running domain's XML, secrets included, with its hostdevs of ours optional and\n"
		"waiting, so that the other host takes the guest without its devices. A\n"
		"usbreconcile there attaches what is there. As in (bash)\n\n"
		"    virsh migrate --live --xml <(usbreconcile migrate-xml DOMAIN) DOMAIN URI\n\n"
		"What will not be there as it is here is said on stderr.\n\n"
		"Exit codes: 0 printed; 64 usage, or the domain is off; 65 its XML is not\n"
		"understood; 69 libvirt unreachable; 77 no access.\n",
	.least = 1,
	.most = 1,
	.options = options,
	.run = run,
};
