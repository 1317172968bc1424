/* SPDX-License-Identifier: MIT */
#pragma once

/* The service manager, if there is one: systemd's notify protocol and its state. The door to
 * libsystemd; without it every function does nothing. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

void service_ready(void);
void service_stopping(void);
void service_status(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Microseconds between signs of life that the manager wants, 0 none; and one such sign. */
uint64_t service_watchdog(void);
void service_alive(void);

/* Is the whole host going down, and not only this service? False when nobody can tell. */
bool service_host_is_stopping(void);
