/* SPDX-License-Identifier: MIT */
#include "reconciler/core/claim.h"

#include "state/route.h"

/* Who has a device: a tag (claim) or, above all tags, a hostdev that none names. */
struct owner {
	const struct domain *domain;
	const struct claim *claim;
	const struct hostdev *hostdev;
};

struct arena {
	const struct snapshot *snapshot;
	GHashTable *owners; /* const struct device * -> struct owner * */
	GHashTable *held;   /* const struct claim * -> GPtrArray of const struct device * */
	GPtrArray *queue;   /* struct claim *: valid and enabled, in the order they are served */
};

const struct tag *claim_tag_of_alias(const struct domain *domain, const char *alias)
{
	for (guint i = 0; alias && i < domain->tags->len; i++) {
		const struct tag *tag = g_ptr_array_index(domain->tags, i);

		if (!tag->complaint && tag_owns_alias(tag, alias))
			return tag;
	}
	return NULL;
}

bool claim_is_gone(const struct domain *domain, const struct hostdev *hostdev)
{
	return (domain->metadata == METADATA_VALID || domain->metadata == METADATA_ABSENT) &&
	       tag_alias_is_ours(hostdev->alias) && !claim_tag_of_alias(domain, hostdev->alias);
}

bool claim_is_adoptable(const struct domain *domain, const struct hostdev *hostdev)
{
	if (claim_tag_of_alias(domain, hostdev->alias))
		return false;
	return !tag_alias_is_ours(hostdev->alias) || claim_is_gone(domain, hostdev);
}

/* Does the hostdev mean the device by its ids, as no other device has them? Its address was
 * compared before this. */
static bool means_by_id(const struct snapshot *snapshot, const struct hostdev *hostdev,
			const struct device *device)
{
	return !hostdev->missing && hostdev->has_id &&
	       match_only_with_id(snapshot, hostdev->id) == device;
}

/* The hostdev that stands for ALIAS without carrying it, because a tag had adopted it before its
 * guest came from another host or from a file: reroute.h gave it an address that no device has, and
 * that is made of UUID and alias. */
static const struct hostdev *find_nowhere(const struct domain *domain, const GPtrArray *side,
					  const char *alias)
{
	for (guint i = 0; i < side->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(side, i);

		if (claim_is_adoptable(domain, hostdev) &&
		    route_is_nowhere(hostdev, domain->uuid, alias))
			return hostdev;
	}
	return NULL;
}

const struct hostdev *claim_find_hostdev(const struct snapshot *snapshot,
					 const struct domain *domain, const GPtrArray *side,
					 const char *alias, const struct device *device)
{
	const struct hostdev *ours = domain_find_hostdev(side, alias);
	const struct hostdev *by_id = NULL;

	if (!ours)
		ours = find_nowhere(domain, side, alias);
	if (ours || !device)
		return ours;
	for (guint i = 0; i < side->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(side, i);

		if (!claim_is_adoptable(domain, hostdev))
			continue;
		if (hostdev_is(hostdev, device))
			return hostdev;
		if (!by_id && means_by_id(snapshot, hostdev, device))
			by_id = hostdev;
	}
	return by_id;
}

const struct device *claim_device_of(const struct snapshot *snapshot, const struct hostdev *hostdev)
{
	const struct device *device = snapshot_device_at(snapshot, hostdev->bus, hostdev->dev);

	if (device && hostdev_is(hostdev, device))
		return device;
	device = hostdev->has_id ? match_only_with_id(snapshot, hostdev->id) : NULL;
	return device && means_by_id(snapshot, hostdev, device) ? device : NULL;
}

static const GPtrArray *side_of(const struct domain *domain)
{
	return domain->running ? domain->live : domain->config;
}

static bool contains(const GPtrArray *devices, const struct device *device)
{
	return g_ptr_array_find((GPtrArray *)(uintptr_t)devices, device, NULL);
}

