/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Spellings. Strings that a device chose may hold any byte but NUL; here they become text that XML
 * and a person can carry, and come back unchanged.
 */

#include <glib.h>
#include <stdbool.h>

/*
 * A serial as a tag spells it: printable UTF-8 stays, every other byte and the backslash become
 * \xNN. Returns a new string.
 */
char *text_spell(const char *untrusted);

/*
 * The reverse: \xNN become bytes. Returns NULL when a backslash is not followed by x and two hex
 * digits, or stands for NUL.
 */
char *text_unspell(const char *spelling);

/* The value of a label in Prometheus' text format, without its quotes: as text_spell(), then
 * escaped as that format wants it. Two different strings stay different. Returns a new string. */
char *text_label(const char *untrusted);

/* One line of a monitoring plugin, where `|` ends the text: as text_printable(), and that too is
 * \x7c. Returns a new string. */
char *text_plugin(const char *untrusted);

/*
 * Whatever it was, fit for a terminal or a log line: one line, valid UTF-8, no control characters,
 * nothing that is written from right to left, which would reorder what stands beside it, and no
 * pile of marks (those bytes become \xNN). Returns a new string.
 */
char *text_printable(const char *untrusted);

/* TEXT, which is taken over, or the beginning of it where it is long, so that no device makes a
 * line for people endless. Returns a new string. */
#define TEXT_SHORT 64 /* characters, with the dots at the end */
char *text_shorten(char *text);
