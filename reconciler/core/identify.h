/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a tag should ask for so that it means one device: what the device says of itself if nothing
 * else on this host says the same, else where it is plugged in.
 */

#include "state/snapshot.h"
#include "state/tag.h"

enum identity_part { /* a set of these */
		     IDENTITY_IDS = 1,
		     IDENTITY_SERIAL = 2,
		     IDENTITY_PORT = 4,
};

struct identity {
	struct tag *tag; /* without a name */
	char *why;       /* "by its serial, which ..."; device strings are spelled (state/text.h) */
	char *warning;   /* what may go wrong, or NULL */
};

void identity_free(struct identity *identity);
OWN_DEFINE(identity)

/*
 * A tag for DEVICE, with these PARTS; 0 chooses: ids and serial if no other device matches them,
 * else ids and port. NULL with *err when the device cannot be passed through, or has no such part.
 */
struct identity *identify(const struct snapshot *snapshot, const struct device *device,
			  unsigned int parts, char **err);
