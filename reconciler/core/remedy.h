/* SPDX-License-Identifier: MIT */
#pragma once

/* What a person can do about a refusal that does not pass by itself. */

#include "state/domain.h"

/*
 * WORDS (may be NULL) are libvirt's, of a live attach of ALIAS to DOMAIN. They are recognized in
 * English, which libvirtd speaks unless it was given another locale (9.0.0 to 12.8). A new string,
 * or NULL.
 */
char *remedy_for(const char *words, const struct domain *domain, const char *alias);
