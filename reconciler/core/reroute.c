/* SPDX-License-Identifier: MIT */
#include "reconciler/core/reroute.h"

#include "reconciler/core/claim.h"
#include "reconciler/core/judge.h"
#include "reconciler/core/match.h"

struct rerouting {
	const struct domain *domain;
	enum reroute_way way;
	struct snapshot *world; /* DEVICES, and the domain alone on them */
	struct claims *claims;
	GArray *routes;
};

/* Numbers of another host say nothing about the devices of this one. */
static void imagine(struct rerouting *rerouting, const GPtrArray *devices)
{
	struct domain *guest = domain_copy(rerouting->domain);

	guest->running = true;
	if (rerouting->way == REROUTE_ARRIVING) {
		g_ptr_array_unref(guest->live);
		guest->live = g_ptr_array_new();
	}
	rerouting->world = snapshot_new();
	g_ptr_array_unref(rerouting->world->devices);
	rerouting->world->devices = g_ptr_array_new();
	g_ptr_array_extend(rerouting->world->devices, (GPtrArray *)(uintptr_t)devices, NULL, NULL);
	g_ptr_array_add(rerouting->world->domains, guest);
	rerouting->claims = claims_settle(rerouting->world);
}

static const struct device *owned_by(const struct rerouting *rerouting, const struct tag *tag,
				     const char *alias)
{
	for (guint i = 0; i < rerouting->claims->all->len; i++) {
		const struct claim *claim = g_ptr_array_index(rerouting->claims->all, i);

		for (guint k = 0; claim->tag == tag && k < claim->owned->len; k++) {
			const struct device *device = g_ptr_array_index(claim->owned, k);
			g_autofree char *own = tag_alias(tag, device);

			if (g_strcmp0(own, alias) == 0)
				return device;
		}
	}
	return NULL;
}

static bool may_adopt(const struct domain *domain, const struct tag *tag)
{
	g_autofree char *alias = tag_alias(tag, NULL);

	return !tag->complaint && tag->enabled && !tag->group && alias &&
	       !domain_find_hostdev(domain->live, alias);
}

/* Is it the only hostdev without a tag that TAG may mean? */
static bool is_only_choice(const struct domain *domain, const struct tag *tag,
			   const struct hostdev *hostdev)
{
	for (guint i = 0; i < domain->live->len; i++) {
		const struct hostdev *other = g_ptr_array_index(domain->live, i);

		if (other != hostdev && !tag_alias_is_ours(other->alias) &&
		    (!other->has_id || match_id(tag, other->id)))
			return false;
	}
	return true;
}

/* The tag that must mean it by what the document says: no other tag may, and no other hostdev. */
static const struct tag *only_tag_for(const struct domain *domain, const struct hostdev *hostdev)
{
	const struct tag *only = NULL;

	for (guint i = 0; i < domain->tags->len; i++) {
		const struct tag *tag = g_ptr_array_index(domain->tags, i);

		if (!may_adopt(domain, tag) || !match_id(tag, hostdev->id))
			continue;
		if (only || tag->ids->len == 0)
			return NULL;
		only = tag;
	}
	return only && is_only_choice(domain, only, hostdev) ? only : NULL;
}

/* The tag whose device on this host the hostdev denotes today, or NULL. */
static const struct tag *tag_by_device(const struct rerouting *rerouting,
				       const struct hostdev *hostdev)
{
	const struct device *device = claim_device_of(rerouting->world, hostdev);

	for (guint i = 0; device && i < rerouting->claims->all->len; i++) {
		const struct claim *claim = g_ptr_array_index(rerouting->claims->all, i);

		if (may_adopt(rerouting->domain, claim->tag) && claim->owned->len == 1 &&
		    g_ptr_array_index(claim->owned, 0) == device)
			return claim->tag;
	}
	return NULL;
}

static const struct tag *adopted_by(const struct rerouting *rerouting,
				    const struct hostdev *hostdev)
{
	const struct device *there =
		snapshot_device_at(rerouting->world, hostdev->bus, hostdev->dev);
	const struct tag *tag;

	if (rerouting->way != REROUTE_ARRIVING) {
		tag = tag_by_device(rerouting, hostdev);
		if (tag || (there && hostdev_is(hostdev, there)))
			return tag;
	}
	return hostdev->has_id ? only_tag_for(rerouting->domain, hostdev) : NULL;
}

static bool is_taken(const struct rerouting *rerouting, unsigned int bus, unsigned int dev)
{
	const struct domain *domain = rerouting->domain;

	for (guint i = 0; i < domain->live->len; i++) {
		if (hostdev_at(g_ptr_array_index(domain->live, i), bus, dev))
			return true;
	}
	for (guint i = 0; i < rerouting->routes->len; i++) {
		const struct route *route = &g_array_index(rerouting->routes, struct route, i);

		if (route->bus == bus && route->dev == dev)
			return true;
	}
	return false;
}

