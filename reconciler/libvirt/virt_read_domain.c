/* SPDX-License-Identifier: MIT */

/* Reading one domain again, after an event said which, and one side of it alone where that is
 * enough. */

#include "reconciler/libvirt/virt_events.h"
#include "reconciler/libvirt/virt_reading.h"
#include "reconciler/libvirt/virt_connection.h"

static void renew(GPtrArray **list, GDestroyNotify free_item)
{
	g_ptr_array_unref(*list);
	*list = g_ptr_array_new_with_free_func(free_item);
}

/* Reads one side again and keeps the other as it was. False when the domain has stopped meanwhile:
 * then everything must be read. */
static bool read_side(struct virt *virt, struct virt_reading *reading, unsigned int side,
		      const struct domain *old)
{
	struct domain *domain = domain_copy(old);

	reading->domain = domain;
	if (side == VIRT_CONFIG) {
		renew(&domain->config, hostdev_drop);
		renew(&domain->tags, tag_drop);
		renew(&domain->other_aliases, g_free);
		domain->metadata = METADATA_UNREAD;
	} else {
		renew(&domain->live, hostdev_drop);
		g_ptr_array_unref(domain->uses);
		domain->uses = domain_new_uses();
	}

	if (virt_reading_is_held(virt, reading))
		return true;

	g_autofree char *xml =
		virt_reading_dump(virt, reading, side == VIRT_CONFIG ? VIR_DOMAIN_XML_INACTIVE : 0);
	if (!reading->domain)
		return true;
	if (!xml)
		return true;
	if (side == VIRT_CONFIG)
		virt_reading_config(virt, reading, xml);
	else if (virt_xml_is_live(xml))
		virt_reading_live(reading, xml);
	else
		return false;
	return true;
}

/* May one side of it be read alone? A transient domain has its tags in the live XML, an alias that
 * is in the way may be in either, and of a domain that is off or could not be read all may be new.
 */
static bool is_plain(const struct domain *domain)
{
	return domain && domain->running && domain->persistent && !domain->unreadable &&
	       domain->other_aliases->len == 0;
}

/* Asked afresh, as a handle from the last listing does not know whether it runs now. */
static virDomainPtr look_up_again(struct virt *virt, const char *uuid)
{
	virt_forget_domain(virt, uuid);
	return virt_domain(virt, uuid);
}

static void read_again(struct virt *virt, struct virt_reading *reading, unsigned int sides,
		       const struct domain *old, const char *uuid)
{
	bool one_side = is_plain(old) && (sides == VIRT_CONFIG || sides == VIRT_LIVE);

	if (one_side) {
		reading->handle = virt_domain(virt, uuid);
		if (!reading->handle || read_side(virt, reading, sides, old))
			return;
		g_clear_pointer(&reading->domain, domain_unref);
		g_ptr_array_set_size(reading->problems, 0);
		virDomainFree(reading->handle);
	}
	reading->handle = look_up_again(virt, uuid);
	if (reading->handle)
		virt_reading_all(virt, reading);
}

int virt_read_domain(struct virt *virt, const char *uuid, unsigned int sides,
		     const struct domain *old, GPtrArray *problems, struct domain **ret_domain,
		     char **err)
{
	struct virt_reading reading = {0};
	int result = 0;

	reading.problems = problem_list_new();
	read_again(virt, &reading, sides, old, uuid);
	if (!reading.handle) {
		OWN(trouble) trouble = trouble_take(virt);

		if (trouble->lost)
			reading.lost = g_steal_pointer(&trouble->words);
	} else {
		virDomainFree(reading.handle);
	}
	if (reading.lost) {
		*err = g_strdup_printf("the connection to libvirt broke: %s", reading.lost);
		g_clear_pointer(&reading.domain, domain_unref);
		result = -1;
	} else if (!reading.domain) {
		result = 1;
	} else {
		*ret_domain = domain_keep(old, reading.domain);
	}
	g_free(reading.lost);
	g_ptr_array_extend_and_steal(problems, reading.problems);
	return result;
}
