/* SPDX-License-Identifier: MIT */
#include "state/history.h"

static void free_memory(gpointer data)
{
	struct memory *memory = data;

	g_free(memory->error);
	g_free(memory->guest_port);
	g_free(memory);
}

struct history *history_new(void)
{
	struct history *history = g_new0(struct history, 1);

	history->memories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_memory);
	return history;
}

void history_free(struct history *history)
{
	if (!history)
		return;
	g_hash_table_unref(history->memories);
	g_free(history);
}

static char *key_of(const char *uuid, const char *alias)
{
	return g_strconcat(uuid, " ", alias, NULL);
}

const struct memory *history_find(const struct history *history, const char *uuid,
				  const char *alias)
{
	g_autofree char *key = key_of(uuid, alias);

	return g_hash_table_lookup(history->memories, key);
}

struct memory *history_get(struct history *history, const char *uuid, const char *alias)
{
	g_autofree char *key = key_of(uuid, alias);
	struct memory *memory = g_hash_table_lookup(history->memories, key);

	if (!memory) {
		memory = g_new0(struct memory, 1);
		g_hash_table_insert(history->memories, g_steal_pointer(&key), memory);
	}
	return memory;
}
