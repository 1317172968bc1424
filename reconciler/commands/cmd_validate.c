/* SPDX-License-Identifier: MIT */

/* `validate`: is the metadata well written? Of domains, or of a document before libvirt gets it. */

#include "reconciler/commands/cmd.h"

#include <string.h>
#include <unistd.h>

#include "reconciler/core/warnings.h"
#include "reconciler/core/planner.h"
#include "reconciler/commands/file.h"
#include "reconciler/show/say.h"
#include "reconciler/show/words.h"
#include "state/json.h"
#include "xmlutil/metadata.h"

/* Prints what was found. TAGS: how many are valid. Returns the exit code. */
static int report(const struct cmd_call *call, const struct snapshot *snapshot, guint tags)
{
	guint bad = 0;
	g_autofree char *valid = words_count(tags, "tag");
	g_autofree char *text = NULL;
	g_autofree char *last = NULL;

	for (guint i = 0; i < snapshot->problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(snapshot->problems, i);

		bad += problem->severity == SEVERITY_CRITICAL;
	}
	if (call->json) {
		text = json_write_problems(snapshot);
		say_data(text);
		return bad ? EX_DATAERR : EXIT_OK;
	}
	text = show_problems(snapshot->problems, NULL);
	last = bad ? words_line("invalid: %u problem%s, %s valid", bad, bad == 1 ? "" : "s", valid)
		   : words_line("ok: %s", valid);
	say_lines(text);
	say_data(last);
	return bad ? EX_DATAERR : EXIT_OK;
}

static int validate_file(const struct cmd_call *call, const char *name)
{
	OWN(snapshot) snapshot = snapshot_new();
	g_autofree char *xml = NULL;
	g_autofree char *err = NULL;
	unsigned int tags = 0;
	gsize length = 0;

	if (file_read(name, &xml, &length, &err) < 0)
		return cmd_fail(call, EX_USAGE, PROBLEM_USAGE, NULL, "%s", err);
	snapshot_stamp(snapshot, NULL);
	metadata_validate(xml, length, strcmp(name, "-") == 0 ? "stdin" : name, snapshot->problems,
			  &tags);
	return report(call, snapshot, tags);
}

/* Is the problem about metadata, or about what its tags come to on this host? Only in DOMAIN (NULL:
 * in all). */
static bool concerns(const struct problem *problem, const struct domain *domain)
{
	return problem->code != PROBLEM_DEVICE_UNREADABLE && problem->code != PROBLEM_DOMAIN_BUSY &&
	       problem->code != PROBLEM_HOSTDEV_STALE &&
	       (!domain || g_strcmp0(problem->domain, domain->name) == 0);
}

/* Adds what the host as it is now says about the tags: nothing matches, too much matches, too few
 * guest ports. */
static void add_warnings(struct snapshot *snapshot)
{
	OWN(history) history = history_new();
	OWN(plan) plan = planner_plan(snapshot, history);

	warnings_of_tags(snapshot->problems, snapshot, plan);
	for (guint i = 0; i < plan->problems->len; i++)
		g_ptr_array_add(snapshot->problems,
				problem_copy(g_ptr_array_index(plan->problems, i)));
}

static int validate_domains(struct cmd_call *call, const char *name)
{
	OWN(snapshot) snapshot = NULL;
	const struct domain *domain = NULL;
	guint tags = 0;
	int status = cmd_read(call, true, &snapshot);

	if (status == EXIT_OK && name)
		status = cmd_find_domain(call, snapshot, name, &domain);
	if (status != EXIT_OK)
		return status;
	add_warnings(snapshot);
	for (guint i = snapshot->problems->len; i-- > 0;) {
		if (!concerns(g_ptr_array_index(snapshot->problems, i), domain))
			g_ptr_array_remove_index(snapshot->problems, i);
	}
	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *each = g_ptr_array_index(snapshot->domains, i);

		if (!domain || each == domain)
			tags += domain_count_valid(each);
	}
	return report(call, snapshot, tags);
}

static int run(struct cmd_call *call)
{
	const char *name = call->args[0];

	if (name && (strcmp(name, "-") == 0 || strchr(name, '/') || access(name, F_OK) == 0))
		return validate_file(call, name);
	return validate_domains(call, name);
}

const struct cmd cmd_validate = {
	.name = "validate",
	.arguments = "[DOMAIN | FILE | -]",
	.summary = "check the metadata of domains, or of a file",
	.details =
		"FILE is a domain's XML or our element alone, - is stdin; it needs no libvirt,\n"
		"and finds also what libvirt would lose without a word. Of a DOMAIN it also\n"
		"warns of tags that match nothing or too much on this host now, and of a guest\n"
		"with too few USB ports; of both, of a guestPort that cannot be had. What has a /\n"
		"in it or exists as a file is a FILE, else it is a DOMAIN. Without an argument:\n"
		"all domains.\n\n"
		"Exit codes: 0 all valid (there may be warnings); 64 usage; 65 something is\n"
		"invalid; 69 libvirt unreachable; 77 no access.\n",
	.most = 1,
	.has_json = true,
	.run = run,
};
