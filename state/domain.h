/* SPDX-License-Identifier: MIT */
#pragma once

/* A libvirt domain as far as it concerns us: its tags and its USB hostdevs. A value. */

#include <glib.h>
#include <stdbool.h>

#include "state/hostdev.h"
#include "state/tag.h"
#include "state/own.h"

enum metadata_state {
	METADATA_ABSENT,  /* read, and there is nothing of ours */
	METADATA_VALID,   /* read, and every entry is valid */
	METADATA_INVALID, /* read; the wrapper or an entry is not */
	METADATA_UNREAD,  /* could not be read: nothing follows from it */
};

/* The XMLs of a domain that have hostdevs. */
enum domain_side {
	SIDE_LIVE,
	SIDE_CONFIG,
	SIDE_IMAGE, /* the managed save image */
};
#define SIDES 3 /* how many */

/* A USB port of the guest, and what has it. */
struct guest_port {
	char *port; /* "BUS:PORT" */
	char *by;   /* the element: "input", "redirdev", "hub", … */
};

/* A USB controller of the guest. */
struct guest_bus {
	unsigned int bus;
	unsigned int ports;
};

/* Something of the host's that a running domain has by other means than a USB hostdev. */
struct domain_use {
	char *by;   /* the element: "disk", "qemu:commandline" */
	char *what; /* "/dev/disk/by-id/...", an interface's name, "usb-host,hostbus=1,..." */
};

struct domain {
	char *name;
	char *uuid;
	unsigned int id; /* libvirt's number of it while it runs, 0: none */
	bool running;    /* has a QEMU; includes paused */
	bool persistent; /* has a config on disk; false for a transient domain */
	bool saved;      /* off, with a managed save image */
	/* Why the domain could not be read, or NULL. Nothing of an unreadable domain is changed,
	 * and what it holds stays its own. */
	char *unreadable;
	bool starting;  /* its QEMU is not up yet, and every call about it would wait for that */
	bool migrating; /* … which is that it is on its way to or from another host */
	enum metadata_state metadata;
	GPtrArray *tags;   /* struct tag * in document order, the invalid ones too */
	GPtrArray *live;   /* struct hostdev * in document order; empty when off */
	GPtrArray *config; /* struct hostdev *; empty when transient */
	GPtrArray *image;  /* struct hostdev * of the managed save image; empty without */
	/* struct guest_port *: USB ports that others than USB hostdevs have in the live XML, and
	 * in the persistent one. */
	GPtrArray *live_ports;
	GPtrArray *config_ports;
	/* struct guest_bus, of the XML that the tags are in. For `validate` only, and not in the
	 * JSON form. */
	GArray *guest_buses;
	/* How many USB ports the guest's controllers and hubs have, and how many of these its
	 * devices take that are no hostdevs. For `validate` only: neither is in the JSON form. */
	unsigned int guest_ports;
	unsigned int guest_ports_taken;
	GPtrArray *other_aliases; /* char *: our aliases on devices that are no USB hostdev */
	GPtrArray *uses;          /* struct domain_use *, of the live XML; empty when off */
};

struct domain *domain_new(const char *name, const char *uuid);
/* Drops one reference; references may be held by several threads, once nothing changes it any more.
 */
void domain_unref(struct domain *domain);
OWN_DEFINE_AS(domain, domain_unref)
/* A new, empty list of struct domain * that it owns. */
GPtrArray *domain_list_new(void);
struct domain *domain_ref(struct domain *domain);

/* The same domain, sharing its lists: replace a list, never change it. */
struct domain *domain_copy(const struct domain *domain);

/* A new, empty list of struct guest_port * that it owns; and one more in it. */
GPtrArray *domain_new_ports(void);
void domain_add_port(GPtrArray *ports, const char *port, const char *by);

/* READ, which is used up; but if it could not be read, OLD (NULL: none) with the reason: what a
 * domain is known to want and to hold stays its own. Except of one that comes from another host:
 * what it was here the last time is nothing to go by. */
struct domain *domain_keep(const struct domain *old, struct domain *read);

/* Do they use the same of the host? */
bool domain_same_uses(const struct domain *a, const struct domain *b);
/* A list for `uses`. */
GPtrArray *domain_new_uses(void);

/* Once, however often it is said. */
void domain_add_use(GPtrArray *uses, const char *by, const char *what);

/* The tag of that name, or NULL. */
const struct tag *domain_find_tag(const struct domain *domain, const char *name);

/* How many of its tags are valid. */
unsigned int domain_count_valid(const struct domain *domain);

/* How well a person's word for a domain fits: as its name best, else as its UUID, else as its
 * number. 0: it means another one. */
unsigned int domain_fits(const struct domain *domain, const char *word);

/* Is it one of NAMES (char *)? NULL: all are. */
bool domain_is_among(const struct domain *domain, const GPtrArray *names);

const char *side_name(enum domain_side side); /* "live", "config", "image" */

/* The list of its hostdevs on that side. */
GPtrArray **domain_side(struct domain *domain, enum domain_side side);

/* Has another device than a USB hostdev that alias? */
bool domain_has_other_alias(const struct domain *domain, const char *alias);

/* The first hostdev of the list with that alias, or NULL. */
const struct hostdev *domain_find_hostdev(const GPtrArray *hostdevs, const char *alias);

const char *metadata_state_name(enum metadata_state state); /* "absent", … */
bool metadata_state_parse(const char *text, enum metadata_state *ret_state);
