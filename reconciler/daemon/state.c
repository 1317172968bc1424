/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/state.h"

#include <malloc.h>

void daemon_init(struct daemon *daemon)
{
	daemon->history = history_new();
	daemon->known_domains = known_domains_new();
	daemon->devices = g_ptr_array_new();
	daemon->planned = g_ptr_array_new();
	daemon->changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	daemon->bound = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	daemon->unheard = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	daemon->awaited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void daemon_clear(struct daemon *daemon)
{
	history_free(daemon->history);
	known_domains_free(daemon->known_domains);
	g_ptr_array_unref(daemon->devices);
	g_clear_pointer(&daemon->changes, g_ptr_array_unref);
	g_ptr_array_unref(daemon->planned);
	g_hash_table_unref(daemon->changed);
	g_hash_table_unref(daemon->bound);
	g_hash_table_unref(daemon->unheard);
	g_hash_table_unref(daemon->awaited);
	daemon_changed(daemon);
	g_free(daemon->uri);
	g_free(daemon->said);
}

void daemon_give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

void daemon_changed(struct daemon *daemon)
{
	g_clear_pointer(&daemon->document, g_bytes_unref);
}

void daemon_want(struct daemon *daemon, enum trigger trigger)
{
	if (!daemon->wanted)
		daemon->trigger = trigger;
	daemon->wanted = true;
	daemon->everything = daemon->everything || trigger == TRIGGER_START ||
			     trigger == TRIGGER_RESYNC || trigger == TRIGGER_REQUEST;
}
