/* SPDX-License-Identifier: MIT */

/* What must be so when the host goes down, and when it comes up again. */

#include "check.h"

static bool leaves_well; /* it could know all that it must do when the host goes down */

void check_before_leaving(void)
{
	leaves_well = check_can_be_known();
	for (guint i = 0; i < guests->len; i++) {
		const struct guest *guest = g_ptr_array_index(guests, i);

		leaves_well = leaves_well && sim_now - guest->changed > 65 * SEC;
	}
}

void check_left(void)
{
	if (program_runs()) {
		fail("SIGTERM was 20 s ago, and the daemon still runs");
		return;
	}
	for (guint i = 0; leaves_well && i < guests->len; i++) {
		const struct guest *guest = g_ptr_array_index(guests, i);

		for (guint k = 0; k < guest->config->len; k++) {
			const struct entry *entry = g_ptr_array_index(guest->config, k);
			const struct wish *wish = wish_of_alias(guest, entry->alias);

			if (check_is_ours(entry) && wish && wish->persist > 0 &&
			    !check_is_of_invalid(guest, entry))
				fail("the host goes down, and the config of %s keeps %s",
				     guest->name, entry->alias);
		}
	}
}

void check_start(const struct guest *guest)
{
	/* Who else had a hand in it is not looked into: a hostdev of a person's may be to blame. */
	const GPtrArray *side = guest->saved ? guest->image : guest->config;
	bool ours = true;

	for (guint i = 0; i < side->len; i++)
		ours = ours && check_is_ours(g_ptr_array_index(side, i));
	if (ours && side->len > 0 && leaves_well && check_can_be_known() &&
	    !has_invalid_wish(guest))
		fail("%s was %s when the host went down, and cannot be started at the next boot",
		     guest->name, guest->saved ? "saved" : "shut down");
}
