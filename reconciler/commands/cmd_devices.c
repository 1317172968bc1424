/* SPDX-License-Identifier: MIT */

/* `devices`: what is plugged into this host, spelt as a tag wants it, and who has it. */

#include "reconciler/commands/cmd.h"

#include "reconciler/core/planner.h"
#include "reconciler/show/say.h"
#include "state/devices.h"
#include "state/devices_use.h"
#include "state/json.h"

static gboolean all, tree;

static const GOptionEntry options[] = {
	{"all", 'a', 0, G_OPTION_ARG_NONE, &all, "hubs too", NULL},
	{"tree", 't', 0, G_OPTION_ARG_NONE, &tree, "as a tree of hubs", NULL},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* Without libvirt: the host alone. Takes over what was the matter. */
static int read_host(struct problem *problem, struct snapshot **ret_snapshot, char **err)
{
	OWN(snapshot) snapshot = snapshot_new();
	GPtrArray *devices = NULL;

	g_ptr_array_add(snapshot->problems, problem);
	if (devices_read(snapshot->problems, &devices, err) < 0)
		return -1;
	g_ptr_array_unref(snapshot->devices);
	snapshot->devices = devices;
	devices_use_note_all(devices, NULL);
	snapshot_stamp(snapshot, NULL);
	*ret_snapshot = g_steal_pointer(&snapshot);
	return 0;
}

static int run(struct cmd_call *call)
{
	OWN(history) history = history_new();
	OWN(snapshot) snapshot = NULL;
	OWN(plan) plan = NULL;
	struct problem *problem = NULL;
	g_autofree char *err = NULL;
	g_autofree char *text = NULL;
	int status = cmd_try_open(call, true, &problem);

	if (problem) {
		say_error("%s", problem->message);
		say_hint("%s", problem->hint);
		say_hint("until then, which domain has what is not known");
		if (read_host(problem, &snapshot, &err) < 0)
			return cmd_lost(call, err);
	} else {
		if (pass_read(call->virt, &snapshot, &err) < 0)
			return cmd_lost(call, err);
		plan = planner_plan(snapshot, history);
	}
	if (call->json)
		text = json_write_devices(snapshot, plan);
	else
		text = tree ? show_devices_tree(&call->style, snapshot, plan)
			    : show_devices(&call->style, snapshot, plan, all);
	say_data(text);
	return status;
}

const struct cmd cmd_devices = {
	.name = "devices",
	.arguments = "",
	.summary = "list this host's USB devices and who has them",
	.details = "PORT and SERIAL are spelt as a tag wants them. Hubs are never passed through,\n"
		   "and listed only with --all; or with --tree, which shows what is plugged into\n"
		   "what, by the kernel's names: the picture to look at when something is wrong.\n"
		   "Without libvirt the host's devices are listed all the same, but not who has\n"
		   "them, and the exit code is not 0.\n\n"
		   "Exit codes: 0 done; 64 usage; 69 libvirt unreachable; 77 no access.\n",
	.has_json = true,
	.options = options,
	.run = run,
};
