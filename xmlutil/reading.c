/* SPDX-License-Identifier: MIT */
#include "xmlutil/reading.h"

#include "state/problem.h"

/* Takes over WHY and FIX. */
static struct problem *add(const struct reading *reading, enum problem_code code, const char *tag,
			   unsigned int line, const char *place, char *why, char *fix)
{
	enum severity severity =
		code == PROBLEM_METADATA_WARNING ? SEVERITY_WARNING : SEVERITY_CRITICAL;
	char *message =
		g_strconcat(reading->source ? reading->source : "", reading->source ? ": " : "",
			    place, *place ? ": " : "", why, NULL);

	struct problem *problem =
		problem_new(code, severity, reading->domain, tag, line, message, fix);

	g_ptr_array_add(reading->problems, problem);
	g_free(why);
	g_free(fix);
	return problem;
}

static void add_entry(const struct reading *reading, enum problem_code code, const struct tag *tag,
		      char *why, char *fix)
{
	g_autofree char *place =
		tag->line ? g_strdup_printf("entry %u, line %u", tag->entry, tag->line)
			  : g_strdup_printf("entry %u", tag->entry);

	add(reading, code, tag->name, tag->line, place, why, fix)->entry = tag->entry;
}

static void add_document(const struct reading *reading, enum problem_code code, unsigned int line,
			 char *why, char *fix)
{
	g_autofree char *place = line ? g_strdup_printf("line %u", line) : g_strdup("");

	add(reading, code, NULL, line, place, why, fix);
}

void reading_complain(const struct reading *reading, struct tag *tag, char *why, char *fix)
{
	if (!tag->complaint)
		tag->complaint = g_strconcat(why, "; ", fix, NULL);
	add_entry(reading, PROBLEM_METADATA_INVALID, tag, why, fix);
}

void reading_warn(const struct reading *reading, const struct tag *tag, char *why, char *fix)
{
	add_entry(reading, PROBLEM_METADATA_WARNING, tag, why, fix);
}

void reading_object(const struct reading *reading, unsigned int line, char *why, char *fix)
{
	add_document(reading, PROBLEM_METADATA_INVALID, line, why, fix);
}

void reading_remark(const struct reading *reading, unsigned int line, char *why, char *fix)
{
	add_document(reading, PROBLEM_METADATA_WARNING, line, why, fix);
}

/* A complaint is for a person; nobody reads the ninth about one entry. */
#define COMPLAINTS_MAX 8

void reading_complain_of(struct entry_reading *entry, char *why, char *fix)
{
	if (entry->complaints++ < COMPLAINTS_MAX) {
		reading_complain(entry->reading, entry->tag, why, fix);
		return;
	}
	g_free(why);
	g_free(fix);
}
