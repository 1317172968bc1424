/* SPDX-License-Identifier: MIT */

/* Tells the log when a tag has come to something that a person must look at, and when it is over.
 */

#include "reconciler/daemon_parts.h"
#include "reconciler/log.h"

/* One entry of a domain's metadata, whatever it is called. */
static char *key_of(const struct verdict *verdict)
{
	return g_strdup_printf("%s %u %s", verdict->domain->uuid, verdict->tag->entry,
			       verdict->tag->name ? verdict->tag->name : "");
}

void tell_verdicts(struct daemon *daemon, const struct plan *plan, uint64_t pass)
{
	GHashTable *critical = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < plan->verdicts->len; i++) {
		const struct verdict *verdict = g_ptr_array_index(plan->verdicts, i);
		bool is = verdict->severity == SEVERITY_CRITICAL;
		g_autofree char *key = key_of(verdict);
		/* The verdict and its reason: another reason is news, another sentence is not. */
		guint now = (guint)verdict->reason + 1;
		guint before = GPOINTER_TO_UINT(g_hash_table_lookup(daemon->critical, key));

		if (is ? before != now : before != 0)
			log_verdict(verdict, pass);
		if (is)
			g_hash_table_insert(critical, g_steal_pointer(&key), GUINT_TO_POINTER(now));
	}
	g_hash_table_unref(daemon->critical);
	daemon->critical = critical;
}
