/* SPDX-License-Identifier: MIT */
#pragma once

/* For the files of this wing only: the hands of a connection. */

#include "reconciler/libvirt/virt_connection.h"

/* Fills virt->hands. */
void virt_hands_init(struct virt *virt);
