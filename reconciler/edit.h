/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Changing the tags of one domain where others may do so at the same moment. libvirt has no way to
 * say "only if it is still what I read", so it is read again right before writing, and once more
 * after that: what somebody else has written in between is never overwritten knowingly, and a
 * change of ours that was lost is made again.
 */

#include "reconciler/libvirt/hands.h"
#include "xmlutil/metadata_edit.h"

enum edit_reply {
	EDIT_DONE,    /* it is so, whether it had to be written or was so before */
	EDIT_REFUSED, /* our element cannot be changed so: metadata_edit() says why */
	EDIT_CLASH,   /* somebody else changes the same all the time */
	EDIT_FAILED,  /* libvirt said no */
};

/*
 * CHANGES as metadata_edit() takes them; WRITE false: only look whether it can be done. *ret_edit
 * (untouched but for EDIT_DONE) is the last reading with the changes in it; its `changed`
 * is whether anything was, or would be, written.
 */
enum edit_reply edit_side(const struct tag_hands *hands, const GPtrArray *changes, bool write,
			  struct metadata_edit **ret_edit, char **err);

/*
 * The same for a whole domain: the config first, then the running domain's own copy is made the
 * same. CONFIG: NULL for a transient domain; LIVE: NULL for one that is off. EDIT_DONE with *err:
 * only the running domain's copy, which nothing but a migration or a snapshot goes by, could not be
 * written.
 */
enum edit_reply edit_both(const struct tag_hands *config, const struct tag_hands *live,
			  const GPtrArray *changes, bool write, struct metadata_edit **ret_edit,
			  char **err);
