/* SPDX-License-Identifier: MIT */
#include "reconciler/show/log.h"

#include <syslog.h>
#include <unistd.h>

#include "reconciler/show/say.h"
#include "reconciler/system/service.h"
#include "reconciler/show/show.h"
#include "state/clock.h"
#include "state/text.h"

/* rules/usbreconcile.catalog says what each means; tests/journal.py holds the two together. */
static const struct log_kind {
	const char *id;
	int priority;
} kinds[] = {
	[LOG_CHANGED] = {"2bd5eb9c5c694672beddaee2e562f87f", LOG_INFO},
	[LOG_CHANGE_FAILED] = {"6067b2bdfae84a73ae90e84417842570", LOG_ERR},
	[LOG_CHANGE_SKIPPED] = {"9ba8281a43eb464ba1521ca04716308b", LOG_INFO},
	[LOG_TAG_CRITICAL] = {"61fad713601e47a8b14774ab6d07a0b3", LOG_WARNING},
	[LOG_TAG_WELL] = {"15c88d73bb4049cca6ab0490b299fb98", LOG_NOTICE},
	[LOG_CONNECTED] = {"92d423e239d84e88bd0b33f5ca36c969", LOG_INFO},
	[LOG_NOT_CONNECTED] = {"beebaef9574e4619bf5d079ead32338f", LOG_WARNING},
	[LOG_UDEV_LOST] = {"a941bf1d475f45358df6b6f38f72fab5", LOG_NOTICE},
	[LOG_TROUBLE] = {"bc8c6598495a40768cfaa90c950a145f", LOG_ERR},
};

/* NAME=VALUE, unless there is none. */
static void add_field(GPtrArray *fields, const char *name, const char *untrusted_value)
{
	g_autofree char *value = NULL;

	if (!untrusted_value)
		return;
	value = text_printable(untrusted_value);
	g_ptr_array_add(fields, g_strdup_printf("%s=%s", name, value));
}

static void add_number(GPtrArray *fields, const char *name, uint64_t value)
{
	if (value != 0)
		g_ptr_array_add(fields, g_strdup_printf("%s=%" G_GUINT64_FORMAT, name, value));
}

static void add_outcome(GPtrArray *fields, const struct outcome *outcome)
{
	const struct action *action = outcome->action;

	add_field(fields, "USBRECONCILE_ALIAS", action->alias);
	add_field(fields, "USBRECONCILE_ACTION", action_kind_name(action->kind));
	add_field(fields, "USBRECONCILE_REASON", reason_name(action->reason));
	add_field(fields, "USBRECONCILE_OUTCOME", outcome_kind_name(outcome->kind));
	add_field(fields, "USBRECONCILE_DEVICE", action->device ? action->device->sysname : NULL);
	add_field(fields, "USBRECONCILE_ERROR", outcome->message);
	add_number(fields, "LIBVIRT_ERROR_CODE", (uint64_t)outcome->code);
}

static void add_about(GPtrArray *fields, const struct log_about *about)
{
	add_number(fields, "USBRECONCILE_PASS", about->pass);
	add_field(fields, "LIBVIRT_DOMAIN", about->domain ? about->domain->name : NULL);
	add_field(fields, "LIBVIRT_DOMAIN_UUID", about->domain ? about->domain->uuid : NULL);
	add_field(fields, "USBRECONCILE_TAG", about->tag ? about->tag->name : NULL);
	if (about->verdict) {
		add_field(fields, "USBRECONCILE_VERDICT", verdict_kind_name(about->verdict->kind));
		add_field(fields, "USBRECONCILE_REASON", reason_name(about->verdict->reason));
	}
	if (about->outcome)
		add_outcome(fields, about->outcome);
}

/* Trouble that does not end is told once a minute. */
#define TROUBLE_EVERY (60 * G_USEC_PER_SEC)
#define TROUBLES      16 /* that are told apart */

static bool was_just_said(enum log_event event, const char *line)
{
	static struct {
		guint line;
		uint64_t at;
	} said[TROUBLES];
	guint hash = g_str_hash(line);
	uint64_t now = clock_now();
	guint oldest = 0;

	if (event != LOG_TROUBLE)
		return false;
	for (guint i = 0; i < TROUBLES; i++) {
		if (said[i].line == hash && said[i].at != 0 && now - said[i].at < TROUBLE_EVERY)
			return true;
		if (said[i].at < said[oldest].at)
			oldest = i;
	}
	said[oldest].line = hash;
	said[oldest].at = now;
	return false;
}

void log_event(enum log_event event, const struct log_about *about, const char *format, ...)
{
	g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *untrusted_line = NULL;
	va_list values;

	va_start(values, format);
	untrusted_line = g_strdup_vprintf(format, values);
	va_end(values);
	if (was_just_said(event, untrusted_line))
		return;
	if (!service_has_journal(STDERR_FILENO)) {
		say_error("%s", untrusted_line);
		return;
	}
	add_field(fields, "MESSAGE", untrusted_line);
	add_number(fields, "PRIORITY", (uint64_t)kinds[event].priority);
	add_field(fields, "MESSAGE_ID", kinds[event].id);
	if (about)
		add_about(fields, about);
	service_journal(fields);
}

void log_outcome(const struct outcome *outcome, uint64_t pass)
{
	const struct log_about about = {
		.pass = pass,
		.domain = outcome->action->domain,
		.tag = outcome->action->tag,
		.outcome = outcome,
	};
	g_autofree char *line = show_outcome(outcome);
	enum log_event event = LOG_CHANGED;

	switch (outcome->kind) {
	case OUTCOME_DONE:
	case OUTCOME_PRINTED:
		break;
	case OUTCOME_FAILED:
		event = LOG_CHANGE_FAILED;
		break;
	case OUTCOME_SKIPPED:
		event = LOG_CHANGE_SKIPPED;
		break;
	}
	log_event(event, &about, "%s", line);
}

void log_verdict(const struct verdict *verdict, uint64_t pass)
{
	const struct log_about about = {
		.pass = pass,
		.domain = verdict->domain,
		.tag = verdict->tag,
		.verdict = verdict,
	};
	bool critical = verdict->severity == SEVERITY_CRITICAL;

	log_event(critical ? LOG_TAG_CRITICAL : LOG_TAG_WELL, &about, "%s/%s %s %s: %s",
		  verdict->domain->name, verdict->tag->name ? verdict->tag->name : "-",
		  critical ? "is" : "is no longer critical, but", verdict_kind_name(verdict->kind),
		  verdict->sentence);
}

bool log_has_stdout(void)
{
	return service_has_journal(STDOUT_FILENO) && service_has_journal(STDERR_FILENO);
}
