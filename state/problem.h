/* SPDX-License-Identifier: MIT */
#pragma once

/* Something that a person should know: what happened, where, and what to do about it. */

#include <glib.h>
#include <stdbool.h>

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
	PROBLEM_HOSTDEV_STALE, /* a hostdev without tag points at nothing, or at another device */
	PROBLEM_DEVICE_UNREADABLE,   /* a device could not be read from sysfs */
	PROBLEM_LIBVIRT_UNREACHABLE, /* no answer from libvirt, or none any more */
	PROBLEM_NO_ACCESS,           /* to libvirt, or to the lock, for this user */
	PROBLEM_BUSY,                /* another usbreconcile is at work */
	PROBLEM_USAGE,               /* what was asked for does not exist or cannot be */
	PROBLEM_NOTHING_MATCHES,     /* `validate`: no device of this host is what a tag asks for */
	PROBLEM_SEVERAL_MATCH,       /* `validate`: more devices are than the tag takes */
	PROBLEM_TOO_FEW_PORTS, /* `validate`: the guest has fewer USB ports than its tags need */
	PROBLEM_GUEST_PORT,    /* `validate`: a tag cannot have the port in the guest it asks for */
	PROBLEM_BOUND_TO_HOST, /* `migrate-xml`: it will not be elsewhere as it is here */
	PROBLEM_DAEMON_SILENT, /* it runs and does not answer: nothing follows a device meanwhile */
	PROBLEM_SERIAL_NOT_UNIQUE, /* a tag has its device today, but its serial is another's too */
	PROBLEM_HOOK_NOT_ASKED,    /* a guest came from another host with that one's numbers */
};

struct problem {
	enum problem_code code;
	enum severity severity;
	char *domain;       /* or NULL */
	char *tag;          /* or NULL */
	unsigned int entry; /* of the metadata, from 1, as struct tag has it; 0: it is about none */
	unsigned int line;  /* in the XML, 0 unknown */
	char *message;      /* a sentence; may contain untrusted bytes: sinks encode */
	char *hint;         /* what to do, or NULL */
};

/* The strings are copied; MESSAGE is taken over. */
struct problem *problem_new(enum problem_code code, enum severity severity, const char *domain,
			    const char *tag, unsigned int line, char *message, const char *hint);
struct problem *problem_copy(const struct problem *problem);
void problem_free(struct problem *problem);
OWN_DEFINE(problem)
/* A new, empty list of struct problem * that it owns. */
GPtrArray *problem_list_new(void);

/* Appends a warning; as problem_new(). */
void problem_warn(GPtrArray *problems, enum problem_code code, const char *domain, const char *tag,
		  char *message, const char *hint);

/* Is it one of plan->problems, which follow from the snapshot whenever it is planned for? */
bool problem_is_planned(const struct problem *problem);

const char *problem_code_name(enum problem_code code); /* "metadata_invalid", … */
const char *severity_name(enum severity severity);     /* "ok", "warning", "critical" */
