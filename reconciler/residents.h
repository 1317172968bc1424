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
#include "reconciler/virt_events.h"
#include "state/domain.h"
#include "state/plan.h"
#include "state/snapshot.h"

struct resident {
	char *uuid;
	struct domain *domain; /* as last read, NULL: never yet */
	GPtrArray *problems;   /* struct problem *, of the last reading */
	unsigned int dirty;    /* enum virt_sides that something said are not so any more */
	bool busy;             /* a libvirt call is outstanding: hands off */
	GHashTable *heard;     /* alias -> enum virt_event_kind: what happened last to each of our
				* hostdevs while a call of ours changes the domain; NULL: none does */
	bool restarted;        /* it has another QEMU: what was attached is not */
	bool revived;          /* replug what it has, once it has been read */
	uint64_t revived_at;   /* as devices_now(), 0 never */
	uint64_t learned;      /* when, in lessons */
	bool listed;           /* while learning all */
	uint64_t wake;         /* when to plan for it though nothing happens, as devices_now(), 0
				* never */
	GHashTable *critical;  /* what the log has been told of its tags (daemon_tell.c) */
};

struct residents {
	GHashTable *by_uuid; /* char * -> struct resident * */
	uint64_t lessons;    /* how many readings were learned */
	struct interests *interests;
	GPtrArray *news; /* struct domain *: as they were and as they are, since the last plan */
	uint64_t wake;   /* the first of theirs */
};

struct residents *residents_new(void);
void residents_free(struct residents *residents);

struct resident *residents_find(const struct residents *residents, const char *uuid);
/* Never NULL: a new one is dirty in all. */
struct resident *residents_get(struct residents *residents, const char *uuid);

/* What EVENT, heard NOW (as devices_now()), means for RESIDENT. True: something must be read. */
bool resident_hear(struct resident *resident, const struct virt_event *event, uint64_t now);

/* Around a call of ours that changes RESIDENT. What libvirt says of our hostdevs meanwhile is our
 * own doing, unless in the end it does not fit what has been learned: then that side is dirty. */
void resident_begin_act(struct resident *resident);
void resident_end_act(struct resident *resident);

/* Has RESIDENT been read since the last thing that happened to it, and may be asked about? */
bool resident_is_known(const struct resident *resident);

/* A reading of RESIDENT; takes DOMAIN and PROBLEMS over. */
void residents_learn(struct residents *residents, struct resident *resident, struct domain *domain,
		     GPtrArray *problems);

/* Before a full reading: from now on only what is yet to happen makes a domain dirty. */
uint64_t residents_begin(struct residents *residents);

/*
 * The full reading that BEGUN then: learns its domains, but not those that are busy or were learned
 * meanwhile, as that is newer: of it may be only a part, so they are dirty. Forgets those that are
 * not in it. Takes references.
 */
void residents_learn_all(struct residents *residents, uint64_t begun, const GPtrArray *domains,
			 const GPtrArray *problems);

/* Is there one that is being called about, or has yet to be read? */
bool residents_are_busy(const struct residents *residents);

void residents_forget(struct residents *residents, const char *uuid);

/* Whom a plan must be made for, now that BEFORE, the devices of the last one, have become DEVICES:
 * those of whom it may say something else. A new GPtrArray of const struct domain *. */
GPtrArray *residents_concerned(struct residents *residents, const GPtrArray *before,
			       const GPtrArray *devices, uint64_t now);

/* Fills snapshot->domains with ONLY (NULL: with all), sorted, and ->problems. Before its devices
 * are set: those are shared. */
void residents_show(const struct residents *residents, const GPtrArray *only,
		    struct snapshot *snapshot);

/* PLAN has been made of SNAPSHOT: nothing is news any more, and it says when to look again. */
void residents_note_plan(struct residents *residents, const struct snapshot *snapshot,
			 const struct plan *plan);
