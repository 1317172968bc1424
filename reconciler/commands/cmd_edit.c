/* SPDX-License-Identifier: MIT */
#include "reconciler/commands/cmd_edit.h"
#include "reconciler/commands/rehearse.h"

#include "reconciler/result.h"
#include "reconciler/show/say.h"
#include "reconciler/edit.h"
#include "reconciler/libvirt/virt_tags.h"
#include "state/json.h"

static void edit_free(gpointer data)
{
	struct cmd_edit *edit = data;

	g_ptr_array_unref(edit->changes);
	g_clear_pointer(&edit->done, metadata_edit_free);
	g_free(edit);
}

int cmd_edits_open(struct cmd_call *call, struct snapshot **ret_snapshot,
		   const struct domain **ret_domain)
{
	int status = cmd_read(call, call->dry_run, ret_snapshot);

	if (status != EXIT_OK)
		return status;
	return cmd_find_editable(call, *ret_snapshot, call->args[0], ret_domain);
}

GPtrArray *cmd_edits_new(void)
{
	return g_ptr_array_new_with_free_func(edit_free);
}

static struct cmd_edit *edit_of(GPtrArray *edits, const struct domain *domain)
{
	struct cmd_edit *edit;

	for (guint i = 0; i < edits->len; i++) {
		edit = g_ptr_array_index(edits, i);
		if (edit->domain == domain)
			return edit;
	}
	edit = g_new0(struct cmd_edit, 1);
	edit->domain = domain;
	edit->changes = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(edits, edit);
	return edit;
}

void cmd_edits_add(GPtrArray *edits, const struct domain *domain, enum metadata_change_kind kind,
		   const struct tag *tag, const char *name)
{
	struct metadata_change *change = g_new0(struct metadata_change, 1);

	change->kind = kind;
	change->tag = tag;
	change->name = name;
	g_ptr_array_add(edit_of(edits, domain)->changes, change);
}

static int complain(const struct cmd_call *call, const struct cmd_edit *edit, enum edit_reply reply,
		    const char *err)
{
	const char *name = edit->domain->name;
	g_autofree char *hint = NULL;

	switch (reply) {
	case EDIT_REFUSED:
		hint = g_strdup_printf(
			"`usbreconcile validate %s` says what is wrong there, `virsh "
			"edit %s` mends it",
			name, name);
		return cmd_fail(call, EX_DATAERR, PROBLEM_METADATA_INVALID, hint, "domain %s: %s",
				name, err);
	case EDIT_CLASH:
		return cmd_fail(call, EX_TEMPFAIL, PROBLEM_BUSY, "try again", "domain %s: %s", name,
				err);
	case EDIT_FAILED:
		return cmd_fail(call, EXIT_BAD, PROBLEM_DOMAIN_UNREADABLE, NULL,
				"domain %s: libvirt did not change its metadata: %s", name, err);
	case EDIT_DONE:
		break;
	}
	g_assert_not_reached();
}

static int edit_one(const struct cmd_call *call, struct cmd_edit *edit, bool write)
{
	OWN(metadata_edit) done = NULL;
	g_autofree char *err = NULL;
	OWN(virt_tags) tags = virt_tags_open(call->virt, edit->domain, &err);
	enum edit_reply reply = EDIT_FAILED;

	if (tags)
		reply = edit_both(virt_tags_config(tags), virt_tags_live(tags), edit->changes,
				  write, &done, &err);
	if (reply != EDIT_DONE)
		return complain(call, edit, reply, err);
	if (err)
		say_error("domain %s: its config is changed, but not the metadata of its running "
			  "guest: %s",
			  edit->domain->name, err);
	g_clear_pointer(&edit->done, metadata_edit_free);
	edit->done = g_steal_pointer(&done);
	return EXIT_OK;
}

/*
 * What cannot be done to one domain must be known before another is changed: then nothing is
 * written, or, when the domains have nothing to do with each other, that one is left out. The first
 * complaint's exit code.
 */
