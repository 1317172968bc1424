/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the planner says: a verdict for every tag, and the actions that make the facts follow the
 * wishes. Both point into the snapshot they were made from and live no longer than it. Reasons are
 * data; their names are stable and documented.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "state/snapshot.h"
#include "state/own.h"

enum verdict_kind { /* the first that applies */
		    VERDICT_INVALID,
		    VERDICT_DISABLED,
		    VERDICT_INACTIVE,
		    VERDICT_MISSING,
		    VERDICT_AMBIGUOUS,
		    VERDICT_REFUSED,
		    VERDICT_CONTESTED,
		    VERDICT_FAILED,
		    VERDICT_PENDING,
		    VERDICT_ATTACHED,
};

enum reason {
	REASON_NONE,              /* nothing is wrong; no verdict or action has it */
	REASON_INVALID_ENTRY,     /* invalid: the metadata entry */
	REASON_DISABLED,          /* disabled: enabled='no' */
	REASON_DOMAIN_OFF,        /* inactive */
	REASON_NOT_PLUGGED_IN,    /* missing: no device matches */
	REASON_EMPTY_GROUP,       /* missing: a group without members */
	REASON_SEVERAL_MATCH,     /* ambiguous */
	REASON_HUB,               /* refused: only a hub matches */
	REASON_UNAUTHORIZED,      /* refused: the kernel may not use it (USBGuard) */
	REASON_IGNORED_BY_HOST,   /* refused: a udev rule of the host's keeps it */
	REASON_IN_USE_BY_HOST,    /* refused */
	REASON_IN_USE_BY_GUEST,   /* refused: a guest has it by other means than a hostdev */
	REASON_OWNED_BY_TAG,      /* contested: another tag has it */
	REASON_OWNED_BY_HOSTDEV,  /* contested: a hostdev that no tag names has it */
	REASON_LIBVIRT_ERROR,     /* failed: libvirt said no */
	REASON_NOT_ALIVE,         /* failed: replugged once, still dead */
	REASON_FOREIGN_HOSTDEV,   /* failed: somebody else's hostdev is in the way */
	REASON_ALIAS_TAKEN,       /* failed: another device of the domain carries the alias */
	REASON_GUEST_PORT_TAKEN,  /* failed: guestPort asks for a port that another device has */
	REASON_RESTLESS,          /* failed: it works each time, and has to be done again */
	REASON_DOMAIN_UNREADABLE, /* failed: the domain could not be read */
	REASON_NOT_ATTACHED,      /* pending: the device is there, the hostdev is not */
	REASON_MOVED,             /* pending: the hostdev has an address that is not the device's */
	REASON_PLACEHOLDER,       /* pending: libvirt says missing='yes' */
	REASON_DEAD,              /* pending: the XML is right, QEMU has let go */
	REASON_MAYBE_DEAD,        /* pending: it looks dead; a second look decides */
	REASON_SETTLING,          /* pending: the device list has just changed */
	REASON_MIGRATING,         /* pending: the guest is on its way to or from another host */
	REASON_WAITING_RELEASE,   /* pending: whoever had it has not let go yet */
	REASON_CONFIG_STALE,      /* pending: the persistent hostdev is not as it should be */
	REASON_CONFIG_ABSENT,     /* pending: persist='yes' and no persistent hostdev */
	REASON_CONFIG_UNWANTED,   /* pending: a persistent hostdev that should not be there */
	REASON_IMAGE_STALE,       /* pending: the managed save image has an old address */
	REASON_DEVICE_GONE,       /* action: the device is not there (any more) */
	REASON_NOT_OWNED,         /* action: the device is not (or no longer) this tag's */
	REASON_HOST_STOPPING,     /* action: the next boot may give its number to another device */
	REASON_TAG_GONE,          /* action: no tag names the hostdev any more */
	REASON_REQUESTED,         /* action: a person asked for a replug */
	REASON_ATTACHED,          /* attached */
	REASON_ADOPTED,           /* attached, by a hostdev that does not carry our alias */
};

enum action_kind {
	ACTION_DETACH_LIVE,
	ACTION_ATTACH_LIVE,
	ACTION_DETACH_CONFIG,
	ACTION_ATTACH_CONFIG,
	ACTION_EDIT_IMAGE, /* the managed save image: the address, or 'optional' without a device */
};

struct action {
	enum action_kind kind;
	enum reason reason;
	const struct domain *domain;
	const struct tag *tag; /* NULL: no tag names the hostdev any more */
	const struct device
		*device; /* what belongs there: what is attached, the image's new address
			  * (NULL: optional), what a detach makes room for (or NULL) */
	const struct hostdev *hostdev; /* what is detached or edited */
	char *slot;                    /* the alias of the slot it is for, under which the history
					* remembers it */
	char *alias;                   /* of what is attached, detached or edited; NULL only for a
					* config hostdev that never had one: detached by its XML */
	char *guest_port;              /* attach: where in the guest, NULL: libvirt chooses */
	bool inherited_port; /* … and the tag does not ask for it: if it is taken, go without */
	enum guest_reset guest_reset;
	char *rest; /* attach: what else its hostdev had, see hostdev.rest; NULL: nothing */
	/* const struct action *, all before this one in its plan: it must wait until those are
	 * proven done, and is left out when one of them failed. */
	GPtrArray *after;
};

