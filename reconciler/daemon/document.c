/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/document.h"

#include <string.h>

#include "reconciler/daemon/look.h"
#include "state/clock.h"
#include "state/json.h"

/* Counters and the time of day count as unchanged for so long. */
#define DOCUMENT_AGE (1 * G_USEC_PER_SEC)

GBytes *document_of(struct daemon *daemon)
{
	uint64_t now = clock_now();

	if (!daemon->document || now - daemon->document_at >= DOCUMENT_AGE) {
		OWN(pass) pass = look_at(daemon, NULL);
		char *text = json_write_status(pass->snapshot, pass->plan, daemon->history);

		g_clear_pointer(&daemon->document, g_bytes_unref);
		daemon->document = g_bytes_new_take(text, strlen(text));
		daemon->document_at = now;
		daemon_give_back();
	}
	return daemon->document;
}
