/* SPDX-License-Identifier: MIT */
#pragma once

/* How the host uses the network interfaces among its USB devices. For devices_use.c only. */

#include <glib.h>

#include "state/own.h"

struct net_uses;

/* SYSPATHS (char *): of the interfaces that are asked about; NULL: of all. */
struct net_uses *net_uses_read(const GPtrArray *syspaths);
void net_uses_free(struct net_uses *uses);

/* "enx00 is part of br0", a new string, or NULL. */
char *net_uses_of(const struct net_uses *uses, const char *syspath);
