/* SPDX-License-Identifier: MIT */
#include "reconciler/show/show.h"

#include "reconciler/show/near.h"
#include "reconciler/show/show_plan.h"
#include "reconciler/show/words.h"
#include "state/text.h"

static char *list_ids(const struct tag *tag)
{
	GString *text = g_string_new("id ");

	for (guint i = 0; i < tag->ids->len; i++) {
		g_autofree char *id = words_id(g_array_index(tag->ids, struct usb_id, i));

		g_string_append_printf(text, "%s%s", i ? " or " : "", id);
	}
	return g_string_free(text, FALSE);
}

static void append_wish(GString *page, const struct tag *tag)
{
	const char *label = tag->group ? "wants all" : "asks for";
	const char *port = tag->port ? tag->port : tag->port_sysname;

	if (tag->ids->len > 0) {
		words_append(page, label, list_ids(tag));
		label = "";
	}
	if (tag->serial) {
		g_autofree char *serial = text_spell(tag->serial);

		words_append(page, label, g_strdup_printf("serial %s", serial));
		label = "";
	}
	if (port) {
		words_append(page, label,
			     g_strdup_printf("%sport %s", tag->group ? "at or below " : "", port));
		label = "";
	}
	for (guint i = 0; i < tag->matches->len; i++) {
		const struct tag_match *match = g_ptr_array_index(tag->matches, i);

		words_append(page, label, g_strdup_printf("%s=%s", match->property, match->value));
		label = "";
	}
}

static void append_options(GString *page, const struct tag *tag)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (tag->group)
		g_string_append_printf(text, ", limit %u", tag->limit);
	if (tag->required)
		g_string_append(text, ", required");
	if (!tag->enabled)
		g_string_append(text, ", not enabled");
	if (tag->force)
		g_string_append(text, ", force");
	if (tag->persist != TAG_PERSIST_KEEP)
		g_string_append_printf(text, ", persist %s", tag_persist_name(tag->persist));
	if (tag->guest_port)
		g_string_append_printf(text, ", guest port %s", tag->guest_port);
	if (tag->guest_reset != GUEST_RESET_DEFAULT)
		g_string_append_printf(text, ", guest reset %s",
				       guest_reset_name(tag->guest_reset));
	if (text->len > 0)
		words_append(page, "options", g_strdup(text->str + strlen(", ")));
}

static void append_hostdev(GString *page, const char *label, const struct hostdev *hostdev)
{
	g_autofree char *at = NULL;
	GString *text;

	if (!hostdev)
		return;
	at = words_at(hostdev);
	text = g_string_new(at);
	if (hostdev->missing)
		g_string_append(text, ", a placeholder (missing='yes')");
	if (hostdev->guest_port)
		g_string_append_printf(text, ", guest port %s", hostdev->guest_port);
	g_string_append_printf(text, ", alias %s", hostdev->alias ? hostdev->alias : "none");
	words_append(page, label, g_string_free(text, FALSE));
}

static void append_owner(GString *page, const struct member *member)
{
	g_autofree char *at = NULL;

	const char *label = member->kind == VERDICT_CONTESTED ? "held by" : "in the way";

	if (!member->owner_domain)
		return;
	if (member->owner_tag) {
		words_append(page, label,
			     g_strdup_printf("%s/%s", member->owner_domain->name,
					     member->owner_tag->name));
		return;
	}
	at = member->owner_hostdev ? words_at(member->owner_hostdev) : g_strdup("-");
	words_append(page, label,
		     g_strdup_printf("%s, by the hostdev at %s, alias %s",
				     member->owner_domain->name, at,
				     member->owner_hostdev && member->owner_hostdev->alias
					     ? member->owner_hostdev->alias
					     : "none"));
}

static void append_setback(GString *page, const struct member *member)
{
	if (!member->error)
		return;
	words_append(page, "libvirt",
		     g_strdup_printf("%s (code %d, %u in a row)", member->error, member->error_code,
				     member->failures));
}

static void append_device(GString *page, const struct device *device)
{
	g_autofree char *at = words_address(device->bus, device->dev);
	g_autofree char *what = words_device(device);
	const char *untrusted_name = device_untrusted_name(device);
	const char *name = untrusted_name ? untrusted_name : "no name";

	words_append(page, "device", g_strdup_printf("%s (%s) %s", at, device->sysname, what));
	words_append(page, "", g_strdup_printf("%s, at port %s", name, words_port(device)));
	if (device->remote)
		words_append(page, "", g_strdup_printf("comes over USB/IP: %s", device->remote));
	if (device->driver)
		words_append(page, "",
			     g_strdup_printf("bound to the host's driver %s", device->driver));
	if (device->in_use)
		words_append(page, "", g_strdup(device->in_use));
}

static void append_member(GString *page, const struct verdict *verdict, const struct member *member)
{
	if (verdict->members->len > 1)
		words_append(page, verdict_kind_name(member->kind), g_strdup(member->sentence));
	if (member->device)
		append_device(page, member->device);
	append_hostdev(page, "live", member->live);
	append_hostdev(page, "config", member->config);
	append_owner(page, member);
	append_setback(page, member);
}

