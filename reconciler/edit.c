/* SPDX-License-Identifier: MIT */
#include "reconciler/edit.h"

#include <string.h>

#define TRIES 4

static enum edit_reply look(const struct edit_hands *hands, const GPtrArray *changes,
			    char **ret_text, struct metadata_edit **ret_edit, char **err)
{
	g_autofree char *text = hands->read(hands->self, err);

	if (!text)
		return EDIT_FAILED;
	if (metadata_edit(text, changes, ret_edit, err) < 0)
		return EDIT_REFUSED;
	if (ret_text)
		*ret_text = g_steal_pointer(&text);
	return EDIT_DONE;
}

/* Is it still what the edit was made from? */
static bool is_still(const struct edit_hands *hands, const char *text)
{
	g_autofree char *unneeded = NULL;
	g_autofree char *now = hands->read(hands->self, &unneeded);

	return g_strcmp0(now, text) == 0;
}

enum edit_reply edit_side(const struct edit_hands *hands, const GPtrArray *changes, bool write,
			  struct metadata_edit **ret_edit, char **err)
{
	bool written = false;

	for (unsigned int i = 0; i < TRIES; i++) {
		g_autofree char *text = NULL;
		OWN(metadata_edit) edit = NULL;
		enum edit_reply reply = look(hands, changes, &text, &edit, err);

		if (reply != EDIT_DONE)
			return reply;
		if (!edit->changed || !write) {
			edit->changed = edit->changed || written;
			if (ret_edit)
				*ret_edit = g_steal_pointer(&edit);
			return EDIT_DONE;
		}
		if (!is_still(hands, text))
			continue;
		if (hands->write(hands->self, edit->set, edit->key, err) < 0)
			return EDIT_FAILED;
		written = true;
	}
	*err = g_strdup("somebody else is changing it at the same time");
	return EDIT_CLASH;
}
