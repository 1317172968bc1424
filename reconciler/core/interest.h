/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which domains an event concerns: an index of what every domain asks for and holds, so that nobody
 * has to look at all of them. To plan for the domains it names is enough: a plan for all domains
 * would say the same of these, and of all others what it said the last time.
 */

#include "state/domain.h"
#include "state/own.h"

struct interests;

struct interests *interests_new(void);
void interests_free(struct interests *interests);
OWN_DEFINE(interests)

/* DOMAIN must stay as it is until it is removed. */
void interests_add(struct interests *interests, const struct domain *domain);
void interests_remove(struct interests *interests, const struct domain *domain);

/*
 * Whose plan may have changed: BEFORE became DEVICES (both sorted), and the domains in NEWS (struct
 * domain *, as they were and as they are) became others, have new memories, or are due. As whoever
 * wants a device competes with all that want it, these come with their rivals, and the rivals'
 * rivals. A new GPtrArray of const struct domain *, all of them added and not removed; in no order.
 */
GPtrArray *interests_concerned(const struct interests *interests, const GPtrArray *before,
			       const GPtrArray *devices, const GPtrArray *news);
