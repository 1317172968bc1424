/* SPDX-License-Identifier: MIT */
#pragma once

/* For calls.c and domains.c: a connection and what is called through it. */

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "sim.h"

struct _virDomain {
	int users;
	virConnectPtr connection;
	char *name, *uuid;
	int id; /* as it was when the handle was made */
};

/* Around every call. False: there is no libvirt (any more). */
bool call_begin(virConnectPtr connection);
/* The answer; a connection that broke meanwhile brings none. */
int call_end(virConnectPtr connection, int result);

virDomainPtr call_handle(virConnectPtr connection, const struct guest *guest);
