/* SPDX-License-Identifier: MIT */

#include "reconciler/daemon/announce.h"

#include "reconciler/show/log.h"

/* Names one entry of a domain's metadata: an invalid one may have no name, or another's. */
static char *key_of(const struct verdict *verdict)
{
	return g_strdup_printf("%u %s", verdict->tag->entry,
			       verdict->tag->name ? verdict->tag->name : "");
}

/* A tag that failed and is `pending` because it is tried again is not better yet: the log still has
 * it as critical. */
static bool is_another_try(const struct verdict *verdict)
{
	for (guint i = 0; verdict->kind == VERDICT_PENDING && i < verdict->members->len; i++) {
		const struct member *member = g_ptr_array_index(verdict->members, i);

		if (member->failures > 0)
			return true;
	}
	return false;
}

/* BEFORE has the tags that the log was told to be critical, NOW gets those that are still so: the
 * log hears of a tag only when it enters or leaves, or is there for another reason. */
static void announce(GHashTable *before, GHashTable *now, const struct verdict *verdict,
		     uint64_t pass)
{
	g_autofree char *key = key_of(verdict);
	/* The verdict and its reason: another reason is news, another sentence is not. */
	guint told = GPOINTER_TO_UINT(g_hash_table_lookup(before, key));
	guint what = 0;

	if (told != 0 && is_another_try(verdict))
		what = told;
	else if (verdict->severity == SEVERITY_CRITICAL)
		what = (guint)verdict->reason + 1;
	if (what != told)
		log_verdict(verdict, pass);
	if (what != 0)
		g_hash_table_insert(now, g_steal_pointer(&key), GUINT_TO_POINTER(what));
}

void announce_verdicts(struct daemon *daemon, const struct pass *made, uint64_t pass)
{
	const GPtrArray *verdicts = made->plan->verdicts;
	guint next = 0; /* they stand in the order of the domains */

	for (guint i = 0; i < made->snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(made->snapshot->domains, i);
		struct known_domain *known =
			known_domains_find(daemon->known_domains, domain->uuid);
		g_autoptr(GHashTable) before = known->critical;

		known->critical = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		for (; next < verdicts->len; next++) {
			const struct verdict *verdict = g_ptr_array_index(verdicts, next);

			if (verdict->domain != domain)
				break;
			announce(before, known->critical, verdict, pass);
		}
	}
}
