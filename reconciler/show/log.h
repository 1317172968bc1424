/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What happened, for those who read logs: one line a change, and none for a pass that changed
 * nothing. To the journal with fields to search by and a MESSAGE_ID that
 * rules/usbreconcile.catalog explains; where stderr is something else, as plain lines there.
 */

#include <glib.h>
#include <stdbool.h>

#include "state/plan.h"

enum log_event {
	LOG_CHANGED,       /* a hostdev was attached, detached or edited */
	LOG_CHANGE_FAILED, /* libvirt said no */
	LOG_CHANGE_SKIPPED,
	LOG_TAG_CRITICAL, /* a tag has come to something that a person must look at */
	LOG_TAG_WELL,     /* … and is over it */
	LOG_CONNECTED,
	LOG_NOT_CONNECTED,
	LOG_UDEV_LOST, /* events were lost; everything is read again */
	LOG_TROUBLE,   /* something else does not work */
};

/* What it is about, as far as it is about something; the rest is 0. */
struct log_about {
	uint64_t pass; /* which pass of this process, from 1 */
	const struct domain *domain;
	const struct tag *tag;
	const struct verdict *verdict;
	const struct outcome *outcome;
};

/* ABOUT may be NULL. Encoded here. */
void log_event(enum log_event event, const struct log_about *about, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* What became of an action. */
void log_outcome(const struct outcome *outcome, uint64_t pass);

/* That a tag is critical, or that it no longer is. */
void log_verdict(const struct verdict *verdict, uint64_t pass);

/* Does what is printed on stdout end in the journal, line by line? Then it is better logged. */
bool log_has_stdout(void);
