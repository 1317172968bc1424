/* SPDX-License-Identifier: MIT */
#include "fake_libvirt.h"

#include "state/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* One hostdev on one side of a domain. */
struct fact {
	const struct domain *domain;
	enum domain_side side;
	char *alias;
	unsigned int bus, dev;
	const char *startup_policy;
};

static void free_fact(void *data)
{
	struct fact *fact = data;

	g_free(fact->alias);
	g_free(fact);
}

static void add_fact(struct libvirt *libvirt, const struct domain *domain, enum domain_side side,
		     const char *alias, unsigned int bus, unsigned int dev)
{
	struct fact *fact = g_new0(struct fact, 1);

	fact->domain = domain;
	fact->side = side;
	fact->alias = g_strdup(alias);
	fact->bus = bus;
	fact->dev = dev;
	g_ptr_array_add(libvirt->facts, fact);
}

static struct fact *find_fact(struct libvirt *libvirt, const struct action *action)
{
	for (guint i = 0; i < libvirt->facts->len; i++) {
		struct fact *fact = g_ptr_array_index(libvirt->facts, i);

		if (fact->domain == action->domain && fact->side == action_side(action->kind) &&
		    g_strcmp0(fact->alias, action->alias) == 0)
			return fact;
	}
	return NULL;
}

static void do_it(struct libvirt *libvirt, const struct action *action)
{
	struct fact *fact = find_fact(libvirt, action);

	switch (action->kind) {
	case ACTION_ATTACH_LIVE:
	case ACTION_ATTACH_CONFIG:
		assert_null(fact);
		add_fact(libvirt, action->domain, action_side(action->kind), action->alias,
			 action->device->bus, action->device->dev);
		return;
	case ACTION_DETACH_LIVE:
	case ACTION_DETACH_CONFIG:
		assert_non_null(fact);
		g_ptr_array_remove(libvirt->facts, fact);
		return;
	case ACTION_EDIT_IMAGE:
		assert_non_null(fact);
		fact->startup_policy = action->device ? NULL : "optional";
		route_nowhere(action->domain->uuid, action->alias, &fact->bus, &fact->dev);
		if (!action->device)
			return;
		fact->bus = action->device->bus;
		fact->dev = action->device->dev;
		return;
	}
}

static enum hand_reply act(void *self, const struct action *action, struct refusal *refusal)
{
	struct libvirt *libvirt = self;
	int now = (int)libvirt->acted->len;

	g_ptr_array_add(libvirt->acted, (gpointer)(guintptr)action);
	if (now == libvirt->refuse_at || now == libvirt->unsure_at) {
		refusal->code = 38;
		refusal->message = g_strdup("no such file");
	}
	if (now == libvirt->refuse_at)
		return HAND_REFUSED;
	if (now == libvirt->gone_at)
		return HAND_GONE;
	if (now != libvirt->lie_at && (now != libvirt->unsure_at || libvirt->unsure_does))
		do_it(libvirt, action);
	if (now != libvirt->unsure_at)
		return HAND_DONE;
	return libvirt->silent ? HAND_SILENT : HAND_UNSURE;
}

static enum hand_reply reread(void *self, const struct action *action, struct domain **ret_domain,
			      struct refusal *refusal)
{
	struct libvirt *libvirt = self;
	struct domain *read = domain_new(action->domain->name, action->domain->uuid);
	GPtrArray *sides[] = {read->live, read->config, read->image};

	(void)refusal;
	libvirt->rereads++;
	for (guint i = 0; i < libvirt->facts->len; i++) {
		const struct fact *fact = g_ptr_array_index(libvirt->facts, i);
		struct hostdev *hostdev = hostdev_new();

		if (fact->domain != action->domain || fact->side != action_side(action->kind)) {
			hostdev_free(hostdev);
			continue;
		}
		hostdev->alias = g_strdup(fact->alias);
		hostdev->has_address = true;
		hostdev->bus = fact->bus;
		hostdev->dev = fact->dev;
		hostdev->startup_policy = g_strdup(fact->startup_policy);
		hostdev->guest_port = g_strdup("0:3");
		g_ptr_array_add(sides[fact->side], hostdev);
	}
	*ret_domain = read;
	return HAND_DONE;
}

static int still_is(void *self, const struct device *device)
{
	struct libvirt *libvirt = self;

	(void)device;
	return libvirt->changed_from < 0 || libvirt->looks++ < libvirt->changed_from;
}

static char *used(void *self, const struct device *device, bool claimed)
{
	struct libvirt *libvirt = self;

	(void)device;
	libvirt->asked_claimed = claimed;
	return g_strdup(libvirt->used_from < 0 || libvirt->uses_asked++ < libvirt->used_from
				? NULL
				: "/dev/sda1 is mounted on /mnt");
}

static void add_facts_of(struct libvirt *libvirt, const struct domain *domain,
			 const GPtrArray *hostdevs, enum domain_side side)
{
	for (guint i = 0; i < hostdevs->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(hostdevs, i);

		add_fact(libvirt, domain, side, hostdev->alias, hostdev->bus, hostdev->dev);
	}
}

struct libvirt *libvirt_new(const struct snapshot *world)
{
	struct libvirt *libvirt = g_new0(struct libvirt, 1);

	libvirt->hands = (struct hands){
		.self = libvirt, .act = act, .reread = reread, .still_is = still_is, .used = used};
	libvirt->facts = g_ptr_array_new_with_free_func(free_fact);
	libvirt->acted = g_ptr_array_new();
	libvirt->refuse_at = libvirt->lie_at = libvirt->gone_at = libvirt->unsure_at =
		libvirt->changed_from = libvirt->used_from = -1;
	for (guint i = 0; i < world->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(world->domains, i);

		add_facts_of(libvirt, domain, domain->live, SIDE_LIVE);
		add_facts_of(libvirt, domain, domain->config, SIDE_CONFIG);
		add_facts_of(libvirt, domain, domain->image, SIDE_IMAGE);
	}
	return libvirt;
}

void libvirt_free(struct libvirt *libvirt)
{
	g_ptr_array_unref(libvirt->facts);
	g_ptr_array_unref(libvirt->acted);
	g_free(libvirt);
}
