/* SPDX-License-Identifier: MIT */
#pragma once

/* The USB ports of a guest, as one of its XMLs has them: who has which, and which there are. */

#include <glib.h>

#include "state/domain.h"

/* The element other than a USB hostdev that has PORT ("input"), of domain->live_ports or
 * ->config_ports, or NULL. */
const char *guest_port_user(const GPtrArray *ports, const char *port);

/* `validate`: that the tag cannot have the port it asks for, and why; a new string, or NULL. */
char *guest_port_why_not(const struct domain *domain, const struct tag *tag);
