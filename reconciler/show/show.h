/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What people see on stdout. Every function makes a new string and reads nothing but its arguments;
 * what devices, domains and metadata say is encoded here, once, where it becomes a line or a cell.
 */

#include <glib.h>
#include <stdbool.h>

#include "reconciler/pass.h"
#include "state/plan.h"
#include "state/snapshot.h"

struct show_style {
	unsigned int width; /* columns of the terminal; 0: no terminal, as long as it takes */
	bool colour;
};

/* For stdout as it is: a terminal or not, NO_COLOR, TERM, COLUMNS. */
struct show_style show_style(void);

/* The columns of the terminal that is open at FD; 0: it is none. */
unsigned int show_width(int fd);
/* Its lines; 0: it is none, or does not say. */
unsigned int show_height(int fd);

/*
 * Encoded TEXT for a terminal of WIDTH columns (0: none, unchanged): a line that is too long breaks
 * between words, and goes on below its last column. A word that is longer stays whole.
 */
char *show_wrap(unsigned int width, const char *text);

/*
 * A plan, one line each: `+` attach, `-` detach, `~` edit, `!` what needs a person; then a count.
 * The same plan gives the same bytes. ONLY: names of domains, NULL: all.
 */
char *show_plan(const struct snapshot *snapshot, const struct plan *plan, const GPtrArray *only);

/* What became of one action, in one line without its end; not encoded: it is for the log. */
char *show_outcome(const struct outcome *outcome);

/* What a gathered pass (result.h) did, in the same form, and what it leaves to a person. */
char *show_run(const struct pass *gathered, const GPtrArray *only);

/* The table of all tags, or of one domain's; problems and hostdevs that no tag names below it. */
char *show_status(const struct show_style *style, const struct snapshot *snapshot,
		  const struct plan *plan, const struct domain *only);

/* Everything about one tag: the long answer to "why". */
char *show_tag(const struct snapshot *snapshot, const struct plan *plan,
	       const struct verdict *verdict);

/*
 * What has changed from one look at the world to the next, a line each with the time before it:
 * tags, domains that start and stop, devices that come and go, the daemon. BEFORE: NULL at the
 * beginning, when all tags are told. DOMAIN and TAG, by name: of those only; NULL: everything.
 */
char *show_changes(const struct pass *before, const struct pass *now, const char *domain,
		   const char *tag);

/* The table of this host's devices; hubs too when HUBS. PLAN may be NULL: who has them is unknown.
 */
char *show_devices(const struct show_style *style, const struct snapshot *snapshot,
		   const struct plan *plan, bool hubs);

/* The same devices as a tree of hubs, by sysname; hubs always. */
char *show_devices_tree(const struct show_style *style, const struct snapshot *snapshot,
			const struct plan *plan);

/* Everything in Prometheus' text format; and what is left of it when nothing could be read. */
char *show_metrics(const struct snapshot *snapshot, const struct plan *plan);
char *show_metrics_down(void);

/* One line for Nagios of all, of a domain, or of one of its tags (NULL); its exit code is the
 * number of plan_severity(). */
char *show_plugin(const struct snapshot *snapshot, const struct plan *plan,
		  const struct domain *domain, const struct tag *tag);

/* Problems, a line each and a line for the hint; those of one domain, or all for NULL. */
char *show_problems(const GPtrArray *problems, const struct domain *only);

/* All problems but those that the line of a tag tells already, as that has an invalid entry's first
 * complaint: a new array that owns none of them. */
GPtrArray *show_untold(const struct snapshot *snapshot, const struct plan *plan);
