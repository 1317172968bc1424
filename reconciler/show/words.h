/* SPDX-License-Identifier: MIT */
#pragma once

/* Words that several show functions use. New strings, not yet encoded, unless said otherwise. */

#include <glib.h>

#include "state/plan.h"

char *words_id(struct usb_id id);                        /* "10c4:ea60" */
char *words_address(unsigned int bus, unsigned int dev); /* "001:007", as lsusb has it */
char *words_at(const struct hostdev *hostdev);           /* the same, "-" without address */
char *words_device(const struct device *device);         /* "10c4:ea60 serial 2eba2b" */
const char *words_port(const struct device *device);     /* as a tag has it; not a new string */
char *words_line(const char *format, ...) G_GNUC_PRINTF(1, 2); /* one encoded line, with newline */
char *words_count(guint count, const char *noun);              /* "1 tag", "2 tags" */

char *words_time(int64_t seconds);      /* since the epoch, as the clock here has it */
char *words_tag(const struct tag *tag); /* its name, else "entry 2" */

/* "there is: zigbee, ups": what can be named instead of what is not there. */
char *words_domains(const struct snapshot *snapshot);
char *words_tags(const struct domain *domain);

/* One line of a page, "  label       text"; TEXT is taken over and encoded. An empty label
 * continues the one before. */
void words_append(GString *page, const char *label, char *text);

/* Who has the device or is to have it: "hassio/zigbee", "host: ftdi_sio"; NULL: nobody. */
char *words_holder(const struct plan *plan, const struct device *device);

/* The same, and who else asks for it: "hassio/zigbee; nas/stick wants it (contested)". */
char *words_users(const struct plan *plan, const struct device *device);
