/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of this wing only: waiting for DEVICE_REMOVED. */

#include "reconciler/libvirt/virt_connection.h"

/* DEVICE_REMOVED of one alias on one domain: expect before asking for it, as it may come at once.
 */
struct virt_removal;
enum removal {
	REMOVAL_SEEN,
	REMOVAL_REFUSED, /* DEVICE_REMOVAL_FAILED: the guest would not let go */
	REMOVAL_SILENT,  /* neither came in time */
};

/* NULL with *ret_trouble when the events cannot be had. */
struct virt_removal *virt_removal_expect(struct virt *virt, const char *uuid, const char *alias,
					 struct trouble **ret_trouble);
enum removal virt_removal_wait(struct virt_removal *removal, gint64 patience_usec);
void virt_removal_free(struct virt_removal *removal);
OWN_DEFINE(virt_removal)

/* Before the connection is closed. */
void virt_removal_unsubscribe(struct virt *virt);
