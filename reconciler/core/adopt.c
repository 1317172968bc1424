/* SPDX-License-Identifier: MIT */
#include "reconciler/core/adopt.h"

#include <string.h>

#include "reconciler/core/claim.h"

static void adoption_free(gpointer data)
{
	struct adoption *adoption = data;

	if (adoption->identity)
		identity_free(adoption->identity);
	g_free(adoption->why_not);
	g_free(adoption);
}

static struct adoption *find_for(const GPtrArray *adoptions, const struct device *device)
{
	for (guint i = 0; i < adoptions->len; i++) {
		struct adoption *adoption = g_ptr_array_index(adoptions, i);

		if (adoption->device == device)
			return adoption;
	}
	return NULL;
}

/* Does the domain, or a proposal, use NAME or its alias already? */
static bool is_taken(const struct domain *domain, const GPtrArray *adoptions, const char *name)
{
	g_autofree char *alias = g_strconcat(TAG_ALIAS_PREFIX, name, NULL);

	for (guint i = 0; i < adoptions->len; i++) {
		const struct adoption *adoption = g_ptr_array_index(adoptions, i);

		if (adoption->identity && g_strcmp0(adoption->identity->tag->name, name) == 0)
			return true;
	}
	return domain_has_other_alias(domain, alias) || domain_find_tag(domain, name) ||
	       domain_find_hostdev(domain->live, alias) ||
	       domain_find_hostdev(domain->config, alias);
}

/* What a person would call it: by its product string, which the device chose, else its ids. */
static char *base_name(const struct device *device)
{
	const char *untrusted_name = device_untrusted_name(device);
	g_autofree char *lower = g_ascii_strdown(untrusted_name ? untrusted_name : "", -1);
	g_autofree char *name = tag_name_from(lower);

	if (tag_name_ok(name))
		return g_steal_pointer(&name);
	return g_strdup_printf("usb-%04x-%04x", device->id.vendor, device->id.product);
}

static char *new_name(const struct domain *domain, const GPtrArray *adoptions,
		      const struct device *device)
{
	g_autofree char *base = base_name(device);
	char *name = g_strdup(base);

	for (unsigned int i = 2; is_taken(domain, adoptions, name); i++) {
		g_autofree char *end = g_strdup_printf("-%u", i);
		g_autofree char *cut = g_strndup(base, TAG_NAME_MAX - strlen(end));
		g_autofree char *stem = tag_name_from(cut);

		g_free(name);
		name = g_strconcat(stem, end, NULL);
	}
	return name;
}

static unsigned int count_with_id(const struct snapshot *snapshot, struct usb_id id)
{
	unsigned int count = 0;

	for (guint i = 0; i < snapshot->devices->len; i++) {
		const struct device *device = g_ptr_array_index(snapshot->devices, i);

		count += !device->hub && usb_id_equal(device->id, id);
	}
	return count;
}

/* By its address, or by its ids. */
static bool is_hub(const struct snapshot *snapshot, const struct hostdev *hostdev)
{
	for (guint i = 0; i < snapshot->devices->len; i++) {
		const struct device *device = g_ptr_array_index(snapshot->devices, i);

		if (device->hub &&
		    (hostdev->has_address
			     ? hostdev_is(hostdev, device)
			     : hostdev->has_id && usb_id_equal(hostdev->id, device->id)))
			return true;
	}
	return false;
}

/* Why a hostdev stands for no device. */
static char *why_none(const struct snapshot *snapshot, const struct hostdev *hostdev)
{
	unsigned int count = hostdev->has_id ? count_with_id(snapshot, hostdev->id) : 0;

	if (hostdev->missing)
		return g_strdup("libvirt says that its device is missing");
	if (is_hub(snapshot, hostdev))
		return g_strdup(
			"it is a hub, and hubs are never passed through: tag what is plugged "
			"into it");
	if (count > 1)
		return g_strdup_printf("%u devices on this host are %04x:%04x, and which one is "
				       "meant is not known: tag the right one",
				       count, hostdev->id.vendor, hostdev->id.product);
	return g_strdup("the device it names is not plugged in");
}

