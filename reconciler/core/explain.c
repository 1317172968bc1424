/* SPDX-License-Identifier: MIT */
#include "reconciler/core/explain.h"

#include "reconciler/core/remedy.h"

#include "state/text.h"

/* What needs no more words than these. */
static const char *const sentences[] = {
	[REASON_DISABLED] = "enabled='no'",
	[REASON_DOMAIN_OFF] = "the domain is off, and nothing is to be done",
	[REASON_UNAUTHORIZED] = "the kernel may not use it (authorized=0; USBGuard?)",
	[REASON_NOT_ALIVE] = "it was replugged once and the guest still does not hold it: see the "
			     "domain's QEMU log",
	[REASON_FOREIGN_HOSTDEV] =
		"a hostdev that is not ours stands in the way: see the unmanaged hostdevs",
	[REASON_NOT_ATTACHED] = "it is there and will be attached",
	[REASON_MOVED] = "the hostdev has an address that is not the device's",
	[REASON_PLACEHOLDER] = "libvirt put a placeholder where the device should be",
	[REASON_DEAD] = "the hostdev looks right, but the guest has lost the device",
	[REASON_REQUESTED] = "a replug was asked for",
	[REASON_SETTLING] = "the device list has just changed; a second one like it may follow",
	[REASON_MIGRATING] = "the guest is on its way to or from another host",
	[REASON_WAITING_RELEASE] = "libvirt has not finished taking it out of where it was",
	[REASON_CONFIG_STALE] = "the persistent hostdev is not as it should be",
	[REASON_CONFIG_ABSENT] = "persist='yes', and the persistent config does not have it yet",
	[REASON_CONFIG_UNWANTED] = "the persistent config holds it, against persist='no'",
	[REASON_IMAGE_STALE] = "the managed save image has an old address",
	[REASON_DEVICE_GONE] = "the device is gone; its hostdev follows",
	[REASON_NOT_OWNED] = "the device is not this tag's (any more); its hostdev follows",
	[REASON_HOST_STOPPING] = "the host is going down; the next start puts it back",
	[REASON_TAG_GONE] = "no tag names it any more",
	[REASON_ATTACHED] = "host and libvirt agree",
	[REASON_ADOPTED] = "host and libvirt agree, by a hostdev that does not carry our alias",
};

char *explain_wish(const struct tag *tag)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < tag->ids->len; i++) {
		struct usb_id id = g_array_index(tag->ids, struct usb_id, i);

		g_string_append_printf(text, "%s%04x:%04x", i ? " or " : "", id.vendor, id.product);
	}
	if (tag->serial) {
		g_autofree char *serial = text_spell(tag->serial);

		g_string_append_printf(text, "%swith serial %s", text->len ? " " : "", serial);
	}
	if (tag->port || tag->port_sysname)
		g_string_append_printf(text, "%sat %sport %s", text->len ? " " : "",
				       tag->group ? "or below " : "",
				       tag->port ? tag->port : tag->port_sysname);
	for (guint i = 0; i < tag->matches->len; i++) {
		const struct tag_match *match = g_ptr_array_index(tag->matches, i);

		g_string_append_printf(text, "%swith %s=%s", text->len ? " " : "", match->property,
				       match->value);
	}
	return g_string_free(text, FALSE);
}

/* The two halves of a dock or of a USB/IP controller number their ports alike, and what udev says
 * of a USB 3 device may be another socket's: then the port alone does not tell them apart. */
static bool tells_apart(const struct claim *claim)
{
	if (claim->tag->port)
		return false;
	for (guint i = 0; i < claim->candidates->len; i++) {
		const struct device *one = g_ptr_array_index(claim->candidates, i);

		for (guint k = 0; k < i; k++) {
			const struct device *other = g_ptr_array_index(claim->candidates, k);

			if (one->port && g_strcmp0(one->port, other->port) == 0)
				return false;
		}
	}
	return true;
}

char *explain_candidates(const struct claim *claim)
{
	GString *text = g_string_new(NULL);
	bool plain = tells_apart(claim);

	for (guint i = 0; i < claim->candidates->len; i++) {
		const struct device *device = g_ptr_array_index(claim->candidates, i);
		const char *port = device->port_v3 && !plain ? device->port_v3 : device->port;

		g_string_append_printf(text, "%s%s", i ? ", " : "", port ? port : device->sysname);
	}
	return g_string_free(text, FALSE);
}

static char *explain_contest(const struct claim *claim)
{
	if (claim->owner_tag)
		return g_strdup_printf("tag %s of domain %s has it", claim->owner_tag->name,
				       claim->owner_domain->name);
	return g_strdup_printf("hostdev %s of domain %s has it, and no tag names that",
			       claim->owner_hostdev->alias ? claim->owner_hostdev->alias
							   : "without alias",
			       claim->owner_domain->name);
}

