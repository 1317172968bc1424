/* SPDX-License-Identifier: MIT */
#include "reconciler/say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "state/text.h"

/* errno of the first write to stdout that failed, 0 none. */
static int lost;

static void talk(const char *before, const char *format, va_list values) G_GNUC_PRINTF(2, 0);

static void talk(const char *before, const char *format, va_list values)
{
	g_autofree char *untrusted_line = g_strdup_vprintf(format, values);
	g_autofree char *line = text_printable(untrusted_line);

	fprintf(stderr, "%s%s\n", before, line);
}

void say_error(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	talk("usbreconcile: ", format, values);
	va_end(values);
}

void say_hint(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	talk("  ", format, values);
	va_end(values);
}

void say_data(const char *text)
{
	if (fputs(text, stdout) == EOF && lost == 0)
		lost = errno;
}

int say_close(int status)
{
	if (fflush(stdout) == EOF && lost == 0)
		lost = errno;
	if (lost == 0 || lost == EPIPE)
		return status;
	say_error("cannot write the output: %s", g_strerror(lost));
	return EX_IOERR;
}
