/* SPDX-License-Identifier: MIT */

/*
 * Reading all domains. There is no bulk call for XML, so each is asked on its own, several at a
 * time: since libvirt 11.0.0 a dump waits up to 30 s behind another job of its domain, and that
 * must cost nobody else anything.
 */

#include <stdlib.h>
#include <string.h>

#include "reconciler/libvirt/virt_reading.h"
#include "reconciler/libvirt/virt_connection.h"

/* As many as are let through at once. */
#define READERS_MAX VIRT_CALLS_MOST

struct readings {
	struct virt *virt;
	struct virt_reading *items;
	gint count;
	gint next; /* atomic */
};

static void *run_reader(void *data)
{
	struct readings *readings = data;

	for (;;) {
		gint i = g_atomic_int_add(&readings->next, 1);
		if (i >= readings->count)
			return NULL;
		if (readings->items[i].domain)
			continue;
		virt_reading_all(readings->virt, &readings->items[i]);
	}
}

static void read_all(struct readings *readings)
{
	GThread *helpers[READERS_MAX - 1] = {NULL};

	for (gint i = 0; i < READERS_MAX - 1 && i < readings->count - 1; i++)
		helpers[i] = virt_thread("libvirt-read", run_reader, readings);
	run_reader(readings);
	for (gint i = 0; i < READERS_MAX - 1; i++) {
		if (helpers[i])
			g_thread_join(helpers[i]);
	}
}

static bool is_among(virDomainPtr handle, virDomainPtr *handles, int count)
{
	char uuid[VIR_UUID_BUFLEN], other[VIR_UUID_BUFLEN];

	virDomainGetUUID(handle, (unsigned char *)uuid);
	for (int i = 0; i < count; i++) {
		virDomainGetUUID(handles[i], (unsigned char *)other);
		if (memcmp(uuid, other, VIR_UUID_BUFLEN) == 0)
			return true;
	}
	return false;
}

/* Few ever are paused or saved, and one call says which: the others need not be asked. */
static void note_the_rest(struct virt *virt, struct readings *readings, unsigned int flag)
{
	virDomainPtr *few = NULL;
	int count = CALL(virt, virConnectListAllDomains, virt->connection, &few, flag);

	for (gint i = 0; i < readings->count && count >= 0; i++) {
		struct virt_reading *reading = &readings->items[i];

		if (is_among(reading->handle, few, count))
			continue;
		if (flag == VIR_CONNECT_LIST_DOMAINS_PAUSED)
			reading->awake = true;
		else
			reading->unsaved = true;
	}
	for (int i = 0; i < count; i++)
		virDomainFree(few[i]);
	free(few);
}

/* What is as it is known to be is taken as known. A paused one may be on its way. */
static void spare(struct readings *readings, GHashTable *spared)
{
	for (gint i = 0; i < readings->count; i++) {
		struct virt_reading *reading = &readings->items[i];
		char uuid[VIR_UUID_STRING_BUFLEN] = "";
		unsigned int id = virDomainGetID(reading->handle);
		struct domain *known;

		virDomainGetUUIDString(reading->handle, uuid);
		known = g_hash_table_lookup(spared, uuid);
		if (known && reading->awake && known->saved != reading->unsaved &&
		    known->running == (id != (unsigned int)-1) &&
		    (!known->running || known->id == id) &&
		    strcmp(known->name, virDomainGetName(reading->handle)) == 0)
			reading->domain = domain_ref(known);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(virDomainGetName(*(virDomainPtr const *)a),
		      virDomainGetName(*(virDomainPtr const *)b));
}

/* What the readers found, in the list's order; the readings are used up. */
static int gather(struct readings *readings, GPtrArray *problems, GPtrArray *domains, char **err)
{
	int result = 0;

	for (gint i = 0; i < readings->count; i++) {
		struct virt_reading *reading = &readings->items[i];

		if (reading->lost && result == 0) {
			*err = g_strdup_printf("the connection to libvirt broke: %s",
					       reading->lost);
			result = -1;
		}
		g_free(reading->lost);
		if (reading->domain)
			g_ptr_array_add(domains, reading->domain);
		g_ptr_array_extend_and_steal(problems, reading->problems);
	}
	g_free(readings->items);
	return result;
}

int virt_read_domains(struct virt *virt, GHashTable *spared, GPtrArray *problems,
		      GPtrArray **ret_domains, char **err)
{
	virDomainPtr *handles = NULL;
	int count = CALL(virt, virConnectListAllDomains, virt->connection, &handles, 0);

	if (count < 0) {
		OWN(trouble) trouble = trouble_take(virt);
		*err = g_strdup_printf("cannot list the domains: %s", trouble->words);
		return -1;
	}
	qsort(handles, (size_t)count, sizeof(virDomainPtr), compare_names);
	virt_remember_domains(virt, handles, (size_t)count);

	struct readings readings = {.virt = virt, .count = count};
	readings.items = g_new0(struct virt_reading, (gsize)count);
	for (int i = 0; i < count; i++) {
		readings.items[i].handle = handles[i];
		readings.items[i].problems = problem_list_new();
	}
	note_the_rest(virt, &readings, VIR_CONNECT_LIST_DOMAINS_PAUSED);
	note_the_rest(virt, &readings, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE);
	if (spared)
		spare(&readings, spared);
	read_all(&readings);

	GPtrArray *domains = domain_list_new();
	int result = gather(&readings, problems, domains, err);
	for (int i = 0; i < count; i++)
		virDomainFree(handles[i]);
	free(handles);
	if (result < 0)
		g_ptr_array_unref(domains);
	else
		*ret_domains = domains;
	return result;
}
