/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Asking the daemon. Two sockets beside the lock: `status`, for anybody, gives one JSON document to
 * whoever connects; `control`, for those who may change domains, takes a command with its arguments
 * and gives what the command prints and its exit code. Blocking calls with deadlines: the daemon
 * makes them on threads.
 */

#include <glib.h>
#include <stdbool.h>

#define WIRE_STATUS  "status"
#define WIRE_CONTROL "control"

/* A listening socket of that name in DIRECTORY, replacing one that nobody listens to any more. MODE
 * as for a file. Returns the descriptor, or -1 with *err. */
int wire_listen(const char *directory, const char *name, unsigned int mode, char **err);

/* Connects; -1 when nobody listens there. */
int wire_connect(const char *directory, const char *name);

/* Writes all of TEXT within 10 s. False: the other side does not take it. */
bool wire_write(int fd, const char *text, size_t length);

/* Reads to the end: a new string, or NULL when it is longer than MOST, is broken off, or takes
 * longer than SECONDS. */
char *wire_read(int fd, size_t most, unsigned int seconds, size_t *ret_length);

/* The daemon's JSON document, or NULL without a daemon. */
char *wire_ask_status(const char *directory);

/*
 * Has the daemon do a command: ARGUMENTS are its name and what follows, NULL at the end. 0: it
 * answered, *ret_status is the exit code and *ret_text what is to be printed; 1: no daemon listens;
 * -1 with *err.
 */
int wire_ask(const char *directory, const char *const *arguments, int *ret_status, char **ret_text,
	     char **err);

/* The daemon's side of that: the arguments of a request as read, or NULL when it is none; and the
 * answer to write. New ones. */
char **wire_parse_request(const char *request, size_t length);
char *wire_format_answer(int status, const char *text);
