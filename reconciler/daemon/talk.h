/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One connection to a socket of the daemon, served by the loop itself: nothing here waits, however
 * slowly the other side reads or writes. What is written is shared, so any number of readers of one
 * document cost no copy of it. Everything here belongs to the loop's thread.
 */

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

struct talk;

struct talk_calls {
	/* The other side has said all that it will say: LENGTH bytes and a NUL; NULL: more than
	 * talk_listen() allows. */
	void (*heard)(struct talk *talk, const char *said, size_t length, void *data);
	/* It hung up, or has all that there was for it: free TALK. */
	void (*over)(struct talk *talk, void *data);
};

/* Takes FD, which does not block, over. CALLS live as long as TALK. */
struct talk *talk_new(GMainContext *loop, int fd, const struct talk_calls *calls, void *data);
/* Hangs up. */
void talk_free(struct talk *talk);

/* Whose it is: what the kernel says of who connected, (uid_t)-1 when it does not say. */
uid_t talk_user(const struct talk *talk);

/* Reads until the other side has finished, MOST bytes. */
void talk_listen(struct talk *talk, size_t most);

/* TEXT, after what is still being written, now or as soon as the other side takes it; a reference
 * is taken. */
void talk_write(struct talk *talk, GBytes *text);
/* The same, but instead of what waits and was not begun: who is slow gets the latest. */
void talk_write_latest(struct talk *talk, GBytes *text);
/* The one that is being written, NULL: none. */
const GBytes *talk_text(const struct talk *talk);
/* Nothing more will be written: it is over when the last byte is. */
void talk_end(struct talk *talk);
/* A last TEXT, as much of it as the other side takes at once: before talk_free(). */
void talk_say_goodbye(struct talk *talk, const char *text);

/* By when the other side must have done what it is waited for, as clock_now(); 0: never. Whoever
 * keeps the talk frees it then. */
void talk_set_due(struct talk *talk, uint64_t due);
/* From now on that is so long after it last took something, as long as anything is to be written.
 */
void talk_set_patience(struct talk *talk, uint64_t patience);
uint64_t talk_due(const struct talk *talk);
