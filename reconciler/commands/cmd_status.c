/* SPDX-License-Identifier: MIT */

/* `status`: what every tag has come to, and why. */

#include "reconciler/commands/cmd.h"
#include "reconciler/commands/watch.h"

#include "reconciler/show/say.h"
#include "state/json.h"

/*
 * Monitoring systems give up on what does not answer, most of them after 10 s: we say so first. The
 * connection has no keepalive, so a libvirt that hangs would be waited for.
 */
#define MONITORED_MSEC 9000

static gboolean prometheus, nagios, watching;

static const GOptionEntry options[] = {
	{"watch", 0, 0, G_OPTION_ARG_NONE, &watching, "go on, and show every change", NULL},
	{"prometheus", 0, 0, G_OPTION_ARG_NONE, &prometheus,
	 "print metrics, for node_exporter's textfile collector", NULL},
	{"nagios", 0, 0, G_OPTION_ARG_NONE, &nagios,
	 "print one line and exit with 0 to 3, as a monitoring plugin", NULL},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* What a person sees. */
static char *page(const struct cmd_call *call, const struct pass *pass, const struct domain *domain,
		  const struct tag *tag)
{
	g_autofree char *answer = NULL;

	if (!tag)
		return show_status(&call->style, pass->snapshot, pass->plan, domain);
	answer = show_tag(pass->snapshot, pass->plan, plan_find_verdict(pass->plan, domain, tag));
	return show_wrap(call->style.width, answer);
}

static char *document(const struct cmd_call *call, const struct pass *pass,
		      const struct history *history, const struct domain *domain,
		      const struct tag *tag)
{
	if (call->json)
		return json_write_status(pass->snapshot, pass->plan, history);
	if (prometheus)
		return show_metrics(pass->snapshot, pass->plan);
	if (nagios)
		return show_plugin(pass->snapshot, pass->plan, domain, tag);
	return page(call, pass, domain, tag);
}

/* Nothing could be read: 0 to 3 or not, a monitoring system gets its document. */
static int tell_down(int status)
{
	g_autofree char *text = prometheus ? show_metrics_down() : NULL;

	if (text)
		say_data(text);
	return status;
}

static int print(const struct cmd_call *call, const struct pass *pass,
		 const struct history *history)
{
	const struct domain *domain = NULL;
	const struct tag *tag = NULL;
	g_autofree char *text = NULL;
	enum severity severity;
	int status = cmd_find_named(call, pass->snapshot, &domain, &tag);

	if (status != EXIT_OK)
		return status;
	text = document(call, pass, history, domain, tag);
	say_data(text);
	severity = plan_severity(pass->plan, pass->snapshot, domain, tag);
	if (nagios)
		return (int)severity;
	return severity == SEVERITY_CRITICAL ? EXIT_BAD : EXIT_OK;
}

static int look_and_print(struct cmd_call *call)
{
	OWN(history) history = NULL;
	struct report *report = NULL;
	struct problem *silent = NULL;
	OWN(pass) pass = NULL;
	g_autofree char *err = NULL;
	int status = cmd_open(call, true);

	if (status != EXIT_OK)
		return tell_down(status);
	cmd_ask_daemon(call, &history, &report, &silent);
	if (pass_look(call->virt, history, &pass, &err) < 0) {
		problem_free(silent);
		g_clear_pointer(&report, report_free);
		return tell_down(cmd_lost(call, err));
	}
	say_exit_after(0, NULL, EXIT_OK);
	pass->snapshot->daemon = report;
	if (silent)
		g_ptr_array_add(pass->snapshot->problems, silent);
	return print(call, pass, history);
}

static int run(struct cmd_call *call)
{
	g_autofree char *down = NULL;
	int status;

	if (watching && (prometheus || nagios))
		return cmd_misused(call, "--watch goes with --json alone");
	if (call->json + prometheus + nagios > 1)
		return cmd_misused(call, "--json, --prometheus and --nagios exclude one another");
	if (prometheus && call->count > 0)
		return cmd_misused(call, "--prometheus is always of everything");
	if (watching)
		return watch_run(call, page);
	if (prometheus) {
		down = show_metrics_down();
		say_exit_after(MONITORED_MSEC, down, EX_UNAVAILABLE);
	}
	if (nagios)
		say_exit_after(MONITORED_MSEC,
			       "USBRECONCILE UNKNOWN - libvirt did not answer in time\n",
			       SAY_PLUGIN_UNKNOWN);
	status = look_and_print(call);
	say_exit_after(0, NULL, EXIT_OK);
	return status;
}

const struct cmd cmd_status = {
	.name = "status",
	.arguments = "[DOMAIN [NAME]]",
	.summary = "show what every tag has come to",
	.details =
		"A line for every tag: its device, where that is on this host, the verdict and\n"
		"why. A verdict with ! is critical. With DOMAIN: of that domain only. With\n"
		"DOMAIN and NAME: everything about one tag, what it asks for, what nearly\n"
		"matches, who holds it, what libvirt said and what happens next. Everything is\n"
		"looked at afresh.\n\n"
		"--watch goes on: on a terminal the table is shown again whenever it changes,\n"
		"into a pipe goes a line for each change, and with --json a document in a line.\n"
		"A daemon that runs tells; without one udev and libvirt do. It ends with its\n"
		"reader.\n\n"
		"--json is always the whole document, whatever is named: it is what a bug report\n"
		"needs, and `run --dry-run --snapshot FILE` plans for it again.\n\n"
		"--prometheus and --nagios need no privilege and answer within 10 s, whatever\n"
		"libvirt does. --nagios exits with 0 ok, 1 warning, 2 critical, 3 unknown (every\n"
		"error).\n\n"
		"Exit codes: 0 nothing is critical; 1 something is, in what was named; 64 usage;\n"
		"69 libvirt unreachable; 77 no access.\n",
	.most = 2,
	.has_json = true,
	.options = options,
	.run = run,
};
