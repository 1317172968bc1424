/* SPDX-License-Identifier: MIT */
#include "state/problem.h"

struct problem *problem_new(enum problem_code code, enum severity severity, const char *domain,
			    const char *tag, unsigned int line, char *message, const char *hint)
{
	struct problem *problem = g_new0(struct problem, 1);

	problem->code = code;
	problem->severity = severity;
	problem->domain = g_strdup(domain);
	problem->tag = g_strdup(tag);
	problem->line = line;
	problem->message = message;
	problem->hint = g_strdup(hint);
	return problem;
}

struct problem *problem_copy(const struct problem *problem)
{
	struct problem *copy =
		problem_new(problem->code, problem->severity, problem->domain, problem->tag,
			    problem->line, g_strdup(problem->message), problem->hint);

	copy->entry = problem->entry;
	return copy;
}

void problem_free(struct problem *problem)
{
	if (!problem)
		return;
	g_free(problem->domain);
	g_free(problem->tag);
	g_free(problem->message);
	g_free(problem->hint);
	g_free(problem);
}

void problem_warn(GPtrArray *problems, enum problem_code code, const char *domain, const char *tag,
		  char *message, const char *hint)
{
	g_ptr_array_add(problems,
			problem_new(code, SEVERITY_WARNING, domain, tag, 0, message, hint));
}

bool problem_is_planned(const struct problem *problem)
{
	return problem->code == PROBLEM_HOSTDEV_STALE ||
	       problem->code == PROBLEM_SERIAL_NOT_UNIQUE ||
	       problem->code == PROBLEM_HOOK_NOT_ASKED;
}

const char *problem_code_name(enum problem_code code)
{
	static const char *const names[] = {
		[PROBLEM_METADATA_INVALID] = "metadata_invalid",
		[PROBLEM_METADATA_WARNING] = "metadata_warning",
		[PROBLEM_DOMAIN_UNREADABLE] = "domain_unreadable",
		[PROBLEM_DOMAIN_BUSY] = "domain_busy",
		[PROBLEM_HOSTDEV_STALE] = "hostdev_stale",
		[PROBLEM_DEVICE_UNREADABLE] = "device_unreadable",
		[PROBLEM_LIBVIRT_UNREACHABLE] = "libvirt_unreachable",
		[PROBLEM_NO_ACCESS] = "no_access",
		[PROBLEM_BUSY] = "busy",
		[PROBLEM_USAGE] = "usage",
		[PROBLEM_NOTHING_MATCHES] = "nothing_matches",
		[PROBLEM_SEVERAL_MATCH] = "several_match",
		[PROBLEM_TOO_FEW_PORTS] = "too_few_ports",
		[PROBLEM_GUEST_PORT] = "guest_port",
		[PROBLEM_BOUND_TO_HOST] = "bound_to_host",
		[PROBLEM_DAEMON_SILENT] = "daemon_silent",
		[PROBLEM_SERIAL_NOT_UNIQUE] = "serial_not_unique",
		[PROBLEM_HOOK_NOT_ASKED] = "hook_not_asked",
	};

	return names[code];
}

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_OK] = "ok",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_CRITICAL] = "critical",
	};

	return names[severity];
}

GPtrArray *problem_list_new(void)
{
	return g_ptr_array_new_with_free_func(problem_drop);
}
