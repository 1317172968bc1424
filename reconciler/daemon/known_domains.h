/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the daemon knows of libvirt's domains between events, so that an event reads only what it
 * touches. Every reading replaces a domain as a whole; nothing in one ever changes, so a snapshot
 * that holds it stays true to its moment.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "reconciler/core/interest.h"
#include "reconciler/libvirt/virt_events.h"
#include "state/domain.h"
#include "state/plan.h"
#include "state/snapshot.h"

struct known_domain {
	char *uuid;
	struct domain *domain; /* as last read, NULL: never yet */
	GPtrArray *problems;   /* struct problem *, of the last reading */
	unsigned int dirty;    /* enum virt_sides that something said are not so any more */
	bool busy;             /* a libvirt call is outstanding: hands off */
	GHashTable *heard;     /* alias -> enum virt_event_kind: what happened last to each of our
				* hostdevs while a call of ours changes the domain; NULL: none does */
	uint64_t again; /* when to ask whether what holds it is over, as clock_now(), 0: nothing
			 * does */
	bool restarted; /* it has another QEMU: what was attached is not */
	bool arriving;  /* it is on its way from another host to this one */
	bool revived;   /* replug what it has, once it has been read */
	bool arrived;   /* … and see whether libvirt asked the hook when it came */
	uint64_t revived_at;  /* as clock_now(), 0 never */
	uint64_t learned;     /* when, in readings */
	bool listed;          /* while learning all */
	uint64_t wake;        /* when to plan for it though nothing happens, as clock_now(), 0
			       * never */
	GHashTable *critical; /* what the log has been told of its tags (announce.c) */
};

struct known_domains {
	GHashTable *by_uuid; /* char * -> struct known_domain * */
	uint64_t readings;   /* how many readings were learned */
	struct interests *interests;
	GHashTable *gone;  /* char *: UUIDs forgotten since the full reading under way began */
	GPtrArray *news;   /* struct domain *: as they were and as they are, since the last plan */
	uint64_t wake;     /* the first of theirs */
	bool uses_changed; /* one uses something else of the host than before */
};

struct known_domains *known_domains_new(void);
void known_domains_free(struct known_domains *known_domains);

struct known_domain *known_domains_find(const struct known_domains *known_domains,
					const char *uuid);
/* As snapshot_find_domain(). */
struct known_domain *known_domains_named(const struct known_domains *known_domains,
					 const char *word);
/* Never NULL: a new one is dirty in all. */
struct known_domain *known_domains_get(struct known_domains *known_domains, const char *uuid);

/* What EVENT, heard NOW (as clock_now()), means for KNOWN. True: something must be read. */
bool known_domain_hear(struct known_domain *known, const struct virt_event *event, uint64_t now);

/* Around a call of ours that changes KNOWN. What libvirt says of our hostdevs meanwhile is our
 * own doing, unless in the end it does not fit what has been learned: then that side is dirty. */
void known_domain_begin_act(struct known_domain *known);
void known_domain_end_act(struct known_domain *known);

/* Has KNOWN been read since the last thing that happened to it, and may be asked about? */
bool known_domain_is_known(const struct known_domain *known);

/* Could it not be read because something else holds it here, which will be over? */
bool known_domain_is_held(const struct known_domain *known);

/* A reading of KNOWN; takes DOMAIN and PROBLEMS over. */
void known_domains_learn(struct known_domains *known_domains, struct known_domain *known,
			 struct domain *domain, GPtrArray *problems);

/*
 * Which need not be read by the TURNth of the readings that only make sure: what libvirt's events
 * and its list say of them is what is known. As a few changes have no event (a hostdev that
 * somebody attaches to the config, before libvirt 11), every domain has its turn all the same, one
 * in KNOWN_DOMAINS_TURNS. UUID -> struct domain *, with references.
 */
#define KNOWN_DOMAINS_TURNS 5
GHashTable *known_domains_spared(const struct known_domains *known_domains, uint64_t turn);

/* Could every one of a reading's DOMAINS be read? */
bool known_domains_were_read(const GPtrArray *domains);

/* Before a full reading: from now on only what is yet to happen makes a domain dirty. */
uint64_t known_domains_begin(struct known_domains *known_domains);

/*
 * The full reading that BEGUN then: learns its domains, but not those that are busy or were learned
 * meanwhile, as that is newer: of it may be only a part, so they are dirty. What is known of one
 * that could not be read stays known. Forgets those that are not in it, unless they were learned
 * or heard of meanwhile; and does not bring back what was forgotten meanwhile. Takes references.
 */
void known_domains_learn_all(struct known_domains *known_domains, uint64_t begun,
			     const GPtrArray *domains, const GPtrArray *problems);

/* Is there one that is being called about, or has yet to be read? */
bool known_domains_are_busy(const struct known_domains *known_domains);

void known_domains_forget(struct known_domains *known_domains, const char *uuid);

/* Whom a plan must be made for, now that BEFORE, the devices of the last one, have become DEVICES:
 * those of whom it may say something else. A new GPtrArray of const struct domain *. */
GPtrArray *known_domains_concerned(struct known_domains *known_domains, const GPtrArray *before,
				   const GPtrArray *devices, uint64_t now);

/* Those that have something of the host's by other means than a USB hostdev: a new GPtrArray of
 * struct domain *, good until one is learned or forgotten. */
GPtrArray *known_domains_users(const struct known_domains *known_domains);

/* Fills snapshot->domains with ONLY (NULL: with all), sorted, and ->problems. Before its devices
 * are set: those are shared. */
void known_domains_show(const struct known_domains *known_domains, const GPtrArray *only,
			struct snapshot *snapshot);

/* PLAN has been made of SNAPSHOT: nothing is news any more, and it says when to look again. */
void known_domains_note_plan(struct known_domains *known_domains, const struct snapshot *snapshot,
			     const struct plan *plan);
