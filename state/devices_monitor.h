/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What udev says about USB while we live. An event only says "look again": which device and what
 * happened to it are hints for how soon, never state. Subscribe before the first devices_read().
 */

#include <stdbool.h>

#include "state/own.h"

struct devices_monitor;

enum devices_event {
	DEVICES_EVENT_NONE,    /* nothing is queued (any more) */
	DEVICES_EVENT_CHANGED, /* a device came, went, or is another */
	DEVICES_EVENT_BOUND,   /* a driver was bound to an interface, or unbound */
	DEVICES_EVENT_LOST,    /* the queue overflowed (ENOBUFS): anything may have happened */
};

/* 0, or -1 with *err. The events are those that udev has processed: by then its rules have run, and
 * nobody changes the node's owner behind libvirt's back. */
int devices_monitor_new(struct devices_monitor **ret_monitor, char **err);
void devices_monitor_free(struct devices_monitor *monitor);
OWN_DEFINE(devices_monitor)

/* Readable when something is queued. */
int devices_monitor_fd(const struct devices_monitor *monitor);

/* Has udev nothing in hand? What it still works on becomes an event only when it is done. */
bool devices_monitor_is_idle(const struct devices_monitor *monitor);

/* Takes one event off the queue; never blocks. *ret_sysname (NULL: not asked): the device that
 * came, went, changed or has the interface; a new string, only if there was such an event. */
enum devices_event devices_monitor_take(struct devices_monitor *monitor, char **ret_sysname);