static const char *prospect_of_refused(enum reason reason)
{
	if (reason == REASON_UNAUTHORIZED)
		return "nothing, until it is authorized (`usbguard allow-device`, or 1 in the "
		       "device's `authorized` in sysfs)";
	if (reason == REASON_HUB)
		return "nothing, until the tag asks for another device than a hub";
	if (reason == REASON_IGNORED_BY_HOST)
		return "nothing, until no udev rule of the host's says USBRECONCILE_IGNORE=1 of it";
	if (reason == REASON_IN_USE_BY_GUEST)
		return "nothing, until that guest lets go of it; the first pass after that "
		       "attaches "
		       "it";
	return "nothing, until the host lets go of it; the first pass after that attaches it";
}

/* What happens when nothing is planned now. Only a pass (`run`, the daemon) does anything. */
static const char *prospect(const struct verdict *verdict)
{
	switch (verdict->kind) {
	case VERDICT_INVALID:
		return "nothing, until the entry is corrected (`virsh edit`)";
	case VERDICT_DISABLED:
		return "nothing, until the tag is enabled";
	case VERDICT_INACTIVE:
		return "attached by the first pass after the domain is started, unless another "
		       "guest has it then";
	case VERDICT_MISSING:
		return "attached by the first pass after it is plugged in";
	case VERDICT_AMBIGUOUS:
		return "nothing, until the tag asks for one device only";
	case VERDICT_REFUSED:
		return prospect_of_refused(verdict->reason);
	case VERDICT_CONTESTED:
		return verdict->reason == REASON_OWNED_BY_TAG
			       ? "nothing, until that tag lets go of it: when its domain stops, or "
				 "it is removed or disabled"
			       : "nothing, until that domain stops, or somebody takes the hostdev "
				 "out";
	case VERDICT_FAILED:
	case VERDICT_PENDING:
		return "the next pass tries again";
	case VERDICT_ATTACHED:
		return "nothing to do";
	}
	g_assert_not_reached();
}

/* What else there is to say of the tag, as the lists below a table have it. */
static void append_problems(GString *page, const struct snapshot *snapshot, const struct plan *plan,
			    const struct verdict *verdict)
{
	g_autoptr(GPtrArray) untold = show_untold(snapshot, plan);

	for (guint i = 0; i < untold->len; i++) {
		const struct problem *problem = g_ptr_array_index(untold, i);

		if (!verdict->tag->name || g_strcmp0(problem->tag, verdict->tag->name) != 0 ||
		    g_strcmp0(problem->domain, verdict->domain->name) != 0)
			continue;
		words_append(page, severity_name(problem->severity), g_strdup(problem->message));
		if (problem->hint)
			words_append(page, "", g_strdup(problem->hint));
	}
}

static void append_next(GString *page, const struct plan *plan, const struct verdict *verdict)
{
	struct lines *lines = lines_new();
	struct tally tally = {0};
	g_autofree char *planned = NULL;
	g_auto(GStrv) split = NULL;

	for (guint i = 0; i < plan->actions->len; i++) {
		const struct action *action = g_ptr_array_index(plan->actions, i);

		if (action->domain == verdict->domain && action->tag == verdict->tag)
			show_plan_add(lines, action, &tally);
	}
	planned = lines_finish(lines);
	if (!*planned) {
		words_append(page, "next", g_strdup(prospect(verdict)));
		return;
	}
	split = g_strsplit(planned, "\n", -1);
	words_append(page, "next", g_strdup("the next pass does this:"));
	for (char **line = split; **line; line++)
		g_string_append_printf(page, "  %-12s%s\n", "", *line);
}

char *show_tag(const struct snapshot *snapshot, const struct plan *plan,
	       const struct verdict *verdict)
{
	const struct tag *tag = verdict->tag;
	g_autofree char *name = words_tag(tag);
	g_autofree char *head = words_line("%s/%s: %s%s", verdict->domain->name, name,
					   verdict_kind_name(verdict->kind),
					   verdict->severity == SEVERITY_CRITICAL ? "!" : "");
	GString *page = g_string_new(head);

	words_append(page, "why", g_strdup(verdict->sentence));
	if (verdict->since)
		words_append(page, "since", words_time(verdict->since));
	if (tag->complaint && tag->line)
		words_append(
			page, "where",
			g_strdup_printf("entry %u, line %u of the XML", tag->entry, tag->line));
	append_problems(page, snapshot, plan, verdict);
	append_wish(page, tag);
	append_options(page, tag);
	near_append(page, snapshot, plan, verdict);
	for (guint i = 0; i < verdict->members->len; i++)
		append_member(page, verdict, g_ptr_array_index(verdict->members, i));
	append_next(page, plan, verdict);
	return g_string_free(page, FALSE);
}
