/* SPDX-License-Identifier: MIT */

/* What several commands do: open libvirt, fail, and say what there is instead. */

#include "reconciler/commands/cmd.h"

#include <string.h>

#include "reconciler/show/say.h"
#include "reconciler/show/words.h"
#include "reconciler/system/wire.h"
#include "state/json.h"

/* Whoever asked for --json gets a document also when nothing worked: one that holds this problem
 * alone. Takes over the problem. */
static void print_problem(const struct cmd_call *call, struct problem *problem)
{
	OWN(snapshot) snapshot = snapshot_new();
	g_autofree char *text = NULL;

	snapshot_stamp(snapshot, call->virt ? virt_uri(call->virt) : call->uri);
	g_ptr_array_add(snapshot->problems, problem);
	text = call->json_lines ? json_write_problems_line(snapshot)
				: json_write_problems(snapshot);
	say_data(text);
}

static int fail(const struct cmd_call *call, int status, struct problem *problem)
{
	say_error("%s", problem->message);
	if (problem->hint)
		say_hint("%s", problem->hint);
	if (call->json)
		print_problem(call, problem);
	else
		problem_free(problem);
	return status;
}

int cmd_fail(const struct cmd_call *call, int status, enum problem_code code, const char *hint,
	     const char *format, ...)
{
	char *message;
	va_list values;

	va_start(values, format);
	message = g_strdup_vprintf(format, values);
	va_end(values);
	return fail(call, status,
		    problem_new(code, SEVERITY_CRITICAL, NULL, NULL, 0, message, hint));
}

int cmd_try_open(struct cmd_call *call, bool read_only, struct problem **ret_problem)
{
	enum problem_code code = PROBLEM_USAGE;
	int status = EX_USAGE;
	char *err = NULL;

	enum virt_open_reply reply = virt_open(call->uri, read_only, &call->virt, &err);

	switch (reply) {
	case VIRT_OPEN_DONE:
		return EXIT_OK;
	case VIRT_OPEN_UNREACHABLE:
		code = PROBLEM_LIBVIRT_UNREACHABLE;
		status = EX_UNAVAILABLE;
		break;
	case VIRT_OPEN_NO_ACCESS:
		code = PROBLEM_NO_ACCESS;
		status = EX_NOPERM;
		break;
	case VIRT_OPEN_REMOTE:
		break;
	}
	*ret_problem = problem_new(code, SEVERITY_CRITICAL, NULL, NULL, 0, err,
				   virt_open_hint(call->uri, reply));
	return status;
}

int cmd_open(struct cmd_call *call, bool read_only)
{
	struct problem *problem = NULL;
	int status = cmd_try_open(call, read_only, &problem);

	return status == EXIT_OK ? status : fail(call, status, problem);
}

int cmd_lost(const struct cmd_call *call, const char *err)
{
	return cmd_fail(call, EX_UNAVAILABLE, PROBLEM_LIBVIRT_UNREACHABLE, NULL, "%s", err);
}

int cmd_read(struct cmd_call *call, bool read_only, struct snapshot **ret_snapshot)
{
	g_autofree char *err = NULL;
	int status = cmd_open(call, read_only);

	if (status == EXIT_OK && pass_read(call->virt, ret_snapshot, &err) < 0)
		status = cmd_lost(call, err);
	return status;
}

int cmd_look(struct cmd_call *call, bool read_only, struct history *history, struct pass **ret_pass)
{
	g_autofree char *err = NULL;
	int status = cmd_open(call, read_only);

	if (status == EXIT_OK && pass_look(call->virt, history, ret_pass, &err) < 0)
		status = cmd_lost(call, err);
	return status;
}

const char *cmd_directory(const struct cmd_call *call)
{
	return lock_directory(virt_is_session(call->uri));
}

/* The daemon complains: a sentence, and in the second line perhaps what to do. */
static int pass_complaint_on(const struct cmd_call *call, int status, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 2);
	const char *hint = lines[0] && lines[1] && *lines[1] ? lines[1] : NULL;
	enum problem_code code = PROBLEM_USAGE;

	if (status == EX_TEMPFAIL)
		code = PROBLEM_BUSY;
	else if (status == EX_UNAVAILABLE)
		code = PROBLEM_LIBVIRT_UNREACHABLE;
	return cmd_fail(call, status, code, hint, "%s", lines[0] ? lines[0] : "");
}

/* The command as the daemon takes it. */
static GPtrArray *request(const struct cmd_call *call, const char *command, char *const *names)
{
	GPtrArray *arguments = g_ptr_array_new();

	g_ptr_array_add(arguments, (gpointer)(guintptr)command);
	if (call->json)
		g_ptr_array_add(arguments, (gpointer)(guintptr) "--json");
	g_ptr_array_add(arguments, (gpointer)(guintptr) "--");
	for (; names && *names; names++)
		g_ptr_array_add(arguments, *names);
	g_ptr_array_add(arguments, NULL);
	return arguments;
}

/* 0: there is no daemon, or it has answered: then *ret_answered. */
static int ask(const struct cmd_call *call, const GPtrArray *arguments, bool *ret_answered,
	       int *ret_status, char **ret_answer)
{
	g_autofree char *text = NULL;
	g_autofree char *holder = NULL;

	*ret_answered = false;
	switch (wire_ask(cmd_directory(call), (const char *const *)arguments->pdata, ret_status,
			 &text)) {
	case WIRE_ANSWERED:
		*ret_answered = true;
		if (*ret_status >= EX_USAGE)
			return pass_complaint_on(call, *ret_status, text);
		*ret_answer = g_steal_pointer(&text);
		return EXIT_OK;
	case WIRE_NOBODY:
		return EXIT_OK;
	case WIRE_SILENT:
		holder = lock_holder(cmd_directory(call));
		return cmd_fail(call, EX_TEMPFAIL, PROBLEM_BUSY,
				"`systemctl status usbreconcile` shows the daemon; `systemctl "
				"restart usbreconcile` ends one that hangs",
				"%s does not answer", holder);
	case WIRE_BROKEN:
		return cmd_fail(call, EX_TEMPFAIL, PROBLEM_BUSY,
				"see `systemctl status usbreconcile`",
				"the daemon was asked and gave no answer");
	}
	g_assert_not_reached();
}

