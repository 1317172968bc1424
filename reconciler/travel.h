/* SPDX-License-Identifier: MIT */
#pragma once

/* A domain document that travels: text in, text out. Nothing here asks libvirt or the host. */

#include "reconciler/core/reroute.h"

/*
 * XML with our hostdevs pointing where reroute_plan() says; DEVICES: this host's, or none.
 * *ret_xml: a new string, or NULL when nothing in it has to change. PROBLEMS (or NULL) gets what
 * reroute_warnings() says. 0, or -1 with *err.
 */
int travel_rewrite(const char *xml, const GPtrArray *devices, enum reroute_way way,
		   GPtrArray *problems, char **ret_xml, char **err);