/*
 * What the tag has today: by its own alias; a group also by all it could adopt, a device tag by one
 * it could adopt if it has none of its own and that leaves no choice.
 */
static GPtrArray *find_held(const struct claim *claim)
{
	const GPtrArray *side = side_of(claim->domain);
	GPtrArray *held = g_ptr_array_new();
	g_autoptr(GPtrArray) adopted = g_ptr_array_new();

	for (guint i = 0; i < claim->candidates->len; i++) {
		struct device *device = g_ptr_array_index(claim->candidates, i);

		for (guint k = 0; k < side->len; k++) {
			const struct hostdev *hostdev = g_ptr_array_index(side, k);

			if (!hostdev_is(hostdev, device))
				continue;
			if (tag_owns_alias(claim->tag, hostdev->alias))
				g_ptr_array_add(held, device);
			else if (claim_is_adoptable(claim->domain, hostdev))
				g_ptr_array_add(adopted, device);
		}
	}
	if (claim->tag->group || (held->len == 0 && adopted->len == 1))
		g_ptr_array_extend(held, adopted, NULL, NULL);
	return held;
}

static const GPtrArray *held_by(const struct arena *arena, const struct claim *claim)
{
	return g_hash_table_lookup(arena->held, claim);
}

static void take(struct arena *arena, const struct device *device, const struct domain *domain,
		 const struct claim *claim, const struct hostdev *hostdev)
{
	struct owner *owner = g_new0(struct owner, 1);

	owner->domain = domain;
	owner->claim = claim;
	owner->hostdev = hostdev;
	g_hash_table_insert(arena->owners, (gpointer)(uintptr_t)device, owner);
}

/* Does a tag of DOMAIN count this hostdev, which is not ours, as its own? OWN: the claims of
 * DOMAIN. */
static bool is_adopted(const struct arena *arena, const struct domain *domain,
		       struct claim *const *own, const struct hostdev *hostdev,
		       const struct device *device)
{
	if (!claim_is_adoptable(domain, hostdev))
		return false;
	for (guint i = 0; i < domain->tags->len; i++) {
		const GPtrArray *held = held_by(arena, own[i]);

		if (held && contains(held, device))
			return true;
	}
	return false;
}

/*
 * A live hostdev that no tag names outranks every claim, and so does all that an unreadable domain
 * holds. One that is about to be taken out (its tag is gone) or that a tag adopts does not.
 */
static void lock_foreign(struct arena *arena, const struct domain *domain, struct claim *const *own)
{
	for (guint i = 0; i < domain->live->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(domain->live, i);
		const struct device *device =
			snapshot_device_at(arena->snapshot, hostdev->bus, hostdev->dev);

		if (!device || !hostdev_is(hostdev, device))
			continue;
		if (!domain->unreadable &&
		    (claim_tag_of_alias(domain, hostdev->alias) || claim_is_gone(domain, hostdev) ||
		     is_adopted(arena, domain, own, hostdev, device)))
			continue;
		take(arena, device, domain, NULL, hostdev);
	}
}

static int class_compare(const struct claim *a, const struct claim *b)
{
	if (a->domain->running != b->domain->running)
		return a->domain->running ? -1 : 1;
	return (int)match_specificity(a->tag) - (int)match_specificity(b->tag);
}

static int serve_order(gconstpointer left, gconstpointer right)
{
	const struct claim *a = *(struct claim *const *)left;
	const struct claim *b = *(struct claim *const *)right;
	int order = class_compare(a, b);

	if (order == 0)
		order = strcmp(a->domain->name, b->domain->name);
	return order != 0 ? order : strcmp(a->tag->name, b->tag->name);
}

static void lose(struct claim *claim, const struct device *device, const struct owner *owner)
{
	claim->reason = owner->hostdev ? REASON_OWNED_BY_HOSTDEV : REASON_OWNED_BY_TAG;
	claim->disputed = device;
	claim->owner_domain = owner->domain;
	claim->owner_tag = owner->claim ? owner->claim->tag : NULL;
	claim->owner_hostdev = owner->hostdev;
}