int cmd_lock(const struct cmd_call *call, const char *command, char *const *names,
	     struct lock **ret_lock, int *ret_status, char **ret_answer)
{
	g_autoptr(GPtrArray) arguments = request(call, command, names);
	g_autofree char *err = NULL;
	g_autofree char *holder = NULL;
	const char *directory = cmd_directory(call);
	bool answered;
	int taken = lock_take(directory, call->cmd->name, 0, ret_lock, &err);
	int status;

	if (taken == LOCK_BUSY) {
		status = ask(call, arguments, &answered, ret_status, ret_answer);
		if (status != EXIT_OK || answered)
			return status;
		taken = lock_take(directory, call->cmd->name, LOCK_PATIENCE_USEC, ret_lock, &err);
	}
	if (taken < 0)
		return cmd_fail(call, EX_NOPERM, PROBLEM_NO_ACCESS, NULL, "%s", err);
	if (taken != LOCK_BUSY)
		return EXIT_OK;
	holder = lock_holder(directory);
	return cmd_fail(call, EX_TEMPFAIL, PROBLEM_BUSY, "try again when it is done",
			"%s has been at work for %d s", holder,
			(int)(LOCK_PATIENCE_USEC / G_USEC_PER_SEC));
}

int cmd_find_domain(const struct cmd_call *call, const struct snapshot *snapshot, const char *name,
		    const struct domain **ret_domain)
{
	g_autofree char *others = NULL;

	*ret_domain = snapshot_find_domain(snapshot, name);
	if (*ret_domain)
		return EXIT_OK;
	others = words_domains(snapshot);
	return cmd_fail(call, EX_USAGE, PROBLEM_USAGE, others, "there is no domain \"%s\"", name);
}

int cmd_find_tag(const struct cmd_call *call, const struct domain *domain, const char *name,
		 const struct tag **ret_tag)
{
	g_autofree char *others = NULL;

	*ret_tag = domain_find_tag(domain, name);
	if (*ret_tag)
		return EXIT_OK;
	others = words_tags(domain);
	return cmd_fail(call, EX_USAGE, PROBLEM_USAGE, others, "domain %s has no tag \"%s\"",
			domain->name, name);
}

int cmd_find_named(const struct cmd_call *call, const struct snapshot *snapshot,
		   const struct domain **ret_domain, const struct tag **ret_tag)
{
	int status = EXIT_OK;

	*ret_domain = NULL;
	*ret_tag = NULL;
	if (call->count > 0)
		status = cmd_find_domain(call, snapshot, call->args[0], ret_domain);
	if (status == EXIT_OK && call->count > 1)
		status = cmd_find_tag(call, *ret_domain, call->args[1], ret_tag);
	return status;
}

int cmd_find_editable(const struct cmd_call *call, const struct snapshot *snapshot,
		      const char *name, const struct domain **ret_domain)
{
	int status = cmd_find_domain(call, snapshot, name, ret_domain);

	if (status != EXIT_OK || !(*ret_domain)->unreadable)
		return status;
	return cmd_fail(call, EX_DATAERR, PROBLEM_DOMAIN_UNREADABLE,
			"`usbreconcile status` says more; nothing of it is changed until it can be "
			"read",
			"domain %s cannot be read: %s", (*ret_domain)->name,
			(*ret_domain)->unreadable);
}

void cmd_print(const struct cmd_call *call, const char *text)
{
	if (call->json)
		say_data(text);
	else
		say_lines(text);
}

void cmd_print_verdict(const struct verdict *verdict)
{
	g_autofree char *line = words_line("%s/%s: %s: %s", verdict->domain->name,
					   verdict->tag->name ? verdict->tag->name : "-",
					   verdict_kind_name(verdict->kind), verdict->sentence);

	say_lines(line);
}

void cmd_ask_daemon(const struct cmd_call *call, struct history **ret_history,
		    struct report **ret_report, struct problem **ret_silent)
{
	g_autofree char *text = NULL;
	OWN(snapshot) snapshot = NULL;
	OWN(history) history = NULL;
	g_autofree char *err = NULL;
	g_autofree char *holder = NULL;

	*ret_report = NULL;
	*ret_silent = NULL;
	switch (wire_ask_status(cmd_directory(call), &text)) {
	case WIRE_ANSWERED:
	case WIRE_NOBODY:
		break;
	case WIRE_SILENT:
	case WIRE_BROKEN:
		holder = lock_holder(cmd_directory(call));
		*ret_silent = problem_new(
			PROBLEM_DAEMON_SILENT, SEVERITY_WARNING, NULL, NULL, 0,
			g_strdup_printf("%s does not answer: what only it knows is left out",
					holder),
			"`systemctl status usbreconcile` says how it is");
		break;
	}
	/* A daemon that has never reached libvirt does not know its URI yet; its report is shown
	 * all the same. */
	if (text && json_read_status(text, &snapshot, &history, &err) == 0 &&
	    (!snapshot->uri || strcmp(snapshot->uri, virt_uri(call->virt)) == 0)) {
		*ret_history = g_steal_pointer(&history);
		*ret_report = g_steal_pointer(&snapshot->daemon);
		return;
	}
	*ret_history = history_new();
}
