/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/document.h"

#include <string.h>

#include "reconciler/daemon/look.h"
#include "state/clock.h"
#include "state/fingerprint.h"
#include "state/json.h"

/* Counters and the time of day count as unchanged for so long. */
#define DOCUMENT_AGE (1 * G_USEC_PER_SEC)

struct watched {
	GBytes *line;
	char *fingerprint; /* of what it says */
	uint64_t passes;   /* so many had been made when that was looked at last, */
	bool connected;    /* … and so it was */
};

static GBytes *take(char *text)
{
	return g_bytes_new_take(text, strlen(text));
}

GBytes *document_of(struct daemon *daemon)
{
	uint64_t now = clock_now();

	if (!daemon->document || now - daemon->document_at >= DOCUMENT_AGE) {
		OWN(pass) pass = look_at(daemon, NULL);

		g_clear_pointer(&daemon->document, g_bytes_unref);
		daemon->document =
			take(json_write_status(pass->snapshot, pass->plan, daemon->history));
		daemon->document_at = now;
		daemon_give_back();
	}
	return daemon->document;
}

static uint64_t count_passes(const struct daemon *daemon)
{
	uint64_t sum = 0;

	for (int i = 0; i < TRIGGERS; i++)
		sum += daemon->report.passes[i];
	return sum;
}

/* Renders what is known now, if it says anything else than the line. True: it does. */
static bool renew(struct daemon *daemon)
{
	struct watched *watched = daemon->watched;
	OWN(pass) pass = look_at(daemon, NULL);
	g_autofree char *now = fingerprint_of(pass->snapshot, pass->plan);

	watched->passes = count_passes(daemon);
	watched->connected = daemon->link != NULL;
	if (g_strcmp0(now, watched->fingerprint) == 0)
		return false;
	g_free(watched->fingerprint);
	watched->fingerprint = g_steal_pointer(&now);
	g_clear_pointer(&watched->line, g_bytes_unref);
	watched->line = take(json_write_status_line(pass->snapshot, pass->plan, daemon->history));
	return true;
}

GBytes *document_line(struct daemon *daemon)
{
	if (!daemon->watched) {
		daemon->watched = g_new0(struct watched, 1);
		renew(daemon);
	}
	return daemon->watched->line;
}

bool document_line_is_new(struct daemon *daemon)
{
	const struct watched *watched = daemon->watched;

	/* All that becomes known leads to a pass, and so does what a pass has done. */
	return watched &&
	       (watched->passes != count_passes(daemon) ||
		watched->connected != (daemon->link != NULL)) &&
	       renew(daemon);
}

void document_forget_line(struct daemon *daemon)
{
	struct watched *watched = g_steal_pointer(&daemon->watched);

	if (!watched)
		return;
	g_bytes_unref(watched->line);
	g_free(watched->fingerprint);
	g_free(watched);
}