static int check_all(const struct cmd_call *call, GPtrArray *edits, bool together)
{
	struct cmd_call quiet = *call;
	/* With --json there is one document, about those that are changed: a domain that is left
	 * out is told on stderr alone. */
	const struct cmd_call *say = together ? call : &quiet;
	int result = EXIT_OK;

	quiet.json = false;
	for (guint i = 0; i < edits->len;) {
		int status = edit_one(say, g_ptr_array_index(edits, i), false);

		if (status == EXIT_OK)
			i++;
		else if (together)
			return status;
		else
			g_ptr_array_remove_index(edits, i);
		result = result != EXIT_OK ? result : status;
	}
	return result;
}

static int write_all(const struct cmd_call *call, GPtrArray *edits, bool together)
{
	int result = check_all(call, edits, together);

	if (result != EXIT_OK && together)
		return result;
	for (guint i = 0; i < edits->len; i++) {
		int status = edit_one(call, g_ptr_array_index(edits, i), true);

		result = result != EXIT_OK ? result : status;
	}
	return result;
}

static bool is_named(const GPtrArray *changes, const char *tag)
{
	for (guint i = 0; i < changes->len; i++) {
		const struct metadata_change *change = g_ptr_array_index(changes, i);

		if (g_strcmp0(change->tag ? change->tag->name : change->name, tag) == 0)
			return true;
	}
	return false;
}

static void print_verdicts(const GPtrArray *edits, const struct plan *plan)
{
	for (guint i = 0; i < edits->len; i++) {
		const struct cmd_edit *edit = g_ptr_array_index(edits, i);

		for (guint k = 0; k < plan->verdicts->len; k++) {
			const struct verdict *verdict = g_ptr_array_index(plan->verdicts, k);
			/* The plan is of a later snapshot. */
			bool here = g_strcmp0(verdict->domain->uuid, edit->domain->uuid) == 0;

			if (here && is_named(edit->changes, verdict->tag->name))
				cmd_print_verdict(verdict);
		}
	}
}

static GPtrArray *domains_of(const GPtrArray *edits)
{
	GPtrArray *only = g_ptr_array_new();

	for (guint i = 0; i < edits->len; i++) {
		const struct cmd_edit *edit = g_ptr_array_index(edits, i);

		g_ptr_array_add(only, edit->domain->name);
	}
	return only;
}

int cmd_edits_print_json(const struct cmd_call *call, const GPtrArray *edits, const char *run)
{
	g_autoptr(GPtrArray) metadata = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *err = NULL;
	g_autofree char *text = NULL;

	for (guint i = 0; edits && i < edits->len; i++) {
		const struct cmd_edit *edit = g_ptr_array_index(edits, i);
		struct json_metadata each = {
			.domain = edit->domain->name,
			.changed = edit->done && edit->done->changed,
			.xml = edit->done ? edit->done->xml : NULL,
		};

		g_ptr_array_add(metadata, g_memdup2(&each, sizeof(each)));
	}
	text = json_write_edits(run, metadata, &err);
	if (!text)
		return cmd_fail(call, EXIT_BAD, PROBLEM_BUSY, NULL,
				"what the daemon said is not understood: %s", err);
	say_data(text);
	return EXIT_OK;
}

static void print_metadata(const GPtrArray *edits)
{
	for (guint i = 0; i < edits->len; i++) {
		const struct cmd_edit *edit = g_ptr_array_index(edits, i);

		if (edits->len > 1)
			say_error("domain %s:", edit->domain->name);
		say_data("    ");
		say_data(edit->done->xml ? edit->done->xml : "(none)");
		say_data("\n");
	}
}

/* On stderr: what goes to stdout, perhaps into a file, is the metadata alone. */
static void tell_plan(const struct pass *then, const GPtrArray *only)
{
	g_autofree char *text = show_plan(then->snapshot, then->plan, only);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	say_error("what would follow:");
	for (char **line = lines; *line && **line; line++)
		say_hint("%s", *line);
}

