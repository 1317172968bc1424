/* SPDX-License-Identifier: MIT */
#pragma once

/* Something that a person should know: what happened, where, and what to do about it. */

#include <glib.h>

#include "state/own.h"

enum severity {
	SEVERITY_OK,
	SEVERITY_WARNING,
	SEVERITY_CRITICAL,
};

enum problem_code {
	PROBLEM_METADATA_INVALID,  /* the wrapper or an entry cannot be understood */
	PROBLEM_METADATA_WARNING,  /* understood, but better written otherwise */
	PROBLEM_DOMAIN_UNREADABLE, /* libvirt did not give the domain, or not as XML */
	PROBLEM_DOMAIN_BUSY,       /* another job holds the domain */
	PROBLEM_HOSTDEV_STALE, /* a hostdev that is not ours points at nothing or at another device
				*/
	PROBLEM_DEVICE_UNREADABLE,   /* a device could not be read from sysfs */
	PROBLEM_LIBVIRT_UNREACHABLE, /* no answer from libvirt, or none any more */
	PROBLEM_NO_ACCESS,           /* to libvirt, or to the lock, for this user */
	PROBLEM_BUSY,                /* another usbreconcile is at work */
	PROBLEM_USAGE,               /* what was asked for does not exist or cannot be */
	PROBLEM_SERIAL_NOT_UNIQUE,   /* two devices of one kind with one serial */
};

struct problem {
	enum problem_code code;
	enum severity severity;
	char *domain;      /* or NULL */
	char *tag;         /* or NULL */
	unsigned int line; /* in the XML, 0 unknown */
	char *message;     /* a sentence; may contain untrusted bytes: sinks encode */
	char *hint;        /* what to do, or NULL */
};

/* The strings are copied; MESSAGE is taken over. */
struct problem *problem_new(enum problem_code code, enum severity severity, const char *domain,
			    const char *tag, unsigned int line, char *message, const char *hint);
void problem_free(struct problem *problem);
OWN_DEFINE(problem)

const char *problem_code_name(enum problem_code code); /* "metadata_invalid", … */
const char *severity_name(enum severity severity);     /* "ok", "warning", "critical" */
