/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Changing the tags of one domain where others may do so at the same moment. libvirt has no way to
 * say "only if it is still what I read", so it is read again right before writing, and once more
 * after that: what somebody else has written in between is never overwritten knowingly, and a
 * change of ours that was lost is made again.
 */

#include "xmlutil/metadata_edit.h"

enum edit_reply {
	EDIT_DONE,    /* it is so, whether it had to be written or was so before */
	EDIT_REFUSED, /* our element cannot be changed so: metadata_edit() says why */
	EDIT_CLASH,   /* somebody else changes the same all the time */
	EDIT_FAILED,  /* libvirt said no */
};

/* One side of one domain, config or live: libvirt's (reconciler/virt_tags.c), or a test's. */
struct edit_hands {
	void *self;
	char *(*read)(void *self, char **err); /* the whole XML, a new string, or NULL */
	/* virDomainSetMetadata(); 0, or -1. */
	int (*write)(void *self, const char *set, const char *key, char **err);
};

/*
 * CHANGES as metadata_edit() takes them; WRITE false: only look whether it can be done. *ret_edit
 * (untouched but for EDIT_DONE) is the last reading with the changes in it; its `changed`
 * is whether anything was, or would be, written.
 */
enum edit_reply edit_side(const struct edit_hands *hands, const GPtrArray *changes, bool write,
			  struct metadata_edit **ret_edit, char **err);
