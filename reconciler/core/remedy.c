/* SPDX-License-Identifier: MIT */
#include "reconciler/core/remedy.h"

#include <string.h>

#define CONTROLLER "<controller type='usb' model='qemu-xhci' ports='15'/>"

char *remedy_for(const char *words, const struct domain *domain, const char *alias)
{
	if (!words)
		return NULL;
	if (strstr(words, "Duplicate device ID"))
		return g_strdup_printf("QEMU has a device that libvirt has lost sight of; `virsh "
				       "qemu-monitor-command %s --hmp device_del %s` takes it out, "
				       "or the guest's next start",
				       domain->name, alias);
	if (strstr(words, "No free USB ports"))
		return g_strdup("the guest needs more ports: " CONTROLLER " and a start");
	if (strstr(words, "Domain has no USB bus support"))
		return g_strdup("the guest needs a USB controller: " CONTROLLER " and a start");
	if (strstr(words, "failed to open host usb device"))
		return g_strdup_printf("the reason is in /var/log/libvirt/qemu/%s.log",
				       domain->name);
	return NULL;
}