/* Which tag it stands for, if any still does, and under which alias. A new string, or NULL. */
static char *ours(const struct rerouting *rerouting, const struct hostdev *hostdev,
		  const struct tag **ret_tag)
{
	const struct domain *domain = rerouting->domain;

	*ret_tag = claim_tag_of_alias(domain, hostdev->alias);
	if (*ret_tag || claim_is_gone(domain, hostdev))
		return g_strdup(hostdev->alias);
	if (!tag_alias_is_ours(hostdev->alias))
		*ret_tag = adopted_by(rerouting, hostdev);
	return *ret_tag ? tag_alias(*ret_tag, NULL) : NULL;
}

/* libvirt allows an alias once, but a document may say anything. */
static void lead_nowhere(struct rerouting *rerouting, guint index, const struct hostdev *hostdev,
			 const char *alias)
{
	const char *uuid = rerouting->domain->uuid;
	struct route route = {.index = index};

	route_nowhere(uuid ? uuid : "", alias, &route.bus, &route.dev);
	while (!hostdev_at(hostdev, route.bus, route.dev) &&
	       is_taken(rerouting, route.bus, route.dev))
		route.dev++;
	g_array_append_val(rerouting->routes, route);
}

/* To the device itself, where it is, if nothing keeps it from being given away. */
static void lead_home(struct rerouting *rerouting, struct route *route)
{
	const struct hostdev *hostdev = g_ptr_array_index(rerouting->domain->live, route->index);
	const struct tag *tag;
	g_autofree char *alias = ours(rerouting, hostdev, &tag);
	const struct device *device = tag ? owned_by(rerouting, tag, alias) : NULL;

	if (!device || judge_refusal(NULL, tag, device, false) != REASON_NONE)
		return;
	if (!hostdev_at(hostdev, device->bus, device->dev) &&
	    is_taken(rerouting, device->bus, device->dev))
		return;
	route->bus = device->bus;
	route->dev = device->dev;
}

GArray *reroute_plan(const struct domain *domain, const GPtrArray *devices, enum reroute_way way)
{
	struct rerouting rerouting = {
		.domain = domain,
		.way = way,
		.routes = g_array_new(FALSE, FALSE, sizeof(struct route)),
	};

	imagine(&rerouting, devices);
	for (guint i = 0; i < domain->live->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(domain->live, i);
		const struct tag *tag;
		g_autofree char *alias = ours(&rerouting, hostdev, &tag);

		if (alias)
			lead_nowhere(&rerouting, i, hostdev, alias);
	}
	if (way != REROUTE_LEAVING && rerouting.routes->len < domain->live->len) {
		for (guint i = 0; i < rerouting.routes->len; i++)
			lead_home(&rerouting, &g_array_index(rerouting.routes, struct route, i));
	}
	claims_free(rerouting.claims);
	snapshot_free(rerouting.world);
	return rerouting.routes;
}

static void warn(GPtrArray *problems, const struct domain *domain, const struct tag *tag,
		 char *message, const char *hint)
{
	problem_warn(problems, PROBLEM_BOUND_TO_HOST, domain->name, tag ? tag->name : NULL, message,
		     hint);
}

static void warn_of_tag(GPtrArray *problems, const struct domain *domain, const struct tag *tag)
{
	const char *port = tag->port ? tag->port : tag->port_sysname;

	if (tag->complaint)
		warn(problems, domain, tag,
		     g_strdup("the entry is invalid, and says nothing on another host either"),
		     "see `usbreconcile validate`");
	else if (tag->enabled && port)
		warn(problems, domain, tag,
		     g_strdup_printf("the port %s is a socket of this host: on another one it is "
				     "another socket, or none",
				     port),
		     "tag the device by its serial, or write the other host's port into the tag "
		     "there");
}

static void warn_of_hostdev(GPtrArray *problems, const struct domain *domain,
			    const struct hostdev *hostdev)
{
	g_autofree char *id = hostdev->has_id ? g_strdup_printf("%04x:%04x", hostdev->id.vendor,
								hostdev->id.product)
					      : g_strdup("of any kind");

	if (g_strcmp0(hostdev->startup_policy, "optional") == 0)
		return;
	if (!hostdev->has_address)
		warn(problems, domain, NULL,
		     g_strdup_printf("a hostdev without a tag wants a device %s, and without one "
				     "the guest cannot move",
				     id),
		     "tag its device, or give the hostdev startupPolicy='optional'");
	else
		warn(problems, domain, NULL,
		     g_strdup_printf("a hostdev without a tag wants a device %s at %03u:%03u, and "
				     "the guest cannot move where there is none at that number; "
				     "where there is one, it gets that",
				     id, hostdev->bus, hostdev->dev),
		     "tag its device, or detach it before");
}

void reroute_warnings(const struct domain *domain, const GArray *routes, GPtrArray *problems)
{
	guint next = 0;

	for (guint i = 0; i < domain->tags->len; i++)
		warn_of_tag(problems, domain, g_ptr_array_index(domain->tags, i));
	for (guint i = 0; i < domain->live->len; i++) {
		if (next < routes->len && g_array_index(routes, struct route, next).index == i)
			next++;
		else
			warn_of_hostdev(problems, domain, g_ptr_array_index(domain->live, i));
	}
}
