/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The hands that the spine acts with, and the only way it touches the world: libvirt's and sysfs's
 * (virt_hands.c, virt_tags.c), or a test's that fail on demand. A dry run has no hands at all.
 */

#include "state/domain.h"
#include "state/plan.h"

enum hand_reply {
	HAND_DONE,   /* libvirt said yes; a live detach: and that the device is removed */
	HAND_UNSURE, /* a detach that may or may not have happened: only a re-read shows. The
		      * refusal holds what to say if it has not */
	HAND_SILENT, /* a live detach that libvirt has taken on, and has not finished after 10 s: it
		      * is yet to happen, or has happened without a word. As HAND_UNSURE */
	HAND_REFUSED, /* libvirt said no: code and message */
	HAND_GONE,    /* the domain is gone or stopped meanwhile: look again */
};

struct refusal {
	int code;      /* virErrorNumber, 0 when it was not libvirt that refused */
	char *message; /* for people; owned by whoever declared the struct */
};

struct hands {
	void *self;
	/* One action's libvirt call. A live detach returns when libvirt has said DEVICE_REMOVED, or
	 * after 10 s without it. */
	enum hand_reply (*act)(void *self, const struct action *action, struct refusal *refusal);
	/* A fresh reading of one side of the action's domain (live, config or image, as its kind
	 * says), to prove what became of it; only hostdevs and other_aliases are filled. Never
	 * HAND_UNSURE. */
	enum hand_reply (*reread)(void *self, const struct action *action,
				  struct domain **ret_domain, struct refusal *refusal);
	/* Is the guest on its way to or from another host? Asked once, before the first of its
	 * actions, none of which could be done then. NULL: it is not. */
	bool (*is_migrating)(void *self, const struct domain *domain);
	/* devices_still_is() */
	int (*still_is)(void *self, const struct device *device);
	/* devices_use_now() */
	char *(*used)(void *self, const struct device *device, bool claimed);
};

/* The same for the metadata of one side of one domain, config or live. */
struct tag_hands {
	void *self;
	char *(*read)(void *self, char **err); /* the whole XML, a new string, or NULL */
	/* virDomainSetMetadata(); 0, or -1. */
	int (*write)(void *self, const char *set, const char *key, char **err);
};
