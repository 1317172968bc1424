/* SPDX-License-Identifier: MIT */
/* A request on the control socket may be any bytes: it is none, or it is a command with bounded
 * arguments. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "reconciler/system/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *request = g_strndup((const char *)data, size);
	char **arguments;
	size_t length = 0;

	memcpy(request, data, size);
	arguments = wire_parse_request(request, size);
	if (!arguments)
		return 0;
	if (!arguments[0])
		abort();
	for (char **argument = arguments; *argument; argument++)
		length += strlen(*argument) + 1;
	if (length > size)
		abort();
	g_strfreev(arguments);
	return 0;
}