/* The one device that the tag wants of what is left, or NULL with the reason why. */
static const struct device *choose(const struct arena *arena, struct claim *claim)
{
	const struct device *free_one = NULL, *taken = NULL;
	unsigned int count = 0;

	for (guint i = 0; i < claim->candidates->len; i++) {
		const struct device *device = g_ptr_array_index(claim->candidates, i);

		if (g_hash_table_contains(arena->owners, device)) {
			taken = taken ? taken : device;
			continue;
		}
		if (contains(held_by(arena, claim), device))
			return device;
		free_one = device;
		count++;
	}
	if (count == 1)
		return free_one;
	if (count > 1)
		claim->reason = REASON_SEVERAL_MATCH;
	else if (taken)
		lose(claim, taken, g_hash_table_lookup(arena->owners, taken));
	return NULL;
}

/* Is CLAIM a better owner of DEVICE than OTHER, which comes before it by name? */
static bool outranks(const struct arena *arena, const struct claim *claim,
		     const struct claim *other, const struct device *device)
{
	return contains(held_by(arena, claim), device) && !contains(held_by(arena, other), device);
}

/* The device tags of one class, arena->queue[from..to). */
static void serve_devices(struct arena *arena, guint from, guint to)
{
	g_autoptr(GPtrArray) wants = g_ptr_array_new();
	GHashTable *winners = g_hash_table_new(NULL, NULL);

	for (guint i = from; i < to; i++) {
		struct claim *claim = g_ptr_array_index(arena->queue, i);
		const struct device *want = choose(arena, claim);
		const struct claim *other = want ? g_hash_table_lookup(winners, want) : NULL;

		g_ptr_array_add(wants, (gpointer)(uintptr_t)want);
		if (want && (!other || outranks(arena, claim, other, want)))
			g_hash_table_insert(winners, (gpointer)(uintptr_t)want, claim);
	}
	for (guint i = from; i < to; i++) {
		struct claim *claim = g_ptr_array_index(arena->queue, i);
		struct device *want = g_ptr_array_index(wants, i - from);

		if (want && g_hash_table_lookup(winners, want) == claim) {
			take(arena, want, claim->domain, claim, NULL);
			g_ptr_array_add(claim->owned, want);
		}
	}
	for (guint i = from; i < to; i++) {
		struct claim *claim = g_ptr_array_index(arena->queue, i);
		const struct device *want = g_ptr_array_index(wants, i - from);

		if (want && claim->owned->len == 0)
			lose(claim, want, g_hash_table_lookup(arena->owners, want));
	}
	g_hash_table_unref(winners);
}

static void fill_group(struct arena *arena, struct claim *claim, const GPtrArray *devices)
{
	for (guint i = 0; i < devices->len && claim->owned->len < claim->tag->limit; i++) {
		struct device *device = g_ptr_array_index(devices, i);

		if (g_hash_table_contains(arena->owners, device))
			continue;
		take(arena, device, claim->domain, claim, NULL);
		g_ptr_array_add(claim->owned, device);
	}
}

/* The groups of one class: all keep the members they hold before any takes a new one. */
static void serve_groups(struct arena *arena, guint from, guint to)
{
	for (guint i = from; i < to; i++) {
		struct claim *claim = g_ptr_array_index(arena->queue, i);

		fill_group(arena, claim, held_by(arena, claim));
	}
	for (guint i = from; i < to; i++) {
		struct claim *claim = g_ptr_array_index(arena->queue, i);

		fill_group(arena, claim, claim->candidates);
	}
}

static void serve_classes(struct arena *arena)
{
	guint from = 0;

	while (from < arena->queue->len) {
		const struct claim *first = g_ptr_array_index(arena->queue, from);
		guint to = from + 1;

		while (to < arena->queue->len &&
		       class_compare(first, g_ptr_array_index(arena->queue, to)) == 0)
			to++;
		if (first->tag->group)
			serve_groups(arena, from, to);
		else
			serve_devices(arena, from, to);
		from = to;
	}
}

