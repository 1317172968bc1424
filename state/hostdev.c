/* SPDX-License-Identifier: MIT */
#include "state/hostdev.h"

struct hostdev *hostdev_new(void)
{
	return g_new0(struct hostdev, 1);
}

void hostdev_free(struct hostdev *hostdev)
{
	if (!hostdev)
		return;
	g_free(hostdev->alias);
	g_free(hostdev->startup_policy);
	g_free(hostdev->guest_port);
	g_free(hostdev->rest);
	g_free(hostdev);
}

bool hostdev_at(const struct hostdev *hostdev, unsigned int bus, unsigned int dev)
{
	return hostdev->has_address && hostdev->bus == bus && hostdev->dev == dev;
}

bool hostdev_is(const struct hostdev *hostdev, const struct device *device)
{
	if (hostdev->missing || !hostdev_at(hostdev, device->bus, device->dev))
		return false;
	return !hostdev->has_id || usb_id_equal(hostdev->id, device->id);
}
