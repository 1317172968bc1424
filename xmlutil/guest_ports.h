/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of xmlutil/ only: how many USB ports a guest has. */

#include "state/domain.h"

struct _xmlNode;

/* Sets domain->guest_ports and ->guest_ports_taken from the root of a domain document. */
void guest_ports_read(const struct _xmlNode *root, struct domain *domain);