/* Why a tag without candidates has none. */
static enum reason why_none_matches(const struct snapshot *snapshot, const struct tag *tag)
{
	g_autoptr(GPtrArray) never = match_devices(tag, snapshot, true);

	for (guint i = 0; i < never->len; i++) {
		const struct device *device = g_ptr_array_index(never, i);

		if (!device->hub)
			return REASON_IGNORED_BY_HOST;
	}
	return never->len > 0 ? REASON_HUB : REASON_NOT_PLUGGED_IN;
}

static struct claim *claim_new(const struct snapshot *snapshot, const struct domain *domain,
			       const struct tag *tag)
{
	struct claim *claim = g_new0(struct claim, 1);

	claim->domain = domain;
	claim->tag = tag;
	claim->owned = g_ptr_array_new();
	if (tag->complaint || !tag->enabled || domain->unreadable) {
		claim->candidates = g_ptr_array_new();
		claim->reason = tag->complaint       ? REASON_INVALID_ENTRY
				: domain->migrating  ? REASON_MIGRATING
				: domain->unreadable ? REASON_DOMAIN_UNREADABLE
						     : REASON_DISABLED;
		return claim;
	}
	claim->candidates = match_devices(tag, snapshot, false);
	claim->reason = REASON_NOT_PLUGGED_IN;
	if (tag->group)
		claim->reason = REASON_EMPTY_GROUP;
	else if (claim->candidates->len == 0)
		claim->reason = why_none_matches(snapshot, tag);
	return claim;
}

static void claim_free(gpointer data)
{
	struct claim *claim = data;

	g_ptr_array_unref(claim->candidates);
	g_ptr_array_unref(claim->owned);
	g_free(claim);
}

bool claim_asks(const struct claim *claim)
{
	return claim->reason != REASON_INVALID_ENTRY && claim->reason != REASON_DISABLED &&
	       claim->reason != REASON_DOMAIN_UNREADABLE && claim->reason != REASON_MIGRATING;
}

static void enter(struct arena *arena, struct claims *claims, const struct domain *domain)
{
	for (guint i = 0; i < domain->tags->len; i++) {
		struct claim *claim =
			claim_new(arena->snapshot, domain, g_ptr_array_index(domain->tags, i));

		g_ptr_array_add(claims->all, claim);
		if (!claim_asks(claim))
			continue;
		g_ptr_array_add(arena->queue, claim);
		g_hash_table_insert(arena->held, claim, find_held(claim));
	}
}

struct claims *claims_settle(const struct snapshot *snapshot)
{
	struct claims *claims = g_new0(struct claims, 1);
	struct arena arena = {
		.snapshot = snapshot,
		.owners = g_hash_table_new_full(NULL, NULL, NULL, g_free),
		.held = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref),
		.queue = g_ptr_array_new(),
	};

	claims->all = g_ptr_array_new_with_free_func(claim_free);
	for (guint i = 0; i < snapshot->domains->len; i++)
		enter(&arena, claims, g_ptr_array_index(snapshot->domains, i));
	g_ptr_array_sort(arena.queue, serve_order);
	for (guint i = 0, first = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);
		/* Without any tag there is no array at all. */
		struct claim *const *own =
			domain->tags->len > 0 ? (struct claim *const *)claims->all->pdata + first
					      : NULL;

		lock_foreign(&arena, domain, own);
		first += domain->tags->len;
	}
	serve_classes(&arena);
	g_hash_table_unref(arena.owners);
	g_hash_table_unref(arena.held);
	g_ptr_array_unref(arena.queue);
	return claims;
}

void claims_free(struct claims *claims)
{
	g_ptr_array_unref(claims->all);
	g_free(claims);
}
