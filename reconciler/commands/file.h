/* SPDX-License-Identifier: MIT */
#pragma once

/* Files that a person names on the command line. */

#include <glib.h>

#define FILE_MAX_BYTES (16 * 1024 * 1024)

/*
 * The whole of NAME, "-" for stdin, as a new string with a NUL behind it; *ret_length (may be NULL)
 * its bytes. 0, or -1 with *err.
 */
int file_read(const char *name, char **ret_text, gsize *ret_length, char **err);
