/* SPDX-License-Identifier: MIT */
#include "reconciler/edit.h"

#define TRIES 4

static enum edit_reply read_and_edit(const struct tag_hands *hands, const GPtrArray *changes,
				     struct metadata_edit **ret_edit, char **err)
{
	g_autofree char *text = hands->read(hands->self, err);

	if (!text)
		return EDIT_FAILED;
	return metadata_edit(text, changes, ret_edit, err) < 0 ? EDIT_REFUSED : EDIT_DONE;
}

enum edit_reply edit_side(const struct tag_hands *hands, const GPtrArray *changes, bool write,
			  struct metadata_edit **ret_edit, char **err)
{
	bool written = false;

	for (unsigned int i = 0; i < TRIES; i++) {
		OWN(metadata_edit) edit = NULL;
		OWN(metadata_edit) again = NULL;
		enum edit_reply reply = read_and_edit(hands, changes, &edit, err);

		if (reply != EDIT_DONE)
			return reply;
		if (!edit->changed || !write) {
			edit->changed = edit->changed || written;
			*ret_edit = g_steal_pointer(&edit);
			return EDIT_DONE;
		}
		reply = read_and_edit(hands, changes, &again, err);
		if (reply != EDIT_DONE)
			return reply;
		/* Would it come to something else now? The rest of the domain may change. */
		if (g_strcmp0(edit->xml, again->xml) != 0)
			continue;
		if (hands->write(hands->self, edit->set, edit->key, err) < 0)
			return EDIT_FAILED;
		written = true;
	}
	*err = g_strdup("somebody else is changing it at the same time");
	return EDIT_CLASH;
}

/* The running domain's copy is what the config has now, not an edit of what it was: it follows the
 * config at the next start anyway, and `virsh edit` may have changed that alone. */
static void follow(const struct tag_hands *live, const struct metadata_edit *config, char **err)
{
	g_autoptr(GPtrArray) nothing = g_ptr_array_new();
	OWN(metadata_edit) now = NULL;
	g_autofree char *unneeded = NULL;
	g_autofree char *xml = live->read(live->self, err);

	if (!xml || (config->xml && !config->set))
		return;
	if (metadata_edit(xml, nothing, &now, &unneeded) == 0 &&
	    g_strcmp0(now->set, config->set) == 0 && g_strcmp0(now->xml, config->xml) == 0)
		return;
	live->write(live->self, config->set, config->key, err);
}

enum edit_reply edit_both(const struct tag_hands *config, const struct tag_hands *live,
			  const GPtrArray *changes, bool write, struct metadata_edit **ret_edit,
			  char **err)
{
	enum edit_reply reply = edit_side(config ? config : live, changes, write, ret_edit, err);

	if (reply == EDIT_DONE && write && config && live)
		follow(live, *ret_edit, err);
	return reply;
}
