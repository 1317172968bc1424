/* SPDX-License-Identifier: MIT */
#include "reconciler/system/service.h"

#ifdef HAVE_SYSTEMD

/* Without this libsystemd adds the source file and line of each message to the journal. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

/* The caller has a signal to obey. */
#define BUS_PATIENCE (2 * G_USEC_PER_SEC)

void service_ready(void)
{
	sd_notify(0, "READY=1");
}

void service_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void service_status(const char *format, ...)
{
	g_autofree char *status = NULL;
	va_list values;

	va_start(values, format);
	status = g_strdup_vprintf(format, values);
	va_end(values);
	sd_notifyf(0, "STATUS=%s", status);
}

uint64_t service_watchdog(void)
{
	uint64_t interval = 0;

	return sd_watchdog_enabled(0, &interval) > 0 ? interval : 0;
}

void service_alive(void)
{
	sd_notify(0, "WATCHDOG=1");
}

bool service_has_journal(int fd)
{
	const char *stream = g_getenv("JOURNAL_STREAM");
	g_autofree char *own = NULL;
	struct stat stat;

	if (!stream || fstat(fd, &stat) < 0)
		return false;
	own = g_strdup_printf("%ju:%ju", (uintmax_t)stat.st_dev, (uintmax_t)stat.st_ino);
	return strcmp(stream, own) == 0;
}

void service_journal(const GPtrArray *fields)
{
	g_autofree struct iovec *entry = g_new0(struct iovec, fields->len);

	for (guint i = 0; i < fields->len; i++) {
		entry[i].iov_base = g_ptr_array_index(fields, i);
		entry[i].iov_len = strlen(entry[i].iov_base);
	}
	sd_journal_sendv(entry, (int)fields->len);
}

bool service_host_is_stopping(void)
{
	sd_bus *bus = NULL;
	char *state = NULL;
	bool stopping = sd_bus_open_system(&bus) >= 0 &&
			sd_bus_set_method_call_timeout(bus, BUS_PATIENCE) >= 0 &&
			sd_bus_get_property_string(bus, "org.freedesktop.systemd1",
						   "/org/freedesktop/systemd1",
						   "org.freedesktop.systemd1.Manager",
						   "SystemState", NULL, &state) >= 0 &&
			strcmp(state, "stopping") == 0;

	free(state);
	sd_bus_flush_close_unref(bus);
	return stopping;
}

#else

void service_ready(void)
{
}

void service_stopping(void)
{
}

void service_status(const char *format G_GNUC_UNUSED, ...)
{
}

uint64_t service_watchdog(void)
{
	return 0;
}

void service_alive(void)
{
}

bool service_has_journal(int fd G_GNUC_UNUSED)
{
	return false;
}

void service_journal(const GPtrArray *fields G_GNUC_UNUSED)
{
}

bool service_host_is_stopping(void)
{
	return false;
}

#endif
