/* SPDX-License-Identifier: MIT */
#include "reconciler/show/words.h"

#include "state/text.h"

char *words_id(struct usb_id id)
{
	return g_strdup_printf("%04x:%04x", id.vendor, id.product);
}

char *words_address(unsigned int bus, unsigned int dev)
{
	return g_strdup_printf("%03u:%03u", bus, dev);
}

char *words_at(const struct hostdev *hostdev)
{
	return hostdev->has_address ? words_address(hostdev->bus, hostdev->dev) : g_strdup("-");
}

const char *words_port(const struct device *device)
{
	return device->port ? device->port : device->sysname;
}

char *words_device(const struct device *device)
{
	g_autofree char *id = words_id(device->id);
	g_autofree char *serial = NULL;

	if (!device->untrusted_serial)
		return g_strdup_printf("%s port %s", id, words_port(device));
	serial = text_shorten(text_spell(device->untrusted_serial));
	return g_strdup_printf("%s serial %s", id, serial);
}

char *words_line(const char *format, ...)
{
	g_autofree char *untrusted_line = NULL;
	g_autofree char *line = NULL;
	va_list values;

	va_start(values, format);
	untrusted_line = g_strdup_vprintf(format, values);
	va_end(values);
	line = text_printable(untrusted_line);
	return g_strconcat(line, "\n", NULL);
}

char *words_count(guint count, const char *noun)
{
	return g_strdup_printf("%u %s%s", count, noun, count == 1 ? "" : "s");
}

char *words_tag(const struct tag *tag)
{
	return tag->name ? g_strdup(tag->name) : g_strdup_printf("entry %u", tag->entry);
}

char *words_domains(const struct snapshot *snapshot)
{
	GString *text = g_string_new("there is: ");

	if (snapshot->domains->len == 0)
		g_string_assign(text, "there are no domains");
	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);

		g_string_append_printf(text, "%s%s", i ? ", " : "", domain->name);
	}
	return g_string_free(text, FALSE);
}

char *words_tags(const struct domain *domain)
{
	GString *text = g_string_new("there is: ");

	if (domain->tags->len == 0)
		g_string_printf(text, "the domain has none; `usbreconcile status %s` says more",
				domain->name);
	for (guint i = 0; i < domain->tags->len; i++) {
		g_autofree char *name = words_tag(g_ptr_array_index(domain->tags, i));

		g_string_append_printf(text, "%s%s", i ? ", " : "", name);
	}
	return g_string_free(text, FALSE);
}

void words_append(GString *page, const char *label, char *text)
{
	g_autofree char *untrusted_text = text;
	g_autofree char *line = words_line("  %-12s%s", label, untrusted_text);

	g_string_append(page, line);
}

static char *holding_tag(const struct verdict *verdict, const struct device *device)
{
	for (guint i = 0; i < verdict->members->len; i++) {
		const struct member *member = g_ptr_array_index(verdict->members, i);

		if (member->device != device || member->kind == VERDICT_CONTESTED)
			continue;
		if (member->kind == VERDICT_ATTACHED)
			return g_strdup_printf("%s/%s", verdict->domain->name, verdict->tag->name);
		return g_strdup_printf("%s/%s (%s)", verdict->domain->name, verdict->tag->name,
				       verdict_kind_name(member->kind));
	}
	return NULL;
}

static char *holding_hostdev(const struct plan *plan, const struct device *device)
{
	for (guint i = 0; i < plan->unmanaged->len; i++) {
		const struct unmanaged *other = g_ptr_array_index(plan->unmanaged, i);

		if (other->device == device && other->live)
			return g_strdup_printf("%s (no tag)", other->domain->name);
	}
	return NULL;
}

char *words_holder(const struct plan *plan, const struct device *device)
{
	char *holder = NULL;

	for (guint i = 0; plan && i < plan->verdicts->len && !holder; i++)
		holder = holding_tag(g_ptr_array_index(plan->verdicts, i), device);
	if (plan && !holder)
		holder = holding_hostdev(plan, device);
	if (!holder && device->in_use)
		holder = g_strdup_printf("host: %s", device->in_use);
	if (!holder && device->driver)
		holder = g_strdup_printf("host: %s", device->driver);
	if (!holder && !device->authorized)
		holder = g_strdup("nobody: not authorized");
	return holder;
}

/* A tag that would take the device if it could: it lost it to another, or cannot tell it from
 * another. */
static bool wants(const struct verdict *verdict, const struct device *device)
{
	if (verdict->kind == VERDICT_AMBIGUOUS &&
	    g_ptr_array_find(verdict->candidates, device, NULL))
		return true;
	for (guint i = 0; i < verdict->members->len; i++) {
		const struct member *member = g_ptr_array_index(verdict->members, i);

		if (member->disputed == device)
			return true;
	}
	return false;
}

char *words_users(const struct plan *plan, const struct device *device)
{
	g_autofree char *holder = words_holder(plan, device);
	GString *text = g_string_new(holder);

	for (guint i = 0; plan && i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);

		if (wants(verdict, device))
			g_string_append_printf(text, "%s%s/%s wants it (%s)",
					       text->len > 0 ? "; " : "", verdict->domain->name,
					       verdict->tag->name,
					       verdict_kind_name(verdict->kind));
	}
	return g_string_free(text, text->len == 0);
}

char *words_time(int64_t seconds)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(seconds);

	return time ? g_date_time_format(time, "%F %T") : g_strdup("never");
}
