/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a pass leaves behind for the next one: looks, failures and when to try again. Pure but for
 * the history it is given to write.
 */

#include "state/history.h"
#include "state/plan.h"
#include "state/snapshot.h"

/* After planning: since when a tag is what it is, or something looks dead, which guest ports were
 * seen; forgets what no tag and no hostdev of these domains names any more. */
void remember_plan(struct history *history, const struct plan *plan,
		   const struct snapshot *snapshot);

/* Since when a tag has come to what VERDICT says, seconds since the epoch; 0 unknown. */
int64_t remember_since(const struct history *history, const struct verdict *verdict);

/* SNAPSHOT has all domains there are: forgets the others. */
void remember_domains(struct history *history, const struct snapshot *snapshot);

/* After an action, of its side: success clears, failure counts and sets the next try (quick for
 * what passes by itself, else doubling up to a minute, with jitter from alias and attempt). What
 * succeeds too often waits as well. */
void remember_outcome(struct history *history, const struct outcome *outcome, uint64_t now);

/* Has ACTION been done so often, each time with success, that it must wait? Then what is remembered
 * of that, and *ret_until when it may be done again; else NULL. */
const struct deed *remember_restless(const struct memory *memory, const struct action *action,
				     uint64_t *ret_until);

/* The domain has another QEMU: nothing known of its live side holds any more, and what failed is
 * worth another try. */
void remember_start(struct history *history, const struct domain *domain);

/* A person or an event wants this hostdev unplugged and plugged once; the next plan does it. */
void remember_replug(struct history *history, const struct domain *domain, const char *alias);

/* The same for all that the domain's tags have attached live, by whatever alias: a restore or a
 * revert has left all of it dead. */
void remember_revival(struct history *history, const struct domain *domain);

/* The same for all that the tags of the domain with these NAMES (char *, NULL at the end; empty:
 * all tags) have attached live. */
void remember_replugs(struct history *history, const struct plan *plan, const struct domain *domain,
		      char *const *names);
