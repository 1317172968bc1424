/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of xmlutil/ only: which USB ports a guest has, and which of them are taken. */

#include "state/domain.h"

struct _xmlNode;

/* Those that others than USB hostdevs have, as domain->live_ports: a new list. */
GPtrArray *guest_ports_taken(const struct _xmlNode *root);

/* Sets domain->guest_buses, ->guest_ports and ->guest_ports_taken from the root of a domain
 * document. */
void guest_ports_read(const struct _xmlNode *root, struct domain *domain);
