/* SPDX-License-Identifier: MIT */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool sim_tracing;
char *sim_failure;

static void print(const char *who, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++)
		printf("%6" G_GUINT64_FORMAT ".%03u %-8s %s\n", sim_now / SEC,
		       (unsigned int)(sim_now % SEC / MS), who, *line);
}

void trace(const char *who, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list values;

	if (!sim_tracing)
		return;
	va_start(values, format);
	text = g_strdup_vprintf(format, values);
	va_end(values);
	print(who, text);
}

void fail(const char *format, ...)
{
	va_list values;

	if (sim_failure)
		return;
	va_start(values, format);
	sim_failure = g_strdup_vprintf(format, values);
	va_end(values);
	if (sim_tracing)
		print("FAILURE", sim_failure);
}

/* What the daemon says to its log. */
void __wrap_say_error(const char *format, ...) G_GNUC_PRINTF(1, 2);
void __wrap_say_error(const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list values;

	va_start(values, format);
	text = g_strdup_vprintf(format, values);
	va_end(values);
	trace("daemon", "%s", text);
}
