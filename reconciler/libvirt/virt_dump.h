/* SPDX-License-Identifier: MIT */
#pragma once

/* A domain's XML as it is, for somebody else to use. Part of libvirt's door (virt.h). */

#include "reconciler/libvirt/virt.h"

enum virt_dump {
	VIRT_DUMP_MIGRATABLE, /* of the running guest, as `virsh migrate --xml` wants it */
	VIRT_DUMP_CONFIG,     /* of its next start, as `virsh migrate --persistent-xml` does */
};

/* With its secrets, so not over a read-only connection. A new string, or NULL with *err. */
char *virt_dump(struct virt *virt, const char *uuid, enum virt_dump what, char **err);
