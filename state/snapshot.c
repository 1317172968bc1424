/* SPDX-License-Identifier: MIT */
#include "state/snapshot.h"

#include <string.h>

#include "state/clock.h"

struct snapshot *snapshot_new(void)
{
	struct snapshot *snapshot = g_new0(struct snapshot, 1);

	snapshot->devices = device_list_new();
	snapshot->changes = changes_new();
	snapshot->domains = domain_list_new();
	snapshot->problems = problem_list_new();
	return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	g_free(snapshot->host);
	g_free(snapshot->uri);
	g_ptr_array_unref(snapshot->devices);
	g_ptr_array_unref(snapshot->changes);
	g_ptr_array_unref(snapshot->domains);
	g_ptr_array_unref(snapshot->problems);
	if (snapshot->daemon)
		report_free(snapshot->daemon);
	g_free(snapshot);
}

struct snapshot *snapshot_share(const struct snapshot *snapshot)
{
	struct snapshot *shared = g_memdup2(snapshot, sizeof(*snapshot));

	shared->host = g_strdup(snapshot->host);
	shared->uri = g_strdup(snapshot->uri);
	g_ptr_array_ref(shared->devices);
	g_ptr_array_ref(shared->changes);
	g_ptr_array_ref(shared->domains);
	g_ptr_array_ref(shared->problems);
	if (snapshot->daemon)
		shared->daemon = g_memdup2(snapshot->daemon, sizeof(*snapshot->daemon));
	return shared;
}

void snapshot_stamp(struct snapshot *snapshot, const char *uri)
{
	snapshot->host = g_strdup(g_get_host_name());
	snapshot->uri = g_strdup(uri);
	snapshot->time = clock_wall();
	snapshot->now = clock_now();
}

static int compare_domains(gconstpointer a, gconstpointer b)
{
	const struct domain *one = *(const struct domain *const *)a;
	const struct domain *other = *(const struct domain *const *)b;
	int order = g_strcmp0(one->name, other->name);

	return order != 0 ? order : g_strcmp0(one->uuid, other->uuid);
}

void snapshot_sort(struct snapshot *snapshot)
{
	device_sort(snapshot->devices);
	g_ptr_array_sort(snapshot->domains, compare_domains);
}

const struct device *snapshot_device_at(const struct snapshot *snapshot, unsigned int bus,
					unsigned int dev)
{
	if (snapshot->index)
		return device_index_at(snapshot->index, bus, dev);
	for (guint i = 0; i < snapshot->devices->len; i++) {
		const struct device *device = g_ptr_array_index(snapshot->devices, i);

		if (device->bus == bus && device->dev == dev)
			return device;
	}
	return NULL;
}

const struct device *snapshot_find_device(const struct snapshot *snapshot, const char *sysname)
{
	return device_list_find(snapshot->devices, sysname, NULL);
}

const struct domain *snapshot_find_domain(const struct snapshot *snapshot, const char *word)
{
	const struct domain *found = NULL;
	unsigned int best = 0;

	for (guint i = 0; i < snapshot->domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(snapshot->domains, i);
		unsigned int fit = domain_fits(domain, word);

		if (fit > best) {
			found = domain;
			best = fit;
		}
	}
	return found;
}
