/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/leave.h"

#include "reconciler/daemon/act.h"
#include "reconciler/daemon/link.h"
#include "state/clock.h"

static bool must_read_first(struct daemon *daemon)
{
	if (!daemon->leaving || !daemon->link ||
	    clock_now() >= daemon->due_stop - STOP_PATIENCE / 2)
		return false;
	link_read_dirty(daemon);
	return known_domains_are_busy(daemon->known_domains);
}

uint64_t leave_step(struct daemon *daemon)
{
	if (must_read_first(daemon))
		return daemon->due_stop - STOP_PATIENCE / 2;
	daemon->wanted = false;
	daemon->everything = true;
	if (daemon->leaving && daemon->link)
		act_pass(daemon, TRIGGER_REQUEST);
	return 0;
}
