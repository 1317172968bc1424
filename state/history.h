/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What outlives a pass: what was tried and seen before, per domain and alias. The daemon keeps it
 * in memory, a one-shot for its own passes only; nothing of it is needed to be right, it only makes
 * the next try wiser. core/remember.h writes it, the planner reads it.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "state/own.h"
#include "state/plan.h"

/* All times: microseconds, CLOCK_BOOTTIME, as snapshot.now; 0 never. */

/* What one side of a slot could not do. Each side has its own: a config that libvirt refuses to
 * write must not keep a guest from its device. */
struct setback {
	unsigned int failures; /* in a row */
	uint64_t next_try;
	int error_code;         /* libvirt's, of the last failure; 0 none */
	char *error;            /* libvirt's words, or NULL */
	uint64_t failed;        /* incarnation of the device that failed */
	bool no_inherited_port; /* libvirt refused the inherited guest port: let it choose */
	bool no_rest;           /* … or what else was inherited: go without */
};

/* Something that a slot has done, with success; more than once if there is a reason to worry. */
struct deed {
	enum action_kind kind;
	uint64_t incarnation; /* of the device it was done with, 0 none */
	uint64_t times[4];    /* the last of them, ascending; 0 before the first */
	unsigned int trips;   /* how often in a row it was done too often; 0: it may be done */
};

#define MEMORY_DEEDS_MAX 8

struct memory {
	struct setback sides[SIDES];
	GArray *deeds;          /* struct deed, at most MEMORY_DEEDS_MAX; never NULL */
	uint32_t wish;          /* tag_hash() of the tag that all this was for, 0 unknown */
	bool config_owed;       /* our detach took it out of the config to put it back */
	uint64_t attached;      /* incarnation of the device that is attached live, 0 unknown */
	uint64_t replugged;     /* incarnation for which a dead attachment was cured once */
	uint64_t suspect_since; /* a host driver is bound to what the guest should hold */
	uint64_t pending_since;
	uint64_t releasing_since; /* libvirt was asked to take the live hostdev out, and has not
				   * said that it has */
	uint64_t migrating_until; /* the guest was on its way between hosts: hands off so long, then
				   * ask again, as nothing tells when it stays after all */
	unsigned int adopted_bus; /* where the device was while a hostdev without our alias had */
	unsigned int adopted_dev; /* it; 0: none had */
	char *guest_port;         /* the port it had last, "BUS:PORT", or NULL */
	enum guest_reset guest_reset; /* … what it had besides, see hostdev.h, */
	char *rest;                   /* … or NULL */
	bool replug;                  /* a restore or revert was seen: replug once */
	/* Under the alias of the tag itself, of a group too: what it has come to and since when,
	 * seconds since the epoch; 0: no plan has been remembered yet. */
	enum verdict_kind verdict;
	int64_t verdict_since;
	/* It came from another host as it was there, as libvirt here asked no hook, */
	bool unasked;
	bool hook_there; /* … though there is one */
};

struct history {
	GHashTable *domains; /* UUID -> GHashTable of alias -> struct memory * */
};

struct history *history_new(void);
void history_free(struct history *history);
OWN_DEFINE(history)

/* All that is remembered of a domain, alias -> struct memory *; NULL: nothing. */
GHashTable *history_of(const struct history *history, const char *uuid);

/* What is remembered of it, or NULL. */
const struct memory *history_find(const struct history *history, const char *uuid,
				  const char *alias);

/* The same, made when it is not there yet. Never NULL. */
struct memory *history_get(struct history *history, const char *uuid, const char *alias);
