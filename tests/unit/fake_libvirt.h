/* SPDX-License-Identifier: MIT */
#pragma once

/* Hands for tests: a libvirt of mere facts, which fails where it is told to. */

#include "reconciler/libvirt/hands.h"
#include "state/snapshot.h"

struct libvirt {
	struct hands hands;
	GPtrArray *facts;
	GPtrArray *acted; /* const struct action *, as they were asked for */
	guint rereads;
	int refuse_at;    /* the how-manyeth act() is refused, from 0; -1: none */
	int lie_at;       /* … is answered HAND_DONE and not done */
	int gone_at;      /* … is answered HAND_GONE */
	int unsure_at;    /* … is answered HAND_UNSURE */
	bool unsure_does; /* … and done all the same */
	bool silent;      /* … is HAND_SILENT instead */
	int changed_from; /* the how-manyeth still_is() says no, and all later ones */
	int looks;
	int used_from; /* the how-manyeth used() says that the host has it, and all later ones */
	int uses_asked;
	bool asked_claimed; /* … and what the last one was asked */
};

/* Holds what the world's domains hold, and fails nowhere. */
struct libvirt *libvirt_new(const struct snapshot *world);
void libvirt_free(struct libvirt *libvirt);
OWN_DEFINE(libvirt)
