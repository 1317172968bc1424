/* SPDX-License-Identifier: MIT */
#pragma once

/* What only the daemon knows of itself: part of `status` while one runs. A value. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "state/own.h"

/* What asked for a pass. */
enum trigger {
	TRIGGER_START,
	TRIGGER_UDEV,
	TRIGGER_LIBVIRT,
	TRIGGER_DEADLINE,
	TRIGGER_RESYNC,
	TRIGGER_REQUEST,
	TRIGGER_DONE, /* a call of the daemon's own came back */
};
#define TRIGGERS 7

/* What a change was, and what became of it. */
enum change_kind {
	CHANGE_ATTACH,
	CHANGE_DETACH,
	CHANGE_EDIT,
};
#define CHANGES        3
#define CHANGE_RESULTS 3 /* done, failed, skipped: as enum outcome_kind */

struct report {
	int64_t since;     /* seconds since the epoch, as the other two */
	int64_t last_pass; /* 0: none yet */
	enum trigger last_trigger;
	bool connected; /* to libvirt */
	uint64_t passes[TRIGGERS];
	uint64_t actions;
	uint64_t failures;
	uint64_t reconnects;
	uint64_t libvirt_calls; /* that asked its daemon for something */
	uint64_t overflows;     /* of udev's queue: each made a full pass */
	uint64_t changes[CHANGES][CHANGE_RESULTS];
	uint64_t pass_usec; /* in passes, from the plan to the end of what it began, in all */
};

struct report *report_new(void);
void report_free(struct report *report);
OWN_DEFINE(report)

const char *trigger_name(enum trigger trigger);      /* "start", "udev", … */
const char *change_kind_name(enum change_kind kind); /* "attach", "detach", "edit" */
bool trigger_parse(const char *text, enum trigger *ret_trigger);
