/* SPDX-License-Identifier: MIT */
#include "reconciler/show/near.h"

#include "reconciler/core/match.h"
#include "reconciler/show/words.h"

/* One thing that a tag asks for, and the devices that have it. */
struct wish {
	const char *otherwise; /* "another serial" */
	GPtrArray *devices;    /* NULL: the tag does not ask for it */
};

enum {
	WISHES = 4,
};

static const struct member *member_of(const struct verdict *verdict, const struct device *device)
{
	for (guint i = 0; i < verdict->members->len; i++) {
		const struct member *member = g_ptr_array_index(verdict->members, i);

		if (member->device == device)
			return member;
	}
	return NULL;
}

/* Did the tag choose this one, and lose it to another? */
static bool is_disputed(const struct verdict *verdict, const struct device *device)
{
	const struct member *first = g_ptr_array_index(verdict->members, 0);

	return first->disputed == device;
}

static bool contains(GPtrArray *devices, const struct device *device)
{
	return g_ptr_array_find(devices, device, NULL);
}

static void append_device(GString *page, const char *label, const struct device *device,
			  const char *remark)
{
	g_autofree char *at = words_address(device->bus, device->dev);
	g_autofree char *what = words_device(device);

	words_append(page, label,
		     g_strdup_printf("%s (%s) %s: %s", at, device->sysname, what, remark));
}

static void append_candidates(GString *page, const struct plan *plan, const struct verdict *verdict)
{
	const char *label = "candidates";

	for (guint i = 0; i < verdict->candidates->len; i++) {
		const struct device *device = g_ptr_array_index(verdict->candidates, i);
		const struct member *member = member_of(verdict, device);
		g_autofree char *holder = words_holder(plan, device);
		g_autofree char *remark = NULL;

		if (member)
			remark = g_strdup_printf("it is this one: %s",
						 verdict_kind_name(member->kind));
		else if (is_disputed(verdict, device))
			remark = g_strdup_printf("it would be this one, in use by %s",
						 holder ? holder : "another");
		else
			remark = g_strdup_printf("matches%s%s", holder ? ", in use by " : "",
						 holder ? holder : "");
		append_device(page, label, device, remark);
		label = "";
	}
}

/* The tag, asking for nothing: to be filled from it and thrown away, without owning anything. */
static GPtrArray *with(const struct tag *tag, const struct snapshot *snapshot, bool ids,
		       bool serial, bool port, bool matches)
{
	g_autoptr(GArray) no_ids = g_array_new(FALSE, FALSE, sizeof(struct usb_id));
	g_autoptr(GPtrArray) no_matches = g_ptr_array_new();
	struct tag part = {
		.group = tag->group,
		.ids = ids ? tag->ids : no_ids,
		.serial = serial ? tag->serial : NULL,
		.port = port ? tag->port : NULL,
		.port_sysname = port ? tag->port_sysname : NULL,
		.matches = matches ? tag->matches : no_matches,
	};

	return match_devices(&part, snapshot, false);
}

static void make_wishes(struct wish wishes[WISHES], const struct tag *tag,
			const struct snapshot *snapshot)
{
	wishes[0].otherwise = "another id";
	if (tag->ids->len > 0)
		wishes[0].devices = with(tag, snapshot, true, false, false, false);
	wishes[1].otherwise = "another serial";
	if (tag->serial)
		wishes[1].devices = with(tag, snapshot, false, true, false, false);
	wishes[2].otherwise = "another port";
	if (tag->port || tag->port_sysname)
		wishes[2].devices = with(tag, snapshot, false, false, true, false);
	wishes[3].otherwise = "other properties";
	if (tag->matches->len > 0)
		wishes[3].devices = with(tag, snapshot, false, false, false, true);
}

/* What keeps the device from matching, if at least one thing fits; else NULL. */
static char *explain_miss(const struct wish wishes[WISHES], const struct device *device)
{
	GString *text = g_string_new(NULL);
	bool fits = false;

	for (guint i = 0; i < WISHES; i++) {
		if (!wishes[i].devices)
			continue;
		if (contains(wishes[i].devices, device))
			fits = true;
		else
			g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
					       wishes[i].otherwise);
	}
	return g_string_free(text, !fits);
}

/* The hubs that match when nothing else does, and what is plugged into them. */
static void append_hubs(GString *page, const struct snapshot *snapshot,
			const struct verdict *verdict)
{
	g_autoptr(GPtrArray) hubs = match_devices(verdict->tag, snapshot, true);

	for (guint i = 0; i < hubs->len; i++) {
		const struct device *hub = g_ptr_array_index(hubs, i);

		append_device(page, "no match", hub,
			      hub->hub ? "a hub" : "kept by a udev rule of the host's");
		for (guint k = 0; k < snapshot->devices->len; k++) {
			const struct device *device = g_ptr_array_index(snapshot->devices, k);
			g_autofree char *parent = device_parent(device);
			g_autofree char *remark = NULL;

			if (g_strcmp0(parent, hub->sysname) != 0)
				continue;
			remark = g_strdup_printf("in that hub, at port %s", words_port(device));
			append_device(page, "", device, remark);
		}
	}
}

static void append_misses(GString *page, const struct snapshot *snapshot,
			  const struct verdict *verdict)
{
	struct wish wishes[WISHES] = {0};
	const char *label = "no match";

	make_wishes(wishes, verdict->tag, snapshot);
	for (guint i = 0; i < snapshot->devices->len; i++) {
		const struct device *device = g_ptr_array_index(snapshot->devices, i);
		g_autofree char *miss = NULL;

		if (contains(verdict->candidates, device))
			continue;
		miss = explain_miss(wishes, device);
		if (!miss)
			continue;
		append_device(page, label, device, miss);
		label = "";
	}
	for (guint i = 0; i < WISHES; i++) {
		if (wishes[i].devices)
			g_ptr_array_unref(wishes[i].devices);
	}
}

void near_append(GString *page, const struct snapshot *snapshot, const struct plan *plan,
		 const struct verdict *verdict)
{
	append_candidates(page, plan, verdict);
	if (verdict->candidates->len == 0 && !verdict->tag->group)
		append_hubs(page, snapshot, verdict);
	append_misses(page, snapshot, verdict);
}
