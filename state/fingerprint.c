/* SPDX-License-Identifier: MIT */
#include "state/fingerprint.h"

#include <string.h>

/* Each with its length: what stands beside it cannot be taken for a part of it. */
static void add_text(GChecksum *sum, const char *text)
{
	size_t length = text ? strlen(text) : SIZE_MAX;

	g_checksum_update(sum, (const guchar *)&length, sizeof(length));
	if (text)
		g_checksum_update(sum, (const guchar *)text, (gssize)length);
}

static void add_number(GChecksum *sum, uint64_t number)
{
	g_checksum_update(sum, (const guchar *)&number, sizeof(number));
}

static void add_device(GChecksum *sum, const struct device *device)
{
	add_text(sum, device->sysname);
	add_number(sum, device->dev);
	add_number(sum, device->incarnation);
	add_number(sum, device->authorized);
	add_text(sum, device->untrusted_product);
	add_text(sum, device->untrusted_serial);
	add_text(sum, device->port);
	add_text(sum, device->remote);
	add_text(sum, device->driver);
	add_text(sum, device->in_use);
}

static void add_sysname(GChecksum *sum, const struct device *device)
{
	add_text(sum, device ? device->sysname : NULL);
}

static void add_hostdev(GChecksum *sum, const struct hostdev *hostdev)
{
	add_text(sum, hostdev ? hostdev->alias : NULL);
	if (!hostdev)
		return;
	add_number(sum, hostdev->has_address);
	add_number(sum, hostdev->bus);
	add_number(sum, hostdev->dev);
	add_number(sum, hostdev->missing);
}

static void add_tag(GChecksum *sum, const struct tag *tag)
{
	add_text(sum, tag->name);
	add_number(sum, tag->required);
	add_number(sum, tag_hash(tag)); /* all else that it says */
}

static void add_member(GChecksum *sum, const struct member *member)
{
	add_text(sum, member->alias);
	add_number(sum, member->kind);
	add_number(sum, member->reason);
	add_number(sum, member->severity);
	add_text(sum, member->sentence);
	add_sysname(sum, member->device);
	add_sysname(sum, member->disputed);
	add_hostdev(sum, member->live);
	add_hostdev(sum, member->config);
	add_text(sum, member->owner_domain ? member->owner_domain->uuid : NULL);
	add_text(sum, member->owner_tag ? member->owner_tag->name : NULL);
	add_number(sum, member->failures);
}

static void add_verdict(GChecksum *sum, const struct verdict *verdict)
{
	add_text(sum, verdict->domain->uuid);
	add_tag(sum, verdict->tag);
	add_number(sum, verdict->kind);
	add_number(sum, verdict->reason);
	add_number(sum, verdict->severity);
	add_text(sum, verdict->sentence);
	for (guint i = 0; i < verdict->members->len; i++)
		add_member(sum, g_ptr_array_index(verdict->members, i));
	for (guint i = 0; i < verdict->candidates->len; i++)
		add_sysname(sum, g_ptr_array_index(verdict->candidates, i));
}

static void add_domain(GChecksum *sum, const struct domain *domain)
{
	add_text(sum, domain->uuid);
	add_text(sum, domain->name);
	add_number(sum, domain->running);
	add_number(sum, domain->persistent);
	add_number(sum, domain->saved);
	add_text(sum, domain->unreadable);
}

static void add_unmanaged(GChecksum *sum, const struct unmanaged *other)
{
	add_text(sum, other->domain->uuid);
	add_number(sum, other->live);
	add_sysname(sum, other->device);
	add_hostdev(sum, other->hostdev);
}

static void add_problem(GChecksum *sum, const struct problem *problem)
{
	add_number(sum, problem->code);
	add_text(sum, problem->domain);
	add_text(sum, problem->tag);
	add_text(sum, problem->message);
}

/* The lengths of the lists keep one's end apart from the next one's beginning. */
#define ADD_ALL(sum, list, add)                                                                    \
	do {                                                                                       \
		add_number(sum, (list)->len);                                                      \
		for (guint i = 0; i < (list)->len; i++)                                            \
			add(sum, g_ptr_array_index(list, i));                                      \
	} while (0)

char *fingerprint_of(const struct snapshot *snapshot, const struct plan *plan)
{
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	char *text;

	ADD_ALL(sum, snapshot->devices, add_device);
	ADD_ALL(sum, snapshot->domains, add_domain);
	ADD_ALL(sum, snapshot->problems, add_problem);
	ADD_ALL(sum, plan->problems, add_problem);
	ADD_ALL(sum, plan->verdicts, add_verdict);
	ADD_ALL(sum, plan->unmanaged, add_unmanaged);
	add_text(sum, snapshot->uri);
	add_number(sum, snapshot->daemon != NULL);
	if (snapshot->daemon) {
		add_number(sum, (uint64_t)snapshot->daemon->since);
		add_number(sum, snapshot->daemon->connected);
	}
	text = g_strdup(g_checksum_get_string(sum));
	g_checksum_free(sum);
	return text;
}
