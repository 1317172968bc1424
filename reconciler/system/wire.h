/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Asking the daemon. Three sockets beside the lock: `status`, for anybody, gives one JSON document
 * to whoever connects; `watch`, for anybody too, one in a line, and another whenever something has
 * changed; `control`, for those who may change domains, takes a command with its arguments
 * and gives what the command prints and its exit code. This is the client's side, which blocks,
 * with one deadline from the connecting to the last byte; the daemon's is daemon/serve.h.
 */

#include <glib.h>
#include <stdbool.h>

#define WIRE_STATUS  "status"
#define WIRE_CONTROL "control"
#define WIRE_WATCH   "watch"

enum wire_reply {
	WIRE_ANSWERED,
	WIRE_NOBODY, /* no daemon listens there, or not to us */
	WIRE_SILENT, /* a daemon is there, and did not answer in time: it hangs, or was stopped */
	WIRE_BROKEN, /* it hung up half way */
};

/* A listening socket of that name in DIRECTORY, replacing one that nobody listens to any more. MODE
 * as for a file. Returns the descriptor, or -1 with *err. */
int wire_listen(const char *directory, const char *name, unsigned int mode, char **err);

/* A connection that blocks, within WIRE_HEARD_SECONDS; -1 with errno, EAGAIN when it took longer.
 */
int wire_connect(const char *directory, const char *name);

/* Is there a daemon? Connects, and that is all. */
bool wire_has_daemon(const char *directory);

/* How long the daemon may take for all of its document. */
#define WIRE_STATUS_SECONDS 4
/* The daemon's JSON document. */
enum wire_reply wire_ask_status(const char *directory, char **ret_text);

/* How long it may take to say that it has heard a command, and to do it: it waits 45 s for a guest
 * that hangs. */
#define WIRE_HEARD_SECONDS  5
#define WIRE_ANSWER_SECONDS 60
/*
 * Has the daemon do a command: ARGUMENTS are its name and what follows, NULL at the end. When it
 * has answered, *ret_status is the exit code and *ret_text what is to be printed; for EX_USAGE and
 * above that is a complaint, and in its second line perhaps what to do.
 */
enum wire_reply wire_ask(const char *directory, const char *const *arguments, int *ret_status,
			 char **ret_text);

/* The daemon's side of that: what says that the command was heard, the arguments of a request as
 * read, or NULL when it is none; and the answer to write. New ones. */
#define WIRE_HEARD "\n"
char **wire_parse_request(const char *request, size_t length);
char *wire_format_answer(int status, const char *text);
