/* SPDX-License-Identifier: MIT */

/*
 * Prometheus' text format, version 0.0.4, for node_exporter's textfile collector. Base units, unit
 * in the name, `_total` for counters. Labels carry names that people chose, never what a device
 * says.
 */

#include "reconciler/show/show.h"

#include "state/text.h"

#define PREFIX "usbreconcile_"

static void describe(GString *text, const char *name, const char *type, const char *help)
{
	g_string_append_printf(text, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help,
			       name, type);
}

/* One sample; LABELS: pairs of a name and an untrusted value, NULL at the end. */
static void sample(GString *text, const char *name, double value, ...) G_GNUC_NULL_TERMINATED;

static void sample(GString *text, const char *name, double value, ...)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];
	const char *label, *before = "{";
	va_list labels;

	g_string_append_printf(text, PREFIX "%s", name);
	va_start(labels, value);
	while ((label = va_arg(labels, const char *))) {
		g_autofree char *encoded = text_label(va_arg(labels, const char *));

		g_string_append_printf(text, "%s%s=\"%s\"", before, label, encoded);
		before = ",";
	}
	va_end(labels);
	g_string_append_printf(text, "%s %s\n", *before == ',' ? "}" : "",
			       g_ascii_formatd(number, sizeof(number), "%.15g", value));
}

/* One sample without labels, and what describes it. */
static void single(GString *text, const char *name, const char *type, const char *help,
		   double value)
{
	describe(text, name, type, help);
	sample(text, name, value, NULL);
}

static void add_head(GString *text, bool up)
{
	describe(text, "build_info", "gauge", "1, labelled with the version of usbreconcile.");
	sample(text, "build_info", 1, "version", USBRECONCILE_VERSION, NULL);
	single(text, "up", "gauge", "Whether libvirt and the USB devices could be read.", up);
}

/* The tag's name; one that is not good enough to tell it from the others gets its number, too. */
static char *tag_label(const struct verdict *verdict)
{
	const struct domain *domain = verdict->domain;
	const struct tag *tag = verdict->tag;
	bool single = tag->name != NULL;

	for (guint i = 0; i < domain->tags->len; i++) {
		const struct tag *other = g_ptr_array_index(domain->tags, i);

		single = single && (other == tag || g_strcmp0(other->name, tag->name) != 0);
	}
	if (single)
		return g_strdup(tag->name);
	return g_strdup_printf("%s#%u", tag->name ? tag->name : "", tag->entry);
}

static double is_attached(const struct verdict *verdict)
{
	return verdict->kind == VERDICT_ATTACHED;
}

static double severity_of(const struct verdict *verdict)
{
	return verdict->severity;
}

/* The failures in a row of the tag's worst member. */
static double failures_of(const struct verdict *verdict)
{
	unsigned int most = 0;

	for (guint i = 0; i < verdict->members->len; i++) {
		const struct member *member = g_ptr_array_index(verdict->members, i);

		most = MAX(most, member->failures);
	}
	return most;
}

static void add_each_tag(GString *text, const struct plan *plan, const char *name, const char *help,
			 double (*value)(const struct verdict *verdict))
{
	describe(text, name, "gauge", help);
	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);
		g_autofree char *tag = tag_label(verdict);

		sample(text, name, value(verdict), "domain", verdict->domain->name, "tag", tag,
		       NULL);
	}
}

/* All that a tag could have come to, one of them 1: a series goes on when the verdict is another.
 */
static void add_states(GString *text, const struct plan *plan)
{
	describe(text, "tag_verdict", "gauge", "1 for what the tag has come to, 0 for the rest.");
	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);
		g_autofree char *tag = tag_label(verdict);

		for (int kind = 0; kind <= VERDICT_ATTACHED; kind++)
			sample(text, "tag_verdict", (int)verdict->kind == kind, "domain",
			       verdict->domain->name, "tag", tag, "verdict",
			       verdict_kind_name((enum verdict_kind)kind), NULL);
	}
}

/* An invalid entry has none, nor has a tag that no daemon looks at. */
static void add_since(GString *text, const struct plan *plan)
{
	describe(
		text, "tag_since_timestamp_seconds", "gauge",
		"Since when the tag is what it has come to, Unix time; known to the daemon alone.");
	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);
		g_autofree char *tag = tag_label(verdict);

		if (verdict->since)
			sample(text, "tag_since_timestamp_seconds", (double)verdict->since,
			       "domain", verdict->domain->name, "tag", tag, NULL);
	}
}

static void add_tags(GString *text, const struct plan *plan)
{
	guint by_kind[VERDICT_ATTACHED + 1] = {0};

	describe(text, "tag_info", "gauge", "1, labelled with what the tag has come to and why.");
	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);
		g_autofree char *tag = tag_label(verdict);

		sample(text, "tag_info", 1, "domain", verdict->domain->name, "tag", tag, "verdict",
		       verdict_kind_name(verdict->kind), "reason", reason_name(verdict->reason),
		       NULL);
		by_kind[verdict->kind]++;
	}
	add_states(text, plan);
	add_since(text, plan);
	add_each_tag(text, plan, "tag_attached", "Whether the guest has all that the tag asks for.",
		     is_attached);
	add_each_tag(text, plan, "tag_severity", "0 ok, 1 warning, 2 critical.", severity_of);
	add_each_tag(text, plan, "tag_failures",
		     "Failures in a row of what libvirt was asked to do; 0 without the daemon.",
		     failures_of);
	describe(text, "tags", "gauge", "Tags by verdict.");
	for (guint kind = 0; kind < G_N_ELEMENTS(by_kind); kind++)
		sample(text, "tags", by_kind[kind], "verdict",
		       verdict_kind_name((enum verdict_kind)kind), NULL);
}

