/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The commands. Each is one file with one struct cmd; cmd.c has the table that --help, the help of
 * each command and the dispatch come from.
 */

#include <glib.h>
#include <stdbool.h>
#include <sysexits.h>

#include "reconciler/system/lock.h"
#include "reconciler/pass.h"
#include "reconciler/show/show.h"
#include "reconciler/libvirt/virt.h"
#include "state/problem.h"

/* sysexits.h has the others: EX_USAGE 64, EX_DATAERR 65, EX_UNAVAILABLE 69, EX_IOERR 74,
 * EX_TEMPFAIL 75, EX_NOPERM 77. */
enum {
	EXIT_OK = 0,
	EXIT_BAD = 1, /* run: something failed; status: something is critical */
};

/* One call of one command. */
struct cmd_call {
	const struct cmd *cmd;
	const char *uri; /* -c, or NULL */
	bool json;
	bool json_lines; /* … each document in one line */
	bool dry_run;
	bool verbose;
	char **args; /* what is left after the options, NULL at the end */
	guint count;
	struct show_style style;
	struct virt *virt; /* open after cmd_open() */
};

struct cmd {
	const char *name;
	const char *arguments; /* "[DOMAIN [NAME]]" */
	const char *summary;   /* one line, for --help */
	const char *details;   /* for the command's own help */
	guint least;           /* arguments */
	guint most;
	bool has_json;                     /* takes --json */
	bool has_dry_run;                  /* takes -n */
	bool takes_anything;               /* its arguments are somebody else's: no options */
	const GOptionEntry *options;       /* the command's own, or NULL */
	int (*run)(struct cmd_call *call); /* returns the exit code */
};

extern const struct cmd cmd_run;
extern const struct cmd cmd_status;
extern const struct cmd cmd_devices;
extern const struct cmd cmd_tag;
extern const struct cmd cmd_untag;
extern const struct cmd cmd_enable;
extern const struct cmd cmd_disable;
extern const struct cmd cmd_replug;
extern const struct cmd cmd_adopt;
extern const struct cmd cmd_validate;
extern const struct cmd cmd_migrate_xml;
extern const struct cmd cmd_hook;
extern const struct cmd cmd_daemon;
extern const struct cmd cmd_help;

/* The table: its command of that number, NULL after the last; or of that name, or NULL. */
const struct cmd *cmd_number(guint number);
const struct cmd *cmd_named(const char *name);

/* The tables of options that CMD takes (NULL: the program itself): a new array, NULL at its end. */
const GOptionEntry **cmd_options(const struct cmd *cmd);

/* Parses, runs the command, returns the exit code. */
int cmd_main(int argc, char **argv);

/*
 * Complains on stderr, and with --json also as the one problem of a document on stdout. HINT may be
 * NULL. Returns STATUS.
 */
int cmd_fail(const struct cmd_call *call, int status, enum problem_code code, const char *hint,
	     const char *format, ...) G_GNUC_PRINTF(5, 6);

/* A mistake in the command line; the hint is the command's --help. Returns EX_USAGE. */
int cmd_misused(const struct cmd_call *call, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Opens call->virt; 0, or the exit code with *ret_problem. */
int cmd_try_open(struct cmd_call *call, bool read_only, struct problem **ret_problem);

/* Opens call->virt, or complains. 0 or the exit code. */
int cmd_open(struct cmd_call *call, bool read_only);

/* The same, and reads the world, or also plans for it (pass.h), without acting. */
int cmd_read(struct cmd_call *call, bool read_only, struct snapshot **ret_snapshot);
int cmd_look(struct cmd_call *call, bool read_only, struct history *history,
	     struct pass **ret_pass);

/* libvirt stopped answering half way: complains. Returns EX_UNAVAILABLE. */
int cmd_lost(const struct cmd_call *call, const char *err);

/* Where the lock and the daemon's sockets are for the libvirt that is meant. */
const char *cmd_directory(const struct cmd_call *call);

/*
 * Takes the lock of this host; or, when a daemon holds it, has that do COMMAND with these NAMES
 * (char *, NULL at the end; NULL: none). *ret_answer is what that printed then, *ret_lock NULL, and
 * *ret_status its exit code. 0, or the exit code after a complaint, which may be the daemon's.
 */
int cmd_lock(const struct cmd_call *call, const char *command, char *const *names,
	     struct lock **ret_lock, int *ret_status, char **ret_answer);

/* The domain (by name, UUID or number), the tag of that name; or complains and lists what there is.
 * 0 or the exit code. */
int cmd_find_domain(const struct cmd_call *call, const struct snapshot *snapshot, const char *name,
		    const struct domain **ret_domain);
int cmd_find_tag(const struct cmd_call *call, const struct domain *domain, const char *name,
		 const struct tag **ret_tag);

/* What the arguments [DOMAIN [NAME]] name: both as above, NULL when they were not given. */
int cmd_find_named(const struct cmd_call *call, const struct snapshot *snapshot,
		   const struct domain **ret_domain, const struct tag **ret_tag);

/*
 * The domain as above, if its tags can be changed: pass_look() must have been able to read it. 0 or
 * the exit code.
 */
int cmd_find_editable(const struct cmd_call *call, const struct snapshot *snapshot,
		      const char *name, const struct domain **ret_domain);

/* Puts on stdout what the command was asked for: a document, or lines for a person. */
void cmd_print(const struct cmd_call *call, const char *text);

/* "g1/zigbee: attached: host and libvirt agree" */
void cmd_print_verdict(const struct verdict *verdict);

/* What the daemon remembers, if one runs for the same libvirt: since when, what failed, the next
 * try. Without one nothing is remembered: an empty history, and no report. One that runs and does
 * not answer is *RET_SILENT, else NULL. */
void cmd_ask_daemon(const struct cmd_call *call, struct history **ret_history,
		    struct report **ret_report, struct problem **ret_silent);
