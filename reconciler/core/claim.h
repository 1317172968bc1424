/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who gets which device. Every device has one owner; the result depends on what is in the snapshot
 * and not on its order. Classes of (running, specificity) are served one after the other. Within a
 * class every tag names the one device it wants, looking only at what the classes before have left,
 * and a device that several want goes to the holder, else by name; a loser is not resolved again
 * within its class, because that is what would make order matter.
 */

#include "reconciler/core/match.h"
#include "state/plan.h"
#include "state/snapshot.h"

struct claim {
	const struct domain *domain;
	const struct tag *tag;
	GPtrArray *candidates; /* const struct device *: all that match, but hubs */
	GPtrArray *owned;      /* const struct device *: at most one, for a group up to its limit */
	/* Why a device tag owns nothing: REASON_NOT_PLUGGED_IN, HUB, IGNORED_BY_HOST,
	 * SEVERAL_MATCH, OWNED_BY_TAG, OWNED_BY_HOSTDEV, DISABLED, INVALID_ENTRY,
	 * DOMAIN_UNREADABLE or MIGRATING. */
	enum reason reason;
	const struct device *disputed;       /* OWNED_BY_…: which device, */
	const struct domain *owner_domain;   /* who has it, */
	const struct tag *owner_tag;         /* by which tag, or NULL, */
	const struct hostdev *owner_hostdev; /* or by which hostdev, or NULL */
};

struct claims {
	GPtrArray *all; /* struct claim *, by domain and in the order of its metadata */
};

struct claims *claims_settle(const struct snapshot *snapshot);
void claims_free(struct claims *claims);
OWN_DEFINE(claims)

/* Does its tag ask for anything? Not if it is invalid or disabled, or its domain not read. */
bool claim_asks(const struct claim *claim);

/*
 * The hostdev that stands for (TAG, DEVICE) on one side of a domain, or NULL: the one that carries
 * ALIAS, whatever it points at; one that reroute_plan() has led nowhere for ALIAS; else one that
 * carries no alias of a valid tag and means DEVICE (its address and any ids it gives; or its ids,
 * if no other device of the host has them).
 */
const struct hostdev *claim_find_hostdev(const struct snapshot *snapshot,
					 const struct domain *domain, const GPtrArray *side,
					 const char *alias, const struct device *device);

/* The device that a hostdev stands for in the same sense, whatever its alias, or NULL. */
const struct device *claim_device_of(const struct snapshot *snapshot,
				     const struct hostdev *hostdev);

/* May a hostdev of this alias be taken out because no tag names it? Only if its alias is ours, and
 * all of the domain's metadata was read and is valid. */
bool claim_is_gone(const struct domain *domain, const struct hostdev *hostdev);

/* Is it one that no valid tag names by its alias: somebody's own, or one whose tag was renamed? */
bool claim_is_adoptable(const struct domain *domain, const struct hostdev *hostdev);

/* The valid tag of the domain that names this alias, or NULL. */
const struct tag *claim_tag_of_alias(const struct domain *domain, const char *alias);
