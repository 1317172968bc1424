/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which tags would say what is passed through today by hostdevs that are not ours: those of
 * virt-manager, cockpit and scripts. A tag takes such a hostdev over as it is (core/claim.h), so
 * the guest keeps its device; what a tag would cost the guest is not proposed.
 */

#include "reconciler/core/identify.h"
#include "state/plan.h"

struct adoption {
	const struct domain *domain;
	const struct hostdev *hostdev;
	const struct device *device; /* NULL only when not adopted */
	struct identity *identity;   /* with a name in its tag; NULL: not adopted */
	char *why_not;               /* NULL: adopted */
};

/*
 * Looks at the hostdevs of DOMAIN that PLAN calls unmanaged, one device at a time: a new GPtrArray
 * of struct adoption *, live hostdevs first. PLAN is of SNAPSHOT. A device that the persistent
 * config holds gets persist="yes", because that is how it is today.
 */
GPtrArray *adopt_propose(const struct snapshot *snapshot, const struct plan *plan,
			 const struct domain *domain);
