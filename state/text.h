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

/*
 * Whatever it was, fit for a terminal or a log line: one line, valid UTF-8, no control characters
 * and no invisible reordering (those bytes become \xNN). Returns a new string.
 */
char *text_printable(const char *untrusted);
