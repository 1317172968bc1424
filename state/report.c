/* SPDX-License-Identifier: MIT */
#include "state/report.h"

#include <string.h>

struct report *report_new(void)
{
	return g_new0(struct report, 1);
}

void report_free(struct report *report)
{
	g_free(report);
}

static const char *const trigger_names[TRIGGERS] = {
	[TRIGGER_START] = "start",        [TRIGGER_UDEV] = "udev",
	[TRIGGER_LIBVIRT] = "libvirt",    [TRIGGER_DEADLINE] = "deadline",
	[TRIGGER_RESYNC] = "resync",      [TRIGGER_REQUEST] = "request",
	[TRIGGER_DONE] = "own_call_done",
};

static const char *const change_names[CHANGES] = {
	[CHANGE_ATTACH] = "attach",
	[CHANGE_DETACH] = "detach",
	[CHANGE_EDIT] = "edit",
};

const char *change_kind_name(enum change_kind kind)
{
	return change_names[kind];
}

const char *trigger_name(enum trigger trigger)
{
	return trigger_names[trigger];
}

bool trigger_parse(const char *text, enum trigger *ret_trigger)
{
	for (int i = 0; i < TRIGGERS; i++) {
		if (strcmp(text, trigger_names[i]) == 0) {
			*ret_trigger = (enum trigger)i;
			return true;
		}
	}
	return false;
}
