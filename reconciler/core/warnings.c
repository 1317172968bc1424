/* SPDX-License-Identifier: MIT */
#include "reconciler/core/warnings.h"

#include "reconciler/core/explain.h"
#include "state/guest_port.h"
#include "state/text.h"

/* "live hostdev ua-mine (0403:6001 at 001:005)" */
static char *describe_hostdev(const struct unmanaged *unmanaged)
{
	const struct hostdev *hostdev = unmanaged->hostdev;
	g_autofree char *id = hostdev->has_id ? g_strdup_printf("%04x:%04x ", hostdev->id.vendor,
								hostdev->id.product)
					      : g_strdup("");

	return g_strdup_printf(
		"%s hostdev %s (%sat %03u:%03u)", unmanaged->live ? "live" : "config",
		hostdev->alias ? hostdev->alias : "without alias", id, hostdev->bus, hostdev->dev);
}

/* What comes of a hostdev that points at nothing (libvirt 9.0.0 to 12.8.0). */
static const char *consequence(const struct unmanaged *unmanaged)
{
	if (unmanaged->hostdev->missing)
		return "it is a placeholder (missing='yes'), which QEMU may fill with any device";
	if (unmanaged->live)
		return "the guest has lost its device";
	return "the next start fails, or gives the guest another device";
}

/* One without address is found by its ids when the domain starts: it cannot be stale. */
static void note_stale(struct plan *plan, const struct snapshot *snapshot,
		       const struct unmanaged *unmanaged)
{
	const struct hostdev *hostdev = unmanaged->hostdev;
	g_autofree char *what = NULL;
	const char *there;

	if (unmanaged->device || !hostdev->has_address)
		return;
	what = describe_hostdev(unmanaged);
	there = snapshot_device_at(snapshot, hostdev->bus, hostdev->dev) ? "another device is there"
									 : "nothing is there";
	problem_warn(plan->problems, PROBLEM_HOSTDEV_STALE, unmanaged->domain->name, NULL,
		     g_strdup_printf("the %s has no tag, and %s: %s", what, there,
				     consequence(unmanaged)),
		     "take it out with virsh; a tag keeps a device right when its number changes");
}

/*
 * The tag has its device only because it holds it already, or because a narrower tag has the other
 * one; or its domain is off, where ambiguity makes no verdict yet.
 */
static bool has_weak_serial(const struct claim *claim)
{
	bool told = claim->reason == REASON_SEVERAL_MATCH && claim->domain->running;

	return !told && !claim->tag->group && claim->tag->serial && claim->candidates->len > 1;
}

static void note_weak_serial(struct plan *plan, const struct claim *claim)
{
	g_autofree char *serial = NULL;
	g_autofree char *candidates = NULL;

	if (!has_weak_serial(claim))
		return;
	serial = text_spell(claim->tag->serial);
	candidates = explain_candidates(claim);
	problem_warn(
		plan->problems, PROBLEM_SERIAL_NOT_UNIQUE, claim->domain->name, claim->tag->name,
		g_strdup_printf("%u devices match, and all have the serial %s (at %s): once it is "
				"unplugged, nothing tells which of them is meant",
				claim->candidates->len, serial, candidates),
		"add the port to the tag");
}

static const struct memory *find_unasked(const struct history *history, const char *uuid)
{
	GHashTable *memories = history_of(history, uuid);
	GHashTableIter iter;
	gpointer data;

	if (!memories)
		return NULL;
	g_hash_table_iter_init(&iter, memories);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		const struct memory *memory = data;

		if (memory->unasked)
			return memory;
	}
	return NULL;
}

static void note_unasked(struct plan *plan, const struct domain *domain,
			 const struct history *history)
{
	const struct memory *memory = domain->running ? find_unasked(history, domain->uuid) : NULL;

	if (memory)
		problem_warn(
			plan->problems, PROBLEM_HOOK_NOT_ASKED, domain->name, NULL,
			g_strdup_printf("it came from another host with the numbers that its "
					"devices had there, which may have been other devices' "
					"here: %s",
					memory->hook_there
						? "the hook is there, but libvirt does not call it"
						: "the hook is not enabled on this host"),
			memory->hook_there
				? "restart libvirt's daemon (libvirtd or virtqemud) once"
				: "`usbreconcile help hook` says how, once for all guests");
}

