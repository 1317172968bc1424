/* SPDX-License-Identifier: MIT */

/* `daemon`: the passes of `run`, whenever something happens. */

#include "reconciler/commands/cmd.h"

#include "reconciler/daemon/daemon.h"
#include "reconciler/system/wire.h"

#define RESYNC_SECONDS 60

static int resync = RESYNC_SECONDS;

static const GOptionEntry options[] = {
	{"resync", 0, 0, G_OPTION_ARG_INT, &resync,
	 "read everything again so often, whatever happens (60)", "SECONDS"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* Another daemon stays; a one-shot is over soon, and at boot there may be one. */
static int take_lock(const char *directory, struct lock **ret_lock, char **err)
{
	int taken = lock_take(directory, "daemon", 0, ret_lock, err);

	if (taken != LOCK_BUSY)
		return taken;
	if (!wire_has_daemon(directory))
		return lock_take(directory, "daemon", LOCK_PATIENCE_USEC, ret_lock, err);
	return LOCK_BUSY;
}

static int run(struct cmd_call *call)
{
	struct daemon_options wanted = {
		.uri = call->uri, .resync = (unsigned int)resync, .verbose = call->verbose};
	OWN(lock) lock = NULL;
	g_autofree char *err = NULL;
	int taken;

	if (resync < 1 || resync > 86400)
		return cmd_misused(call, "--resync takes 1 to 86400 seconds");
	taken = take_lock(cmd_directory(call), &lock, &err);
	if (taken < 0)
		return cmd_fail(call, EX_NOPERM, PROBLEM_NO_ACCESS, NULL, "%s", err);
	if (taken == LOCK_BUSY) {
		g_autofree char *holder = lock_holder(cmd_directory(call));

		return cmd_fail(call, EX_TEMPFAIL, PROBLEM_BUSY,
				"`systemctl status usbreconcile` shows the daemon",
				"%s is at work on this host", holder);
	}
	return daemon_run(&wanted);
}

const struct cmd cmd_daemon = {
	.name = "daemon",
	.arguments = "",
	.summary = "make the hostdevs follow the tags whenever something happens",
	.details =
		"Stays, and does what `run` does when a device comes or goes, when a domain\n"
		"starts, is restored or edited, when a try is due, and every --resync seconds.\n"
		"Meant to be run by the service usbreconcile. SIGHUP reads everything again;\n"
		"SIGTERM ends it when the call to libvirt that is under way is over, within 10\n"
		"s.\n\n"
		"Exit codes: 0 ended by a signal; 64 usage; 71 no udev; 75 another usbreconcile\n"
		"is at work; 77 no access.\n",
	.options = options,
	.run = run,
};