static void propose_tag(struct adoption *adoption, const struct snapshot *snapshot,
			const GPtrArray *adoptions)
{
	const struct device *device = adoption->device;

	if (!device)
		adoption->why_not = why_none(snapshot, adoption->hostdev);
	else
		adoption->identity = identify(snapshot, device, 0, &adoption->why_not);
	if (adoption->identity)
		adoption->identity->tag->name = new_name(adoption->domain, adoptions, device);
}

static void add(GPtrArray *adoptions, const struct snapshot *snapshot,
		const struct unmanaged *unmanaged)
{
	const struct device *device = claim_device_of(snapshot, unmanaged->hostdev);
	struct adoption *adoption = device ? find_for(adoptions, device) : NULL;

	if (!adoption) {
		adoption = g_new0(struct adoption, 1);
		adoption->domain = unmanaged->domain;
		adoption->hostdev = unmanaged->hostdev;
		adoption->device = device;
		propose_tag(adoption, snapshot, adoptions);
		g_ptr_array_add(adoptions, adoption);
	}
	if (!adoption->identity)
		return;
	if (!unmanaged->live)
		adoption->identity->tag->persist = TAG_PERSIST_YES;
	/* Kept where nothing remembers the hostdev any more: the live one comes first. */
	if (adoption->identity->tag->guest_reset == GUEST_RESET_DEFAULT)
		adoption->identity->tag->guest_reset = unmanaged->hostdev->guest_reset;
}

/* The world as it would be with the tags written. It borrows everything from SNAPSHOT. */
static struct snapshot *imagine(const struct snapshot *snapshot, const struct domain *domain,
				const GPtrArray *adoptions)
{
	struct snapshot *world = snapshot_new();

	g_ptr_array_unref(world->devices);
	world->devices = g_ptr_array_ref(snapshot->devices);
	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *each = g_ptr_array_index(snapshot->domains, i);
		struct domain *copy = domain_copy(each);

		g_ptr_array_add(world->domains, copy);
		if (each != domain)
			continue;
		g_ptr_array_unref(copy->tags);
		copy->tags = g_ptr_array_new();
		g_ptr_array_extend(copy->tags, each->tags, NULL, NULL);
		for (guint k = 0; k < adoptions->len; k++) {
			const struct adoption *adoption = g_ptr_array_index(adoptions, k);

			if (adoption->identity)
				g_ptr_array_add(copy->tags, adoption->identity->tag);
		}
	}
	return world;
}

static const struct claim *claim_of(const struct claims *claims, const struct tag *tag)
{
	const struct claim *claim = NULL;

	for (guint i = 0; i < claims->all->len && !(claim && claim->tag == tag); i++)
		claim = g_ptr_array_index(claims->all, i);
	return claim;
}

/* Not to be adopted after all, if the guest would lose the device to somebody who asks for it more
 * narrowly: so far the hostdev that no tag names has kept everybody away. */
static void check_cost(struct adoption *adoption, const struct claims *claims)
{
	const struct claim *claim;

	if (!adoption->identity)
		return;
	claim = claim_of(claims, adoption->identity->tag);
	if (claim->owned->len > 0 ||
	    !g_ptr_array_find(adoption->domain->live, adoption->hostdev, NULL))
		return;
	adoption->why_not =
		claim->owner_tag
			? g_strdup_printf("%s/%s asks for this device, and would take "
					  "it away: disable or untag that first",
					  claim->owner_domain->name, claim->owner_tag->name)
			: g_strdup("the guest would lose the device");
	g_clear_pointer(&adoption->identity, identity_free);
}

GPtrArray *adopt_propose(const struct snapshot *snapshot, const struct plan *plan,
			 const struct domain *domain)
{
	GPtrArray *adoptions = g_ptr_array_new_with_free_func(adoption_free);
	OWN(snapshot) world = NULL;
	OWN(claims) claims = NULL;

	for (int live = 1; live >= 0; live--) {
		for (guint i = 0; i < plan->unmanaged->len; i++) {
			const struct unmanaged *unmanaged = g_ptr_array_index(plan->unmanaged, i);

			if (unmanaged->domain == domain && unmanaged->live == (live == 1))
				add(adoptions, snapshot, unmanaged);
		}
	}
	world = imagine(snapshot, domain, adoptions);
	claims = claims_settle(world);
	for (guint i = 0; i < adoptions->len; i++)
		check_cost(g_ptr_array_index(adoptions, i), claims);
	return adoptions;
}
