/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One place in one domain where a device may be: a tag's, one of a group's members', or that of a
 * hostdev whose tag is gone. The claim has said which device belongs in it; here each side of the
 * domain (live, persistent, managed save image) is compared with that.
 */

#include "state/history.h"
#include "state/plan.h"

struct slot {
	const struct snapshot *snapshot;
	const struct domain *domain;
	const struct tag *tag; /* NULL: gone */
	const char *alias;
	const struct device *device; /* what belongs here, or NULL */
	enum reason why_none;        /* … and why: DEVICE_GONE, NOT_OWNED, DISABLED, TAG_GONE */
	const struct hostdev *live;  /* what is here, or NULL */
	const struct hostdev *config;
	const struct hostdev *image;
	const struct memory *memory; /* or NULL */
	bool asked; /* a restore or a revert was seen, or a person wants it replugged */
	/* The device that belongs here, when the host uses it, or another guest by other means than
	 * a hostdev; NULL: it is free. If this guest has it already it keeps it, but once it has
	 * let go it does not get it again. */
	const struct device *in_use;

	/* What slot_plan() finds. */
	bool let_go;              /* `in_use` kept it from being attached anew */
	bool failed;              /* something cannot be done now; `reason` is why */
	enum domain_side failing; /* … and on which side */
	uint64_t next_try;        /* … and when it is tried again, if it is known */
	const struct deed *deed;  /* REASON_RESTLESS: what was done too often */
	bool pending;             /* `reason` is the first thing that is not as it should be */
	enum reason reason;       /* else REASON_ATTACHED or REASON_ADOPTED */
	const struct domain *blocker_domain; /* whose hostdev stands in the way, */
	const struct hostdev *blocker;       /* and which, or NULL */
	uint64_t wake;                       /* when to look again, 0 never */
	GPtrArray
		*actions; /* struct action *, in order; the array owns them until they are taken */
};

/* Finds the slot's hostdevs and memory. ALIAS must outlive the slot. */
void slot_init(struct slot *slot, const struct snapshot *snapshot, const struct history *history,
	       const struct domain *domain, const struct tag *tag, const char *alias,
	       const struct device *device, enum reason why_none);
void slot_clear(struct slot *slot);

/* Fills the lower half. */
void slot_plan(struct slot *slot);

/* Something cannot be done now, on SIDE. The first failure is what is told. */
void slot_fail(struct slot *slot, enum domain_side side, enum reason reason);

/* Is the device in the slot, live, as far as the XML says? */
bool slot_is_live(const struct slot *slot);

/*
 * How long to wait, after libvirt was asked to take a live hostdev out, before asking again. QEMU
 * gives the alias free at once and says so later, when its threads have come by: 22 s were seen on
 * a busy host. Asked again meanwhile, libvirt drops the hostdev from its XML, and the late word
 * then makes it drop the next one with that alias, which QEMU keeps: no one can reach it until the
 * guest's next start (seen with libvirt 9.0.0, QEMU 7.2).
 */
#define SLOT_RELEASE (300 * G_USEC_PER_SEC)
