/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the USB hostdevs of a guest should point at before it goes to another host, or comes back
 * from a file: its tags find the devices where it arrives, and until then none of its hostdevs must
 * name what another device has as its number by now.
 */

#include "state/route.h"
#include "state/snapshot.h"

enum reroute_way {
	REROUTE_ARRIVING,  /* from another host: the document's numbers are of there */
	REROUTE_RETURNING, /* from a file: they may be this host's, of now or of before */
	REROUTE_LEAVING,   /* they are this host's, and of where it goes nothing is known */
};

/*
 * For the DOMAIN of a document, whose hostdevs are domain->live and whose tags are domain->tags:
 * struct route for each hostdev that is ours, in the document's order. It leads nowhere; or, where
 * some hostdev of the guest stays as it is, to its device among DEVICES, if it is there and free: a
 * placeholder beside a real hostdev opens that one's device (libvirt 9.0.0 and 11.3.0).
 *
 * Ours are those with an alias of ours, unless the metadata may name them and is not understood;
 * and those that a tag has adopted, where that can be known from the document and from DEVICES,
 * which are this host's and may be empty. A new array.
 */
GArray *reroute_plan(const struct domain *domain, const GPtrArray *devices, enum reroute_way way);

/*
 * What will not be on another host as it is here, with what to do about it: appends to PROBLEMS
 * (struct problem *). ROUTES as above.
 */
void reroute_warnings(const struct domain *domain, const GArray *routes, GPtrArray *problems);
