/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/look.h"

struct pass *look_at(const struct daemon *daemon, const GPtrArray *only)
{
	struct snapshot *snapshot = snapshot_new();

	known_domains_show(daemon->known_domains, only, snapshot);
	g_ptr_array_unref(snapshot->devices);
	snapshot->devices = g_ptr_array_ref(daemon->devices);
	snapshot_stamp(snapshot, daemon->uri);
	snapshot->leaving = daemon->leaving;
	if (daemon->changes) {
		g_ptr_array_unref(snapshot->changes);
		snapshot->changes = g_ptr_array_ref(daemon->changes);
	}
	snapshot->daemon = g_new(struct report, 1);
	*snapshot->daemon = daemon->report;
	snapshot->daemon->connected = daemon->link != NULL;
	if (daemon->link)
		snapshot->daemon->libvirt_calls += virt_count_calls(daemon->link->virt);
	return pass_make(snapshot, daemon->history);
}
