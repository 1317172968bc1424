/* SPDX-License-Identifier: MIT */
#include "reconciler/libvirt/virt_dump.h"

#include "reconciler/libvirt/virt_connection.h"

char *virt_dump(struct virt *virt, const char *uuid, enum virt_dump what, char **err)
{
	g_autoptr(virDomain) handle = virt_domain(virt, uuid);
	unsigned int flags =
		VIR_DOMAIN_XML_SECURE |
		(what == VIRT_DUMP_CONFIG ? VIR_DOMAIN_XML_INACTIVE : VIR_DOMAIN_XML_MIGRATABLE);
	char *xml = handle ? CALL(virt, virDomainGetXMLDesc, handle, flags) : NULL;

	if (!xml) {
		OWN(trouble) trouble = trouble_take(virt);

		*err = g_steal_pointer(&trouble->words);
	}
	return xml;
}
