/* SPDX-License-Identifier: MIT */
#pragma once

/* Who should have what. */

#include "sim.h"

struct claim {
	const struct guest *guest;
	const struct wish *wish;
	unsigned int matches; /* devices that are plugged in */
	unsigned int left;    /* of them, those that nobody narrower owns */
	unsigned int owned;   /* a bit for each */
};

struct oracle {
	GPtrArray *claims; /* struct claim *: of all tags */
	GPtrArray *queue;  /* of those that take part, in the order they are served */
	bool taken[32];
	struct claim *owner[32];
};

void oracle_ask(struct oracle *oracle);
void oracle_clear(struct oracle *oracle);
const char *oracle_verdict(const struct oracle *oracle, const struct claim *claim);
bool wish_would_match(const struct wish *wish, const struct gadget *gadget);
bool has_invalid_wish(const struct guest *guest);
bool claim_takes_part(const struct claim *claim);
const struct wish *wish_of_alias(const struct guest *guest, const char *alias);
