/* SPDX-License-Identifier: MIT */

/* `status`: what every tag has come to, and why. */

#include "reconciler/cmd.h"

#include "reconciler/say.h"
#include "state/json.h"

/* Is something critical there, in the domain or tag asked for (NULL: anywhere)? */
static bool is_critical(const struct pass *pass, const struct domain *domain, const struct tag *tag)
{
	for (guint i = 0; i < pass->plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(pass->plan->verdicts, i);

		if (verdict->severity == SEVERITY_CRITICAL &&
		    (!domain || verdict->domain == domain) && (!tag || verdict->tag == tag))
			return true;
	}
	for (guint i = 0; !tag && i < pass->snapshot->problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(pass->snapshot->problems, i);

		if (problem->severity == SEVERITY_CRITICAL &&
		    (!domain || g_strcmp0(problem->domain, domain->name) == 0))
			return true;
	}
	return false;
}

static char *document(const struct cmd_call *call, const struct pass *pass,
		      const struct history *history, const struct domain *domain,
		      const struct tag *tag)
{
	if (call->json)
		return json_write_status(pass->snapshot, pass->plan, history);
	if (tag)
		return show_tag(pass->snapshot, pass->plan,
				plan_find_verdict(pass->plan, domain, tag));
	return show_status(&call->style, pass->snapshot, pass->plan, domain);
}

static int run(struct cmd_call *call)
{
	OWN(history) history = NULL;
	struct report *report = NULL;
	OWN(pass) pass = NULL;
	const struct domain *domain = NULL;
	const struct tag *tag = NULL;
	g_autofree char *err = NULL;
	g_autofree char *text = NULL;
	int status = cmd_open(call, true);

	if (status != EXIT_OK)
		return status;
	cmd_ask_daemon(call, &history, &report);
	if (pass_look(call->virt, history, &pass, &err) < 0) {
		g_clear_pointer(&report, report_free);
		return cmd_lost(call, err);
	}
	pass->snapshot->daemon = report;
	if (call->count > 0)
		status = cmd_find_domain(call, pass->snapshot, call->args[0], &domain);
	if (status == EXIT_OK && call->count > 1)
		status = cmd_find_tag(call, domain, call->args[1], &tag);
	if (status != EXIT_OK)
		return status;
	text = document(call, pass, history, domain, tag);
	say_data(text);
	return is_critical(pass, domain, tag) ? EXIT_BAD : EXIT_OK;
}

const struct cmd cmd_status = {
	.name = "status",
	.arguments = "[DOMAIN [NAME]]",
	.summary = "show what every tag has come to",
	.details =
		"A line for every tag: its device, where that is on this host, the verdict and "
		"why.\n"
		"A verdict with ! is critical. With DOMAIN: of that domain only. With DOMAIN and "
		"NAME:\n"
		"everything about one tag, what it asks for, what nearly matches, who holds it, "
		"what\n"
		"libvirt said and what happens next. Everything is looked at afresh.\n\n"
		"--json is always the whole document, whatever is named: it is what a bug report\n"
		"needs, and `run --dry-run --snapshot FILE` plans for it again.\n\n"
		"Exit codes: 0 nothing is critical; 1 something is, in what was named; 64 usage;\n"
		"69 libvirt unreachable; 77 no access.\n",
	.most = 2,
	.has_json = true,
	.run = run,
};
