/* SPDX-License-Identifier: MIT */
#pragma once

/* How wide text is on a terminal, and where it may end: for show_wrap() and table.h. TEXT is
 * valid UTF-8. */

#include <glib.h>

/* The columns that TEXT takes. */
size_t wrap_width(const char *text);

/* Where TEXT must end to be no wider than WIDTH; inside it. */
const char *wrap_end_within(const char *text, size_t width);
