/* SPDX-License-Identifier: MIT */
#include "reconciler/show/show.h"

#include "reconciler/show/table.h"
#include "reconciler/show/words.h"

static const char *const columns[] = {"~DOMAIN", "~TAG", "DEVICE", "HOST", "VERDICT", "WHY", NULL};

static bool is_wanted(const struct domain *only, const struct domain *domain)
{
	return !only || only == domain;
}

static void add_member(struct table *table, const struct verdict *verdict,
		       const struct member *member)
{
	const struct device *device = member->device;
	const struct tag *tag = verdict->tag;
	g_autofree char *name = words_tag(tag);
	g_autofree char *id = NULL;
	g_autofree char *at = NULL;
	/* A mark for those who see no colours. */
	g_autofree char *word = g_strconcat(verdict_kind_name(member->kind),
					    member->severity == SEVERITY_CRITICAL ? "!" : "", NULL);

	if (device) {
		id = words_id(device->id);
		at = words_address(device->bus, device->dev);
	} else if (tag->ids->len > 0) {
		id = words_id(g_array_index(tag->ids, struct usb_id, 0));
	}
	table_row(table);
	table_cell(table, verdict->domain->name);
	table_cell(table, name);
	table_cell(table, id ? id : "-");
	table_cell(table, at ? at : "-");
	table_cell_severity(table, member->severity, word);
	table_cell(table, member->sentence);
}

static char *write_table(const struct show_style *style, const struct plan *plan,
			 const struct domain *only)
{
	struct table *table = table_new(columns);

	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		for (guint j = 0; is_wanted(only, verdict->domain) && j < verdict->members->len;
		     j++)
			add_member(table, verdict, g_ptr_array_index(verdict->members, j));
	}
	return table_finish(table, style);
}

/* "3 tags: 2 attached, 1 missing; 1 critical (!)"; NULL without tags. */
static char *summarise(const struct plan *plan, const struct domain *only)
{
	guint by_kind[VERDICT_ATTACHED + 1] = {0};
	guint sum = 0, critical = 0;
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		if (!is_wanted(only, verdict->domain))
			continue;
		by_kind[verdict->kind]++;
		sum++;
		critical += verdict->severity == SEVERITY_CRITICAL;
	}
	if (sum == 0) {
		g_string_free(text, TRUE);
		return NULL;
	}
	g_string_printf(text, "%u tag%s", sum, sum == 1 ? "" : "s");
	for (guint kind = VERDICT_ATTACHED + 1, said = 0; kind-- > 0;) {
		if (by_kind[kind] > 0)
			g_string_append_printf(text, "%s %u %s", said++ ? "," : ":", by_kind[kind],
					       verdict_kind_name((enum verdict_kind)kind));
	}
	if (critical > 0)
		g_string_append_printf(text, "; %u critical (!)", critical);
	g_string_append_c(text, '\n');
	return g_string_free(text, FALSE);
}

/* libvirt drops metadata that is not well written without telling anybody; a person who wonders
 * where the tags went is told here. */
static const char no_tags_of_one[] =
	"`usbreconcile tag` gives it a device, `usbreconcile adopt` tags what it has\n"
	"already. If you have written some, libvirt has lost them: of the children of\n"
	"<metadata> it keeps only those with a namespace, and of one namespace only the\n"
	"first. `virsh edit` of a running domain changes what the next start uses, and\n"
	"that is what is read here. `usbreconcile validate FILE` finds such mistakes\n"
	"before libvirt does.\n";

static char *explain_no_tags(const struct snapshot *snapshot, const struct domain *only)
{
	g_autofree char *count = words_count(snapshot->domains->len, "domain");
	g_autofree char *line = NULL;

	if (only && only->unreadable)
		return words_line("%s could not be read: %s", only->name, only->unreadable);
	if (!only)
		return words_line("no tags: %s, none with metadata of ours", count);
	if (only->metadata != METADATA_ABSENT)
		return words_line("%s has no tags", only->name);
	line = words_line("%s has no tags.", only->name);
	return g_strconcat(line, no_tags_of_one, NULL);
}

static void append_unmanaged(GString *text, const struct plan *plan, const struct domain *only)
{
	for (guint i = 0; i < plan->unmanaged->len; i++) {
		const struct unmanaged *other = g_ptr_array_index(plan->unmanaged, i);
		const struct hostdev *hostdev = other->hostdev;
		g_autofree char *at = words_at(hostdev);
		g_autofree char *id = hostdev->has_id ? words_id(hostdev->id) : g_strdup("-");
		g_autofree char *device =
			other->device ? words_device(other->device) : g_strdup("nothing");
		g_autofree char *line = NULL;

		/* A stale hostdev is listed among the problems, not here. */
		if (!is_wanted(only, other->domain) || (!other->device && hostdev->has_address))
			continue;
		line = words_line("no tag: %s %s hostdev %s (%s, %s) is %s", other->domain->name,
				  other->live ? "live" : "config",
				  hostdev->alias ? hostdev->alias : "without alias", at, id,
				  device);
		g_string_append(text, line);
	}
}

static void append_daemon(GString *text, const struct snapshot *snapshot)
{
	const struct report *report = snapshot->daemon;
	g_autofree char *since = words_time(report->since);
	g_autofree char *last = report->last_pass ? words_time(report->last_pass) : NULL;

	g_string_append_printf(text, "\ndaemon: since %s, %s, last pass %s%s%s%s\n", since,
			       report->connected ? "connected" : "waiting for libvirt",
			       last ? last : "not yet", last ? " (" : "",
			       last ? trigger_name(report->last_trigger) : "", last ? ")" : "");
	g_string_append_printf(text,
			       "        %" G_GUINT64_FORMAT " action%s, %" G_GUINT64_FORMAT
			       " failed, %" G_GUINT64_FORMAT " reconnect%s\n",
			       report->actions, report->actions == 1 ? "" : "s", report->failures,
			       report->reconnects, report->reconnects == 1 ? "" : "s");
}

char *show_status(const struct show_style *style, const struct snapshot *snapshot,
		  const struct plan *plan, const struct domain *only)
{
	g_autofree char *summary = summarise(plan, only);
	g_autoptr(GPtrArray) untold = show_untold(snapshot, plan);
	g_autofree char *problems = show_problems(untold, only);
	g_autofree char *table = NULL;
	g_autofree char *wrapped = NULL;
	g_autoptr(GString) text = g_string_new(NULL);

	if (summary) {
		table = write_table(style, plan, only);
	} else {
		summary = explain_no_tags(snapshot, only);
	}
	g_string_append(text, summary);
	append_unmanaged(text, plan, only);
	g_string_append(text, problems);
	if (snapshot->daemon && !only)
		append_daemon(text, snapshot);
	wrapped = show_wrap(style->width, text->str);
	return g_strconcat(table ? table : "", table ? "\n" : "", wrapped, NULL);
}
