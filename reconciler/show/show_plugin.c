/* SPDX-License-Identifier: MIT */

/* One line for Nagios, Icinga and their kin, after the Monitoring Plugins' guidelines: state, what
 * is the matter, and numbers behind `|`. */

#include "reconciler/show/show.h"

#include "reconciler/show/words.h"
#include "state/text.h"

/* A pager shows little, and the rest is in `status`. */
#define NAMED_MOST 4

/* What is said of the plan: in the domain and the tag asked for (NULL: all). */
struct matter {
	const struct domain *domain;
	const struct tag *tag;
	enum severity severity; /* the worst, which alone is named */
	guint named;
	guint unnamed;
	GString *text;
};

static void name_one(struct matter *matter, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void name_one(struct matter *matter, const char *format, ...)
{
	va_list values;

	if (matter->named == NAMED_MOST) {
		matter->unnamed++;
		return;
	}
	g_string_append(matter->text, matter->named++ ? ", " : "");
	va_start(values, format);
	g_string_append_vprintf(matter->text, format, values);
	va_end(values);
}

static void name_worst(struct matter *matter, const struct snapshot *snapshot,
		       const struct plan *plan)
{
	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		if (verdict->severity == matter->severity &&
		    (!matter->domain || verdict->domain == matter->domain) &&
		    (!matter->tag || verdict->tag == matter->tag))
			name_one(matter, "%s/%s %s (%s)", verdict->domain->name,
				 verdict->tag->name ? verdict->tag->name : "-",
				 verdict_kind_name(verdict->kind), reason_name(verdict->reason));
	}
	for (guint i = 0; !matter->tag && i < snapshot->problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(snapshot->problems, i);

		/* A bad entry has been named by its verdict. */
		if (problem->severity == matter->severity &&
		    !(problem->code == PROBLEM_METADATA_INVALID && problem->tag) &&
		    (!matter->domain || g_strcmp0(problem->domain, matter->domain->name) == 0))
			name_one(matter, "%s%s%s%s%s", problem_code_name(problem->code),
				 problem->domain ? " in " : "",
				 problem->domain ? problem->domain : "", problem->tag ? "/" : "",
				 problem->tag ? problem->tag : "");
	}
	if (matter->unnamed > 0)
		g_string_append_printf(matter->text, " and %u more", matter->unnamed);
}

static void append_numbers(GString *line, const struct plan *plan, const struct matter *matter)
{
	guint by_kind[VERDICT_ATTACHED + 1] = {0};
	guint by_severity[SEVERITY_CRITICAL + 1] = {0};

	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		if ((matter->domain && verdict->domain != matter->domain) ||
		    (matter->tag && verdict->tag != matter->tag))
			continue;
		by_kind[verdict->kind]++;
		by_severity[verdict->severity]++;
	}
	for (guint severity = SEVERITY_WARNING; severity <= SEVERITY_CRITICAL; severity++)
		g_string_append_printf(line, " %s=%u;;;0", severity_name((enum severity)severity),
				       by_severity[severity]);
	for (guint kind = G_N_ELEMENTS(by_kind); kind-- > 0;)
		g_string_append_printf(line, " %s=%u;;;0",
				       verdict_kind_name((enum verdict_kind)kind), by_kind[kind]);
}

char *show_plugin(const struct snapshot *snapshot, const struct plan *plan,
		  const struct domain *domain, const struct tag *tag)
{
	static const char *const states[] = {
		[SEVERITY_OK] = "OK",
		[SEVERITY_WARNING] = "WARNING",
		[SEVERITY_CRITICAL] = "CRITICAL",
	};
	struct matter matter = {
		.domain = domain,
		.tag = tag,
		.severity = plan_severity(plan, snapshot, domain, tag),
		.text = g_string_new(NULL),
	};
	GString *line = g_string_new(NULL);
	g_autofree char *encoded = NULL;

	if (matter.severity == SEVERITY_OK)
		g_string_append(matter.text, plan->verdicts->len ? "every tag has what it can have"
								 : "there are no tags");
	else
		name_worst(&matter, snapshot, plan);
	encoded = text_plugin(matter.text->str);
	g_string_free(matter.text, TRUE);
	g_string_printf(line, "USBRECONCILE %s - %s |", states[matter.severity], encoded);
	append_numbers(line, plan, &matter);
	g_string_append_c(line, '\n');
	return g_string_free(line, FALSE);
}
