/* SPDX-License-Identifier: MIT */
#pragma once

/* What the completions of the shells ask. No command of the table: what it is given is another
 * command line. */

/*
 * WORDS are what has been typed after "usbreconcile", the last of them what is to be completed.
 * Prints a candidate and a tab and what it is on each line; a line without candidate says that it
 * may be a file name. Never complains, never asks, and has answered within half a second even when
 * libvirt hangs.
 */
#define COMPLETE_NAME "complete"
int complete(char **words);
