/* SPDX-License-Identifier: MIT */
#pragma once

/* What the checks share. */

#include "oracle.h"

/* Has it one of our aliases? */
bool check_is_ours(const struct entry *entry);
/* Nothing of a domain whose metadata is not valid is taken out for want of a tag. */
bool check_is_of_invalid(const struct guest *guest, const struct entry *entry);
/* Could the program know all that it is to act on? */
bool check_can_be_known(void);
