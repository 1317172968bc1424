/* SPDX-License-Identifier: MIT */
#include "reconciler/show/show.h"

#include <string.h>

#include "reconciler/show/words.h"

struct changes {
	const struct pass *before; /* NULL: this is the beginning */
	const struct pass *now;
	const char *domain;
	const char *tag;
	char *time;
	GString *text;
};

static void add(struct changes *changes, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add(struct changes *changes, const char *format, ...)
{
	g_autofree char *what = NULL;
	g_autofree char *line = NULL;
	va_list values;

	va_start(values, format);
	what = g_strdup_vprintf(format, values);
	va_end(values);
	line = words_line("%s %s", changes->time, what);
	g_string_append(changes->text, line);
}

static const struct domain *domain_before(const struct changes *changes, const char *uuid)
{
	const GPtrArray *domains = changes->before ? changes->before->snapshot->domains : NULL;

	for (guint i = 0; domains && i < domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(domains, i);

		if (strcmp(domain->uuid, uuid) == 0)
			return domain;
	}
	return NULL;
}

/* The entry of that number and name, or NULL. */
static const struct verdict *find(const struct pass *pass, const struct verdict *like)
{
	for (guint i = 0; pass && i < pass->plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(pass->plan->verdicts, i);

		if (strcmp(verdict->domain->uuid, like->domain->uuid) == 0 &&
		    g_strcmp0(verdict->tag->name, like->tag->name) == 0 &&
		    (like->tag->name || verdict->tag->entry == like->tag->entry))
			return verdict;
	}
	return NULL;
}

static bool is_wanted(const struct changes *changes, const struct domain *domain,
		      const struct tag *tag)
{
	if (changes->domain && strcmp(changes->domain, domain->name) != 0 &&
	    strcmp(changes->domain, domain->uuid) != 0)
		return false;
	return !changes->tag || (tag && g_strcmp0(changes->tag, tag->name) == 0);
}

static bool same(const struct verdict *a, const struct verdict *b)
{
	return a->kind == b->kind && a->reason == b->reason && a->severity == b->severity &&
	       strcmp(a->sentence, b->sentence) == 0;
}

static void add_tags(struct changes *changes)
{
	const GPtrArray *verdicts = changes->now->plan->verdicts;

	for (guint i = 0; i < verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(verdicts, i);
		const struct verdict *old = find(changes->before, verdict);
		g_autofree char *name = words_tag(verdict->tag);

		if (!is_wanted(changes, verdict->domain, verdict->tag) ||
		    (old && same(old, verdict)))
			continue;
		add(changes, "%s/%s: %s%s: %s", verdict->domain->name, name,
		    verdict_kind_name(verdict->kind),
		    verdict->severity == SEVERITY_CRITICAL ? "!" : "", verdict->sentence);
	}
}

static void add_gone_tags(struct changes *changes)
{
	const GPtrArray *verdicts = changes->before->plan->verdicts;

	for (guint i = 0; i < verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(verdicts, i);
		g_autofree char *name = words_tag(verdict->tag);

		if (is_wanted(changes, verdict->domain, verdict->tag) &&
		    !find(changes->now, verdict))
			add(changes, "%s/%s: no longer there", verdict->domain->name, name);
	}
}

static void add_domains(struct changes *changes)
{
	const GPtrArray *domains = changes->now->snapshot->domains;

	for (guint i = 0; !changes->tag && i < domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(domains, i);
		const struct domain *old = domain_before(changes, domain->uuid);

		if (is_wanted(changes, domain, NULL) && old && old->running != domain->running)
			add(changes, "%s: %s", domain->name, domain->running ? "running" : "off");
	}
}

static bool is_in(const struct pass *pass, const struct device *like)
{
	const struct device *device = snapshot_find_device(pass->snapshot, like->sysname);

	return device && device->incarnation == like->incarnation;
}

/* Those in ONE that are not in THE OTHER. */
static void add_devices(struct changes *changes, const struct pass *one, const struct pass *other,
			const char *what)
{
	for (guint i = 0; i < one->snapshot->devices->len; i++) {
		const struct device *device = g_ptr_array_index(one->snapshot->devices, i);
		g_autofree char *words = words_device(device);

		if (!is_in(other, device))
			add(changes, "%s %s: %s: %s", device->hub ? "hub" : "device",
			    device->sysname, what, words);
	}
}

static const char *daemon_state(const struct pass *pass)
{
	const struct report *report = pass->snapshot->daemon;

	if (!report)
		return "none runs";
	return report->connected ? "runs" : "runs, and waits for libvirt";
}

char *show_changes(const struct pass *before, const struct pass *now, const char *domain,
		   const char *tag)
{
	g_autofree char *stamp = words_time(now->snapshot->time);
	struct changes changes = {before, now, domain, tag, stamp, g_string_new(NULL)};

	if (!domain && (!before || strcmp(daemon_state(before), daemon_state(now)) != 0))
		add(&changes, "daemon: %s", daemon_state(now));
	if (before && !domain) {
		add_devices(&changes, before, now, "unplugged");
		add_devices(&changes, now, before, "plugged in");
	}
	add_domains(&changes);
	if (before)
		add_gone_tags(&changes);
	add_tags(&changes);
	return g_string_free(changes.text, FALSE);
}