static void add_problems(GString *text, const GPtrArray *problems)
{
	guint by_severity[SEVERITY_CRITICAL + 1] = {0};

	for (guint i = 0; i < problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(problems, i);

		by_severity[problem->severity]++;
	}
	describe(text, "problems", "gauge", "Problems that `usbreconcile status` lists.");
	for (guint severity = SEVERITY_WARNING; severity <= SEVERITY_CRITICAL; severity++)
		sample(text, "problems", by_severity[severity], "severity",
		       severity_name((enum severity)severity), NULL);
}

static void add_world(GString *text, const struct snapshot *snapshot, const struct plan *plan)
{
	guint running = 0, unreadable = 0, hubs = 0, live = 0;

	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);

		unreadable += domain->unreadable != NULL;
		running += !domain->unreadable && domain->running;
	}
	for (guint i = 0; i < snapshot->devices->len; i++)
		hubs += ((const struct device *)g_ptr_array_index(snapshot->devices, i))->hub;
	for (guint i = 0; i < plan->unmanaged->len; i++)
		live += ((const struct unmanaged *)g_ptr_array_index(plan->unmanaged, i))->live;
	describe(text, "domains", "gauge", "libvirt domains by state.");
	sample(text, "domains", running, "state", "running", NULL);
	sample(text, "domains", snapshot->domains->len - running - unreadable, "state", "off",
	       NULL);
	sample(text, "domains", unreadable, "state", "unreadable", NULL);
	single(text, "usb_devices", "gauge", "USB devices of this host, without hubs.",
	       snapshot->devices->len - hubs);
	describe(text, "unmanaged_hostdevs", "gauge", "USB hostdevs that no tag names.");
	sample(text, "unmanaged_hostdevs", live, "side", "live", NULL);
	sample(text, "unmanaged_hostdevs", plan->unmanaged->len - live, "side", "config", NULL);
}

static void add_changes(GString *text, const struct report *report)
{
	describe(text, "daemon_changes_total", "counter",
		 "Changes that libvirt was asked for, by what became of them.");
	for (int kind = 0; kind < CHANGES; kind++) {
		for (int result = 0; result < CHANGE_RESULTS; result++)
			sample(text, "daemon_changes_total", (double)report->changes[kind][result],
			       "change", change_kind_name((enum change_kind)kind), "result",
			       outcome_kind_name((enum outcome_kind)result), NULL);
	}
}

static void add_durations(GString *text, const struct report *report)
{
	uint64_t passes = 0;

	for (int i = 0; i < TRIGGERS; i++)
		passes += report->passes[i];
	describe(text, "daemon_pass_duration_seconds", "summary",
		 "How long passes took, with all that they began.");
	sample(text, "daemon_pass_duration_seconds_sum", (double)report->pass_usec / G_USEC_PER_SEC,
	       NULL);
	sample(text, "daemon_pass_duration_seconds_count", (double)passes, NULL);
}

static void add_daemon(GString *text, const struct report *report)
{
	single(text, "daemon_up", "gauge", "Whether a daemon answered.", report != NULL);
	if (!report)
		return;
	single(text, "daemon_connected", "gauge", "Whether the daemon is connected to libvirt.",
	       report->connected);
	single(text, "daemon_start_time_seconds", "gauge", "When the daemon started, Unix time.",
	       (double)report->since);
	single(text, "daemon_last_pass_timestamp_seconds", "gauge",
	       "When the daemon last made a pass, Unix time; 0 not yet.",
	       (double)report->last_pass);
	describe(text, "daemon_passes_total", "counter", "Passes by what asked for them.");
	for (guint i = 0; i < TRIGGERS; i++)
		sample(text, "daemon_passes_total", (double)report->passes[i], "trigger",
		       trigger_name((enum trigger)i), NULL);
	single(text, "daemon_actions_total", "counter", "Changes that libvirt was asked for.",
	       (double)report->actions);
	single(text, "daemon_action_failures_total", "counter", "Those of them that failed.",
	       (double)report->failures);
	add_changes(text, report);
	add_durations(text, report);
	single(text, "daemon_reconnects_total", "counter", "Lost connections to libvirt.",
	       (double)report->reconnects);
	single(text, "daemon_overflows_total", "counter",
	       "Overflows of the queue of udev events; each made a full pass.",
	       (double)report->overflows);
}

char *show_metrics(const struct snapshot *snapshot, const struct plan *plan)
{
	GString *text = g_string_new(NULL);

	add_head(text, true);
	single(text, "severity", "gauge", "The worst of everything: 0 ok, 1 warning, 2 critical.",
	       plan_severity(plan, snapshot, NULL, NULL));
	add_tags(text, plan);
	add_problems(text, snapshot->problems);
	add_world(text, snapshot, plan);
	add_daemon(text, snapshot->daemon);
	return g_string_free(text, FALSE);
}

char *show_metrics_down(void)
{
	GString *text = g_string_new(NULL);

	add_head(text, false);
	return g_string_free(text, FALSE);
}
