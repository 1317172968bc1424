/* SPDX-License-Identifier: MIT */
#include "reconciler/libvirt/hands.h"

enum hand_side hand_side(enum action_kind kind)
{
	switch (kind) {
	case ACTION_DETACH_LIVE:
	case ACTION_ATTACH_LIVE:
		return HAND_LIVE;
	case ACTION_DETACH_CONFIG:
	case ACTION_ATTACH_CONFIG:
		return HAND_CONFIG;
	case ACTION_EDIT_IMAGE:
		return HAND_IMAGE;
	}
	g_assert_not_reached();
}