int cmd_edits_print(const struct cmd_call *call, const struct snapshot *snapshot, GPtrArray *edits,
		    bool together)
{
	OWN(history) history = history_new();
	int result = check_all(call, edits, together);
	OWN(pass) then = NULL;
	g_autoptr(GPtrArray) only = domains_of(edits);
	g_autofree char *text = NULL;
	int status = EXIT_OK;

	if (result != EXIT_OK && together)
		return result;
	then = rehearse(snapshot, edits, history);
	if (call->json) {
		text = json_write_run(then->snapshot, then->plan, history, then->outcomes);
		status = cmd_edits_print_json(call, edits, text);
	} else if (edits->len > 0) {
		print_metadata(edits);
		tell_plan(then, only);
	}
	return result != EXIT_OK ? result : status;
}

static int pass_here(const struct cmd_call *call, const GPtrArray *edits, const GPtrArray *only)
{
	OWN(history) history = history_new();
	g_autoptr(GPtrArray) passes = NULL;
	OWN(pass) done = NULL;
	g_autofree char *err = NULL;
	g_autofree char *text = NULL;

	if (pass_settle(call->virt, history, only, NULL, 0, &passes, &err) < 0)
		return cmd_lost(call, err);
	done = result_gather(passes, only);
	if (call->json) {
		text = json_write_run(done->snapshot, done->plan, history, done->outcomes);
		cmd_edits_print_json(call, edits, text);
	} else {
		text = show_run(done, only);
		say_lines(text);
		print_verdicts(edits, done->plan);
	}
	return result_is_bad(done, only) ? EXIT_BAD : EXIT_OK;
}

/* The daemon has done the pass, and this is what it did; what has become of the tags is looked up.
 */
static int print_after_daemon(const struct cmd_call *call, const GPtrArray *edits,
			      const char *answer)
{
	OWN(history) history = NULL;
	OWN(pass) pass = NULL;
	struct report *report = NULL;
	OWN(problem) silent = NULL;
	g_autofree char *err = NULL;

	if (call->json)
		return cmd_edits_print_json(call, edits, answer);
	say_lines(answer);
	cmd_ask_daemon(call, &history, &report, &silent);
	g_clear_pointer(&report, report_free);
	if (silent)
		say_error("%s", silent->message);
	if (pass_look(call->virt, history, &pass, &err) < 0)
		return cmd_lost(call, err);
	print_verdicts(edits, pass->plan);
	return EXIT_OK;
}

static int have_pass(const struct cmd_call *call, const GPtrArray *edits)
{
	OWN(lock) lock = NULL;
	g_autoptr(GPtrArray) only = domains_of(edits);
	g_autoptr(GPtrArray) names = g_ptr_array_copy(only, NULL, NULL);
	g_autofree char *answer = NULL;
	int answered = EXIT_OK;
	int status;

	g_ptr_array_add(names, NULL);
	status = cmd_lock(call, "run", (char **)names->pdata, &lock, &answered, &answer);
	if (status != EXIT_OK)
		return status;
	if (lock)
		return pass_here(call, edits, only);
	status = print_after_daemon(call, edits, answer);
	return status != EXIT_OK ? status : answered;
}

int cmd_edits_do(const struct cmd_call *call, GPtrArray *edits, bool together)
{
	int written = write_all(call, edits, together);
	int status = EXIT_OK;

	if (written == EXIT_OK || (!together && edits->len > 0))
		status = have_pass(call, edits);
	return written != EXIT_OK ? written : status;
}

int cmd_edits_finish(const struct cmd_call *call, const struct snapshot *snapshot, GPtrArray *edits,
		     bool together)
{
	/* Who wants a document gets one, also of nothing. */
	if (call->dry_run || (call->json && edits->len == 0))
		return cmd_edits_print(call, snapshot, edits, together);
	return edits->len > 0 ? cmd_edits_do(call, edits, together) : EXIT_OK;
}
