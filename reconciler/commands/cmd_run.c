/* SPDX-License-Identifier: MIT */

/* `run`: passes until nothing is left to do; or what they would do, here or in a recorded world. */

#include "reconciler/commands/cmd.h"

#include "reconciler/core/planner.h"
#include "reconciler/commands/file.h"
#include "reconciler/show/log.h"
#include "reconciler/result.h"
#include "reconciler/show/say.h"
#include "state/devices_monitor.h"
#include "state/json.h"

/* How long --settle goes on when the host does not stand still. */
#define STILL_WITHIN_SECONDS 60

static char **domain_names;
static char *snapshot_file;
static gboolean until_still;

static const GOptionEntry options[] = {
	{"domain", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &domain_names,
	 "act on this domain only (repeatable); the others count all the same", "DOMAIN"},
	{"settle", 0, 0, G_OPTION_ARG_NONE, &until_still,
	 "end only when no USB event has come for 1 s; after 60 s in any case", NULL},
	{"snapshot", 0, 0, G_OPTION_ARG_FILENAME, &snapshot_file,
	 "with -n: plan for what `status --json` has recorded in FILE (- is stdin)", "FILE"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* The names of the domains asked for; *ret_only is NULL when none was. 0 or the exit code. */
static int choose(const struct cmd_call *call, const struct snapshot *snapshot,
		  GPtrArray **ret_only)
{
	g_autoptr(GPtrArray) only = g_ptr_array_new_with_free_func(g_free);

	for (char **name = domain_names; name && *name; name++) {
		const struct domain *domain = NULL;
		int status = cmd_find_domain(call, snapshot, *name, &domain);

		if (status != EXIT_OK)
			return status;
		g_ptr_array_add(only, g_strdup(domain->name));
	}
	*ret_only = domain_names ? g_steal_pointer(&only) : NULL;
	return EXIT_OK;
}

static int print_plan(const struct cmd_call *call, const struct snapshot *snapshot,
		      const struct plan *plan, const struct history *history)
{
	g_autoptr(GPtrArray) only = NULL;
	g_autoptr(GPtrArray) no_outcomes = g_ptr_array_new();
	g_autofree char *text = NULL;
	int status = choose(call, snapshot, &only);

	if (status != EXIT_OK)
		return status;
	text = call->json ? json_write_run(snapshot, plan, history, no_outcomes)
			  : show_plan(snapshot, plan, only);
	cmd_print(call, text);
	return EXIT_OK;
}

static int replay(const struct cmd_call *call)
{
	OWN(snapshot) snapshot = NULL;
	OWN(history) history = NULL;
	OWN(plan) plan = NULL;
	g_autofree char *text = NULL;
	g_autofree char *err = NULL;

	if (file_read(snapshot_file, &text, NULL, &err) < 0)
		return cmd_fail(call, EX_USAGE, PROBLEM_USAGE, NULL, "%s", err);
	if (json_read_status(text, &snapshot, &history, &err) < 0)
		return cmd_fail(call, EX_DATAERR, PROBLEM_USAGE,
				"it takes what `usbreconcile status --json` printed", "%s: %s",
				snapshot_file, err);
	plan = planner_plan(snapshot, history);
	return print_plan(call, snapshot, plan, history);
}

static int dry_run(struct cmd_call *call)
{
	OWN(history) history = history_new();
	OWN(pass) pass = NULL;
	int status = cmd_look(call, true, history, &pass);

	if (status != EXIT_OK)
		return status;
	return print_plan(call, pass->snapshot, pass->plan, history);
}

/* All names are looked up before anything is done, so that a misspelt one changes nothing for the
 * others. */
static int choose_now(const struct cmd_call *call, GPtrArray **ret_only)
{
	OWN(snapshot) snapshot = NULL;
	g_autofree char *err = NULL;

	*ret_only = NULL;
	if (!domain_names)
		return EXIT_OK;
	if (pass_read(call->virt, &snapshot, &err) < 0)
		return cmd_lost(call, err);
	return choose(call, snapshot, ret_only);
}

/* Logs what makes the exit code 1 though no action failed: tags that are `failed`, domains that
 * could not be read. */
static void log_rest(const struct pass *done)
{
	for (guint i = 0; i < done->snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(done->snapshot->domains, i);
		const struct log_about about = {.domain = domain};

		if (domain->unreadable)
			log_event(LOG_TROUBLE, &about, "%s cannot be read: %s", domain->name,
				  domain->unreadable);
	}
	for (guint i = 0; i < done->plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(done->plan->verdicts, i);

		if (verdict->kind == VERDICT_FAILED && !result_tag_failed(done, verdict))
			log_verdict(verdict, 0);
	}
}

/* Under systemd a line for people is one for the journal, and a pass that did nothing none. */
static void log_done(const struct pass *done, const GPtrArray *only)
{
	for (guint i = 0; i < done->outcomes->len; i++)
		log_outcome(g_ptr_array_index(done->outcomes, i), 0);
	if (result_is_bad(done, only))
		log_rest(done);
}

static void print_done(const struct cmd_call *call, const struct pass *done,
		       const struct history *history, const GPtrArray *only)
{
	g_autofree char *text = NULL;

	if (!call->json && log_has_stdout()) {
		log_done(done, only);
		return;
	}
	text = call->json ? json_write_run(done->snapshot, done->plan, history, done->outcomes)
			  : show_run(done, only);
	cmd_print(call, text);
}

/* The host did not stand still: what is there is done, and somebody has to look again. */
static int fail_restless(void)
{
	say_error("USB devices still come and go after %d s", STILL_WITHIN_SECONDS);
	say_hint("`udevadm monitor --udev --subsystem-match=usb` shows which");
	return EX_TEMPFAIL;
}

/* MONITOR: NULL without --settle. */
static int pass_here(const struct cmd_call *call, const GPtrArray *only,
		     struct devices_monitor *monitor)
{
	OWN(history) history = history_new();
	g_autoptr(GPtrArray) passes = NULL;
	OWN(pass) done = NULL;
	g_autofree char *err = NULL;
	int result = pass_settle(call->virt, history, only, monitor,
				 STILL_WITHIN_SECONDS * G_USEC_PER_SEC, &passes, &err);

	if (result < 0)
		return cmd_lost(call, err);
	done = result_gather(passes, only);
	print_done(call, done, history, only);
	if (result_is_bad(done, only))
		return EXIT_BAD;
	return result > 0 ? fail_restless() : EXIT_OK;
}

/* The passes of `run`: in this process, or in the daemon when one holds the lock. */
static int run_here(struct cmd_call *call)
{
	OWN(lock) lock = NULL;
	OWN(devices_monitor) monitor = NULL;
	g_autoptr(GPtrArray) only = NULL;
	g_autofree char *err = NULL;
	g_autofree char *answer = NULL;
	int status, answered = EXIT_OK;

	/* Before anything is looked at: what happens from here on is seen or heard. */
	if (until_still && devices_monitor_new(&monitor, &err) < 0)
		return cmd_fail(call, EX_OSERR, PROBLEM_DEVICE_UNREADABLE, NULL, "%s", err);
	/* A daemon needs no second look at libvirt, where one guest that hangs would keep us. */
	status = cmd_lock(call, "run", domain_names, &lock, &answered, &answer);
	if (status != EXIT_OK)
		return status;
	if (!lock) {
		cmd_print(call, answer);
		return answered;
	}
	status = cmd_open(call, false);
	if (status == EXIT_OK)
		status = choose_now(call, &only);
	return status == EXIT_OK ? pass_here(call, only, monitor) : status;
}

static int run(struct cmd_call *call)
{
	if (snapshot_file && !call->dry_run)
		return cmd_misused(call,
				   "--snapshot needs --dry-run: a recording cannot be changed");
	if (until_still && call->dry_run)
		return cmd_misused(call, "--settle and --dry-run do not go together: nothing "
					 "changes that could settle");
	if (snapshot_file)
		return replay(call);
	return call->dry_run ? dry_run(call) : run_here(call);
}

const struct cmd cmd_run = {
	.name = "run",
	.arguments = "",
	.summary = "make the hostdevs follow the tags",
	.details =
		"Looks at the host's USB devices and the domains' tags, attaches and detaches\n"
		"what differs, and looks again until nothing is left to do. Prints a line for\n"
		"each thing that was done: `+` attached, `-` detached, `~` edited, `!` what\n"
		"needs a person. With -n nothing is changed. With --settle what comes or goes\n"
		"meanwhile counts too, so that no event is lost when each of them only asks for\n"
		"a run, as with usbreconcile-once.\n\n"
		"Exit codes: 0 done; 1 something failed, or a domain could not be read; 64\n"
		"usage; 69 libvirt unreachable; 71 no udev; 75 another usbreconcile is at work,\n"
		"or --settle waited in vain; 77 no access.\n",
	.has_json = true,
	.has_dry_run = true,
	.options = options,
	.run = run,
};
