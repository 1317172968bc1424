/* SPDX-License-Identifier: MIT */
#pragma once

/* The service manager, if there is one: systemd's notify protocol, its state and its journal. The
 * door to libsystemd; without it every function does nothing. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

void service_ready(void);
void service_stopping(void);
void service_status(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Microseconds between signs of life that the manager wants, 0 none; and one such sign. */
uint64_t service_watchdog(void);
void service_alive(void);

/* Does what is written to FD end in the journal (systemd.exec(5), JOURNAL_STREAM)? */
bool service_has_journal(int fd);

/* One entry of the journal; FIELDS: "NAME=value", char *. */
void service_journal(const GPtrArray *fields);

/* Is the whole host going down, and not only this service? False when nobody can tell. */
bool service_host_is_stopping(void);
