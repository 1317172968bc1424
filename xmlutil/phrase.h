/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of xmlutil/ only: the phrases of complaints, what was meant and what was given. */

/* The word of the NULL-terminated KNOWN that WORD was probably meant to be, or NULL. */
const char *phrase_nearest(const char *word, const char *const *known);

/* What to do about a WORD that is not KNOWN: "did you mean serial?", or the words there are. A new
 * string. */
char *phrase_hint(const char *word, const char *const *known);

/*
 * TEXT, cut short when it is long, and the same between double quotes: a complaint is one sentence,
 * whatever somebody wrote into the XML. New strings.
 */
char *phrase_cut(const char *text);
char *phrase_quote(const char *text);
