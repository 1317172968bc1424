/* SPDX-License-Identifier: MIT */
#pragma once

/* What a command wants to write into one domain's metadata. */

#include "state/domain.h"
#include "xmlutil/metadata_edit.h"

/* All changes to one domain. */
struct cmd_edit {
	const struct domain *domain;
	GPtrArray *changes;         /* struct metadata_change * */
	struct metadata_edit *done; /* the last reading with them in it, or NULL */
};
