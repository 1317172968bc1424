/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The way to the terminal: stdout carries data, stderr talk. What others chose (devices, domains,
 * metadata) is encoded here for talk; data is encoded by the show functions that make it.
 */

#include <glib.h>
#include <stdbool.h>

/* One line on stderr, with the program's name before it. Never ends in a newline of its own. */
void say_error(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* One more line on stderr, for what to do about it. */
void say_hint(const char *format, ...) G_GNUC_PRINTF(1, 2);

/*
 * From here on a monitoring system listens, which reads one line of stdout and knows the exit codes
 * 0 to 3: the first error becomes that line, and say_close() makes every other code a 3.
 */
void say_as_plugin(void);
#define SAY_PLUGIN_UNKNOWN 3

/*
 * So much time is left: then LAST_WORDS (encoded, static) go to stdout and the process ends with
 * STATUS, whatever it waits for. For commands that only read.
 */
void say_exit_after(unsigned int milliseconds, const char *last_words, int status);

/* Puts TEXT on stdout as it is: it has been encoded. */
void say_data(const char *text);

/* What was put there has arrived; false: it cannot, as when nobody reads it any more. */
bool say_flush(void);

/* The same as say_data() for lines that a person reads: on a terminal they break between words
 * (show_wrap()). */
void say_lines(const char *text);

/*
 * The last word before exit(): what was said must have arrived. Returns STATUS, or EX_IOERR with a
 * complaint when it has not. A reader that has had enough (`| head`) is no error.
 */
int say_close(int status);
