/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The way to the terminal: stdout carries data, stderr talk. What others chose (devices, domains,
 * metadata) is encoded here for talk; data is encoded by the show functions that make it.
 */

#include <glib.h>

/* One line on stderr, with the program's name before it. Never ends in a newline of its own. */
void say_error(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* One more line on stderr, for what to do about it. */
void say_hint(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Puts TEXT on stdout as it is: it has been encoded. */
void say_data(const char *text);

/*
 * The last word before exit(): what was said must have arrived. Returns STATUS, or EX_IOERR with a
 * complaint when it has not. A reader that has had enough (`| head`) is no error.
 */
int say_close(int status);
