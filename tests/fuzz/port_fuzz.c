/* SPDX-License-Identifier: MIT */
/* Whatever is pasted as a port is none, with a reason, or one that reads as itself. */
#include "fuzz.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "state/port.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *port = NULL;
	g_autofree char *again = NULL;
	const char *why = NULL, *fix = NULL;
	enum port_kind kind = port_read(text, &port, &why, &fix);

	if (kind == PORT_NONE) {
		if (port || !why || !fix)
			abort();
		return 0;
	}
	if (port_read(port, &again, &why, &fix) != kind || strcmp(port, again) != 0)
		abort();
	return 0;
}
