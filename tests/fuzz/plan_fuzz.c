/* SPDX-License-Identifier: MIT */
/* A snapshot file may come from anybody: what is read from it can be planned for, and be told. */
#include "fuzz.h"

#include "sinks.h"
#include "state/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *err = NULL;
	OWN(snapshot) snapshot = NULL;
	OWN(history) history = NULL;

	if (json_read_status(text, &snapshot, &history, &err) == 0)
		sinks_check(snapshot, history);
	return 0;
}
