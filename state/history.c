/* SPDX-License-Identifier: MIT */
#include "state/history.h"

static void free_memory(gpointer data)
{
	struct memory *memory = data;

	for (int side = 0; side < SIDES; side++)
		g_free(memory->sides[side].error);
	g_array_unref(memory->deeds);
	g_free(memory->guest_port);
	g_free(memory->rest);
	g_free(memory);
}

struct history *history_new(void)
{
	struct history *history = g_new0(struct history, 1);

	history->domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						 (GDestroyNotify)g_hash_table_unref);
	return history;
}

void history_free(struct history *history)
{
	if (!history)
		return;
	g_hash_table_unref(history->domains);
	g_free(history);
}

GHashTable *history_of(const struct history *history, const char *uuid)
{
	return g_hash_table_lookup(history->domains, uuid);
}

const struct memory *history_find(const struct history *history, const char *uuid,
				  const char *alias)
{
	GHashTable *memories = history_of(history, uuid);

	return memories ? g_hash_table_lookup(memories, alias) : NULL;
}

struct memory *history_get(struct history *history, const char *uuid, const char *alias)
{
	GHashTable *memories = history_of(history, uuid);
	struct memory *memory;

	if (!memories) {
		memories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_memory);
		g_hash_table_insert(history->domains, g_strdup(uuid), memories);
	}
	memory = g_hash_table_lookup(memories, alias);
	if (!memory) {
		memory = g_new0(struct memory, 1);
		memory->deeds = g_array_new(FALSE, TRUE, sizeof(struct deed));
		g_hash_table_insert(memories, g_strdup(alias), memory);
	}
	return memory;
}