void warnings_of_plan(struct plan *plan, const struct snapshot *snapshot,
		      const struct claims *claims, const struct history *history)
{
	for (guint i = 0; i < snapshot->domains->len; i++)
		note_unasked(plan, g_ptr_array_index(snapshot->domains, i), history);
	for (guint i = 0; i < plan->unmanaged->len; i++)
		note_stale(plan, snapshot, g_ptr_array_index(plan->unmanaged, i));
	for (guint i = 0; i < claims->all->len; i++)
		note_weak_serial(plan, g_ptr_array_index(claims->all, i));
}

static void check_matches(GPtrArray *problems, const struct claim *claim)
{
	const struct tag *tag = claim->tag;

	if (claim->reason == REASON_NOT_PLUGGED_IN || claim->reason == REASON_EMPTY_GROUP ||
	    claim->reason == REASON_HUB) {
		if (claim->candidates->len == 0)
			problem_warn(problems, PROBLEM_NOTHING_MATCHES, claim->domain->name,
				     tag->name, explain_claim(claim),
				     "compare with what `usbreconcile devices` shows");
	} else if (claim->reason == REASON_SEVERAL_MATCH && !has_weak_serial(claim)) {
		problem_warn(problems, PROBLEM_SEVERAL_MATCH, claim->domain->name, tag->name,
			     explain_claim(claim), "as it is, the tag gets none of them");
	}
	if (tag->group && claim->candidates->len > tag->limit)
		problem_warn(problems, PROBLEM_SEVERAL_MATCH, claim->domain->name, tag->name,
			     g_strdup_printf("%u devices match, and the group takes %u of them",
					     claim->candidates->len, tag->limit),
			     "raise the limit, or ask for less");
}

/* How many devices the domain's tags may have at once, as the host is today. */
static unsigned int count_wanted(const struct claims *claims, const struct domain *domain)
{
	unsigned int wanted = 0;

	for (guint i = 0; i < claims->all->len; i++) {
		const struct claim *claim = g_ptr_array_index(claims->all, i);

		if (claim->domain != domain || claim->tag->complaint || !claim->tag->enabled)
			continue;
		wanted += claim->tag->group ? MIN(claim->candidates->len, claim->tag->limit) : 1;
	}
	return wanted;
}

static void check_ports(GPtrArray *problems, const struct plan *plan, const struct claims *claims,
			const struct domain *domain)
{
	unsigned int wanted = count_wanted(claims, domain);
	unsigned int taken = domain->guest_ports_taken;

	for (guint i = 0; i < plan->unmanaged->len; i++) {
		const struct unmanaged *other = g_ptr_array_index(plan->unmanaged, i);

		taken += other->domain == domain && other->live != domain->persistent;
	}
	if (wanted == 0 || wanted + taken <= domain->guest_ports)
		return;
	problem_warn(
		problems, PROBLEM_TOO_FEW_PORTS, domain->name, NULL,
		g_strdup_printf(
			"its tags may need %u USB port%s; the guest has %u, and %u %s taken by "
			"other devices",
			wanted, wanted == 1 ? "" : "s", domain->guest_ports, taken,
			taken == 1 ? "is" : "are"),
		"with `virsh edit`: <controller type='usb' model='qemu-xhci' ports='15'/>");
}

static void check_domain(GPtrArray *problems, const struct plan *plan, const struct claims *claims,
			 const struct domain *domain)
{
	check_ports(problems, plan, claims, domain);
	for (guint i = 0; i < domain->tags->len; i++) {
		const struct tag *tag = g_ptr_array_index(domain->tags, i);
		char *why_not = guest_port_why_not(domain, tag);

		if (why_not)
			problem_warn(problems, PROBLEM_GUEST_PORT, domain->name, tag->name, why_not,
				     "choose another port, or leave it to libvirt");
	}
}

void warnings_of_tags(GPtrArray *problems, const struct snapshot *snapshot, const struct plan *plan)
{
	OWN(claims) claims = claims_settle(snapshot);

	for (guint i = 0; i < claims->all->len; i++)
		check_matches(problems, g_ptr_array_index(claims->all, i));
	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);

		if (!domain->unreadable)
			check_domain(problems, plan, claims, domain);
	}
}