/* One hostdev's worth of a verdict: the tag's device, or one member of a group. */
struct member {
	enum verdict_kind kind;
	enum reason reason;
	enum severity severity;
	char *sentence;
	char *alias;
	const struct device *device;         /* what it should be, or NULL */
	const struct hostdev *live;          /* what is in the live XML for it, or NULL */
	const struct hostdev *config;        /* what is in the persistent XML for it, or NULL */
	const struct device *disputed;       /* contested: the device that another one has */
	const struct domain *owner_domain;   /* contested: who has it; else: who is in the way */
	const struct tag *owner_tag;         /* contested: by which tag, or NULL */
	const struct hostdev *owner_hostdev; /* … by which hostdev, or NULL */
	const struct memory *memory;         /* what is remembered of it, or NULL */
	/* The side that is worst off: how often it failed in a row, when it is tried again, … */
	unsigned int failures;
	uint64_t next_try;
	int error_code;
	const char *error; /* … and libvirt's words, or NULL */
};

struct verdict {
	const struct domain *domain;
	const struct tag *tag;
	enum verdict_kind kind; /* a group's: the worst of its members' */
	enum reason reason;
	enum severity severity;
	int64_t since;         /* when it came to this, seconds since the epoch; 0 unknown: only
				* who looked all the time knows */
	char *sentence;        /* for people; may contain untrusted bytes: sinks encode */
	GPtrArray *members;    /* struct member *: one for a device, any number for a group */
	GPtrArray *candidates; /* const struct device *: all that match, owned by whomever */
};

struct plan {
	GPtrArray *actions;   /* struct action *, in an order in which they may be done */
	GPtrArray *verdicts;  /* struct verdict *, by domain and then as in its metadata */
	GPtrArray *unmanaged; /* struct unmanaged *: hostdevs that no tag names */
	GPtrArray *problems;  /* struct problem *: what no verdict says */
	GArray *wakes;        /* struct wake: when to look again at whom though nothing happens */
};

struct wake {
	const struct domain *domain;
	uint64_t when; /* as snapshot.now */
};

/* A hostdev that is not ours. */
struct unmanaged {
	const struct domain *domain;
	const struct hostdev *hostdev;
	bool live;                   /* which XML it is in */
	const struct device *device; /* what it means today, or NULL */
};

struct plan *plan_new(void);
void plan_free(struct plan *plan);
OWN_DEFINE(plan)
struct action *action_new(void); /* waits for nothing */
void action_free(struct action *action);
OWN_DEFINE(action)
GPtrArray *action_list_new(void); /* of struct action * that it owns */
void verdict_free(struct verdict *verdict);
OWN_DEFINE(verdict)
void member_free(struct member *member);
OWN_DEFINE(member)

/* The earliest of its wakes, 0: never. */
uint64_t plan_wake(const struct plan *plan);

const struct verdict *plan_find_verdict(const struct plan *plan, const struct domain *domain,
					const struct tag *tag);

/* The worst there is, of verdicts and of the snapshot's problems: in the domain, in the tag, or
 * (NULL) anywhere. A problem is never a tag's alone. */
enum severity plan_severity(const struct plan *plan, const struct snapshot *snapshot,
			    const struct domain *domain, const struct tag *tag);

const char *verdict_kind_name(enum verdict_kind kind); /* "invalid", … */
const char *reason_name(enum reason reason);           /* "invalid_entry", … */
enum verdict_kind reason_verdict(enum reason reason);  /* what a tag with it comes to */
const char *action_kind_name(enum action_kind kind);   /* "detach_live", … */
/* Which of a domain's XMLs it changes, and what that is: attached, detached or edited. */
enum domain_side action_side(enum action_kind kind);
enum change_kind action_change(enum action_kind kind);

/* What became of an action: what a re-read of the XML showed, or libvirt's words. */
enum outcome_kind {
	OUTCOME_DONE,
	OUTCOME_FAILED,  /* libvirt said no, or the re-read shows something else */
	OUTCOME_SKIPPED, /* the world changed meanwhile (device or domain gone), or one it waits for
			  * failed: look again */
	OUTCOME_PRINTED, /* a dry run */
};

struct outcome {
	const struct action *action;
	enum outcome_kind kind;
	int code;             /* libvirt's error code, 0 none */
	char *message;        /* why it failed or was skipped, or NULL */
	bool migrating;       /* skipped, as the guest is on its way to or from another host */
	bool releasing;       /* live detach that failed: libvirt is still at it */
	uint64_t incarnation; /* attach: of the device that was attached */
	char *guest_port;     /* attach: where libvirt put it, or NULL */
};

void outcome_free(struct outcome *outcome);
OWN_DEFINE(outcome)
GPtrArray *outcome_list_new(void);                     /* of struct outcome * that it owns */
const char *outcome_kind_name(enum outcome_kind kind); /* "done", … */
