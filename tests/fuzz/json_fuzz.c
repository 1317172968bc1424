/* SPDX-License-Identifier: MIT */
/* A snapshot file may come from anybody: it is refused with a reason, or it is what is written
 * again. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "state/json.h"

static char *write_again(const struct snapshot *snapshot, const struct history *history)
{
	OWN(plan) plan = plan_new();

	return json_write_status(snapshot, plan, history);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *once = NULL;
	g_autofree char *twice = NULL;
	g_autofree char *err = NULL;
	OWN(snapshot) snapshot = NULL;
	OWN(history) history = NULL;
	OWN(snapshot) snapshot_again = NULL;
	OWN(history) history_again = NULL;

	if (json_read_status(text, &snapshot, &history, &err) != 0) {
		if (!err || snapshot || history)
			abort();
		return 0;
	}
	once = write_again(snapshot, history);
	if (json_read_status(once, &snapshot_again, &history_again, &err) != 0)
		abort();
	twice = write_again(snapshot_again, history_again);
	if (strcmp(once, twice) != 0)
		abort();
	return 0;
}