char *explain_claim(const struct claim *claim)
{
	enum reason reason = claim->reason;
	g_autofree char *wish = explain_wish(claim->tag);
	g_autofree char *candidates = NULL;

	if (reason == REASON_EMPTY_GROUP && claim->candidates->len > 0)
		return g_strdup_printf("%u device%s match%s %s, and others have %s",
				       claim->candidates->len,
				       claim->candidates->len == 1 ? "" : "s",
				       claim->candidates->len == 1 ? "es" : "", wish,
				       claim->candidates->len == 1 ? "it" : "them");
	if (reason == REASON_NOT_PLUGGED_IN || reason == REASON_EMPTY_GROUP)
		return g_strdup_printf("no USB device %s is plugged in", wish);
	if (reason == REASON_SEVERAL_MATCH) {
		candidates = explain_candidates(claim);
		return g_strdup_printf(
			"%u devices match %s (at %s): %s", claim->candidates->len, wish, candidates,
			tells_apart(claim) ? "add a serial or a port to the tag"
					   : "add a serial or ids to the tag; a port with "
					     "usbv3 means the USB 3 device alone");
	}
	if (reason == REASON_HUB)
		return g_strdup_printf("only a hub matches %s, and hubs are never passed through: "
				       "name the port of the device behind it",
				       wish);
	if (reason == REASON_IGNORED_BY_HOST)
		return g_strdup_printf("the device %s is kept by the host: a udev rule says "
				       "USBRECONCILE_IGNORE=1",
				       wish);
	if (reason == REASON_OWNED_BY_TAG || reason == REASON_OWNED_BY_HOSTDEV)
		return explain_contest(claim);
	return NULL;
}

static char *explain_libvirt_error(const struct slot *slot)
{
	const struct setback *setback = &slot->memory->sides[slot->failing];
	g_autofree char *remedy = remedy_for(setback->error, slot->domain, slot->alias);

	return g_strdup_printf("libvirt refused: %s (code %d); %u tr%s, next in %.1f s%s%s",
			       setback->error ? setback->error : "no reason given",
			       setback->error_code, setback->failures,
			       setback->failures == 1 ? "y" : "ies",
			       (double)(setback->next_try - slot->snapshot->now) / G_USEC_PER_SEC,
			       remedy ? "; " : "", remedy ? remedy : "");
}

static const char *const deeds[] = {
	[ACTION_DETACH_LIVE] = "detached",
	[ACTION_ATTACH_LIVE] = "attached",
	[ACTION_DETACH_CONFIG] = "taken out of the persistent config",
	[ACTION_ATTACH_CONFIG] = "put into the persistent config",
	[ACTION_EDIT_IMAGE] = "corrected in the managed save image",
};

static char *explain_restless(const struct slot *slot)
{
	return g_strdup_printf("it was %s again and again, with success each time, and that did "
			       "not last: somebody else may be undoing it; next in %.1f s",
			       deeds[slot->deed->kind],
			       (double)(slot->next_try - slot->snapshot->now) / G_USEC_PER_SEC);
}

static const char held[] =
	"a program holds it through usbfs (NUT, adb, usbmuxd, a QEMU that libvirt "
	"does not know)";

static char *explain_guest_use(const struct device *device)
{
	const struct guest_use *use = g_ptr_array_index(device->guest_uses, 0);

	return g_strdup_printf("domain %s has it by other means than a hostdev: %s (force does not "
			       "change that)",
			       use->domain, use->how);
}

char *explain_member(const struct slot *slot, const struct claim *claim,
		     const struct device *device, enum reason reason)
{
	if (reason == REASON_INVALID_ENTRY)
		return g_strdup(slot->tag->complaint);
	if (reason == REASON_LIBVIRT_ERROR)
		return explain_libvirt_error(slot);
	if (reason == REASON_RESTLESS)
		return explain_restless(slot);
	if (reason == REASON_GUEST_PORT_TAKEN)
		return g_strdup_printf("guestPort asks for the USB port %s of the guest, and "
				       "another device has it: choose another, or leave it out",
				       slot->tag->guest_port);
	if (reason == REASON_IN_USE_BY_HOST)
		return g_strdup_printf("the host is using it: %s (force='yes' takes it anyway)",
				       device->in_use ? device->in_use : held);
	if (reason == REASON_IN_USE_BY_GUEST)
		return explain_guest_use(device);
	if (reason == REASON_DOMAIN_UNREADABLE)
		return g_strdup_printf("the domain could not be read: %s",
				       slot->domain->unreadable);
	if (reason == REASON_MAYBE_DEAD)
		return g_strdup_printf("host driver %s is bound to it, so the guest may have lost "
				       "it: a second look decides",
				       device->driver);
	if (reason == REASON_ALIAS_TAKEN)
		return g_strdup_printf("another device of the domain carries the alias %s: rename "
				       "that alias, or the tag",
				       slot->alias);
	if (reason < G_N_ELEMENTS(sentences) && sentences[reason])
		return g_strdup(sentences[reason]);
	return explain_claim(claim);
}
