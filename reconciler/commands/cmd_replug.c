/* SPDX-License-Identifier: MIT */

/* `replug`: takes what is attached out of the guest and gives it back, as if somebody had unplugged
 * it. */

#include "reconciler/commands/cmd.h"

#include "reconciler/commands/cmd_edit.h"
#include "reconciler/core/planner.h"
#include "reconciler/core/remember.h"
#include "reconciler/result.h"
#include "reconciler/show/say.h"
#include "state/json.h"

/* Is the tag among the NAMEs? All are when there are none. */
static bool is_meant(const struct cmd_call *call, const struct tag *tag)
{
	return call->count == 1 || tag_is_among(tag, call->args + 1);
}

static int check_names(const struct cmd_call *call, const struct domain *domain)
{
	const struct tag *tag = NULL;
	int status = EXIT_OK;

	for (guint i = 1; i < call->count && status == EXIT_OK; i++)
		status = cmd_find_tag(call, domain, call->args[i], &tag);
	return status;
}

static void print_verdicts(const struct cmd_call *call, const struct plan *plan, const char *domain)
{
	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		if (g_strcmp0(verdict->domain->name, domain) == 0 && is_meant(call, verdict->tag))
			cmd_print_verdict(verdict);
	}
}

static int pass_here(const struct cmd_call *call, struct history *history, const char *domain)
{
	g_autoptr(GPtrArray) passes = NULL;
	g_autoptr(GPtrArray) only = g_ptr_array_new_with_free_func(g_free);
	OWN(pass) done = NULL;
	g_autofree char *err = NULL;
	g_autofree char *text = NULL;

	g_ptr_array_add(only, g_strdup(domain));
	if (pass_settle(call->virt, history, only, NULL, 0, &passes, &err) < 0)
		return cmd_lost(call, err);
	done = result_gather(passes, only);
	if (call->json) {
		text = json_write_run(done->snapshot, done->plan, history, done->outcomes);
		cmd_edits_print_json(call, NULL, text);
	} else {
		text = show_run(done, only);
		say_lines(text);
		print_verdicts(call, done->plan, domain);
	}
	return result_is_bad(done, only) ? EXIT_BAD : EXIT_OK;
}

/* --dry-run: what was seen, once more, with the wish. */
static int print_plan(const struct cmd_call *call, struct pass *pass, struct history *history,
		      const struct domain *domain)
{
	g_autoptr(GPtrArray) only = g_ptr_array_new();
	g_autofree char *text = NULL;

	remember_replugs(history, pass->plan, domain, call->args + 1);
	g_ptr_array_add(only, domain->name);
	plan_free(pass->plan);
	pass->plan = planner_plan(pass->snapshot, history);
	if (call->json) {
		text = json_write_run(pass->snapshot, pass->plan, history, pass->outcomes);
		return cmd_edits_print_json(call, NULL, text);
	}
	text = show_plan(pass->snapshot, pass->plan, only);
	say_lines(text);
	return EXIT_OK;
}

/* The world, and the domain and its tags that are meant. 0 or the exit code. */
static int read_world(struct cmd_call *call, struct history *history, struct pass **ret_pass,
		      const struct domain **ret_domain)
{
	int status = cmd_look(call, call->dry_run, history, ret_pass);

	if (status == EXIT_OK)
		status = cmd_find_domain(call, (*ret_pass)->snapshot, call->args[0], ret_domain);
	return status == EXIT_OK ? check_names(call, *ret_domain) : status;
}

static int print_answer(const struct cmd_call *call, const char *answer, int answered)
{
	int status = EXIT_OK;

	if (call->json)
		status = cmd_edits_print_json(call, NULL, answer);
	else
		say_lines(answer);
	return status != EXIT_OK ? status : answered;
}

static int run(struct cmd_call *call)
{
	OWN(history) history = history_new();
	OWN(lock) lock = NULL;
	OWN(pass) pass = NULL;
	const struct domain *domain = NULL;
	g_autofree char *answer = NULL;
	int answered = EXIT_OK;
	int status = EXIT_OK;

	if (!call->dry_run)
		status = cmd_lock(call, "replug", call->args, &lock, &answered, &answer);
	if (status == EXIT_OK && answer)
		return print_answer(call, answer, answered);
	if (status == EXIT_OK)
		status = read_world(call, history, &pass, &domain);
	if (status != EXIT_OK)
		return status;
	if (call->dry_run)
		return print_plan(call, pass, history, domain);
	/* What is not attached needs no mark: the pass attaches it if it can. */
	remember_replugs(history, pass->plan, domain, call->args + 1);
	return pass_here(call, history, domain->name);
}

const struct cmd cmd_replug = {
	.name = "replug",
	.arguments = "DOMAIN [NAME]...",
	.summary = "unplug and plug what a domain's tags have attached",
	.details = "For the guest it is as if somebody had pulled the device and put it back: a\n"
		   "cure for one that has stopped working. Without NAME: all that is attached\n"
		   "through tags of the domain. What is not attached is attached, if it can be.\n\n"
		   "Exit codes: 0 done; 1 something failed, or the domain could not be read; 64\n"
		   "usage; 69 libvirt unreachable; 75 another usbreconcile is at work; 77 no\n"
		   "access.\n",
	.least = 1,
	.most = G_MAXUINT,
	.has_json = true,
	.has_dry_run = true,
	.run = run,
};
