/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of xmlutil/ only: what of the host's a guest has by other means than a USB hostdev.
 */

#include "state/domain.h"

struct _xmlNode;

/*
 * Adds to USES (struct domain_use *) what a live domain document hands to the guest: every path
 * below /dev that anything in it names (a disk, a serial line, an input node, whatever comes), the
 * interfaces behind macvtap, and usb-host devices on QEMU's own command line.
 */
void host_uses_read(const struct _xmlNode *root, GPtrArray *uses);
