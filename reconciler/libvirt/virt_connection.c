/* SPDX-License-Identifier: MIT */

/* A connection, what is counted of it, and the domains that are known through it. */

#include <string.h>

#include "reconciler/libvirt/virt_connection.h"

struct trouble *trouble_take(const struct virt *virt)
{
	struct trouble *trouble = g_new0(struct trouble, 1);
	virErrorPtr error = virGetLastError();

	trouble->code = error ? error->code : VIR_ERR_INTERNAL_ERROR;
	trouble->lost = error && error->domain == VIR_FROM_RPC;
	if (trouble->code == VIR_ERR_SYSTEM_ERROR)
		trouble->system = error->int1;
	trouble->words = g_strdup(error && error->message ? error->message : "unknown error");
	/* A document that is too long for libvirt's protocol (4 MiB) is such an error, too, and the
	 * connection goes on. Whether it is open the client knows without asking. */
	if (trouble->lost && virt && virConnectIsAlive(virt->connection) == 1)
		trouble->lost = false;
	return trouble;
}

void trouble_free(struct trouble *trouble)
{
	g_free(trouble->words);
	g_free(trouble);
}

const char *virt_uri(const struct virt *virt)
{
	return virt->uri;
}

void virt_count(struct virt *virt, const char *function)
{
	g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&virt->lock);
	guint so_far = GPOINTER_TO_UINT(g_hash_table_lookup(virt->calls, function));

	virt->calls_made++;
	g_hash_table_replace(virt->calls, (gpointer)(guintptr)function,
			     GUINT_TO_POINTER(so_far + 1));
}

void virt_begin_call(struct virt *virt, const char *function)
{
	virt_count(virt, function);
	g_mutex_lock(&virt->lock);
	while (virt->calling >= VIRT_CALLS_MOST)
		g_cond_wait(&virt->called, &virt->lock);
	virt->calling++;
	g_mutex_unlock(&virt->lock);
}

void virt_end_call(struct virt *virt)
{
	g_mutex_lock(&virt->lock);
	virt->calling--;
	g_cond_signal(&virt->called);
	g_mutex_unlock(&virt->lock);
}

GHashTable *virt_calls(struct virt *virt)
{
	GHashTable *copy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&virt->lock);
	GHashTableIter iter;
	gpointer function, count;

	g_hash_table_iter_init(&iter, virt->calls);
	while (g_hash_table_iter_next(&iter, &function, &count))
		g_hash_table_insert(copy, g_strdup(function), count);
	return copy;
}

uint64_t virt_count_calls(struct virt *virt)
{
	g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&virt->lock);

	return virt->calls_made;
}

char *virt_describe_calls(struct virt *virt)
{
	g_autoptr(GHashTable) calls = virt_calls(virt);
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(calls), (GCompareFunc)strcmp);
	g_autoptr(GString) text = g_string_new(NULL);

	for (GList *at = names; at; at = at->next) {
		guint count = GPOINTER_TO_UINT(g_hash_table_lookup(calls, at->data));

		g_string_append_printf(text, ", %u %s", count, (const char *)at->data);
	}
	return g_strdup_printf("%" G_GUINT64_FORMAT " calls to libvirt: %s", virt_count_calls(virt),
			       names ? text->str + strlen(", ") : "none");
}

int virt_register(struct virt *virt, int event, void (*callback)(void), void *box,
		  GDestroyNotify let_go)
{
	int id = CALL(virt, virConnectDomainEventRegisterAny, virt->connection, NULL, event,
		      (virConnectDomainEventGenericCallback)callback, g_atomic_rc_box_acquire(box),
		      let_go);

	if (id < 0)
		let_go(box);
	return id;
}

static void remember(struct virt *virt, virDomainPtr domain)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (virDomainGetUUIDString(domain, uuid) == 0 && virDomainRef(domain) == 0)
		g_hash_table_replace(virt->domains, g_strdup(uuid), domain);
}

void virt_remember_domains(struct virt *virt, virDomainPtr *domains, size_t count)
{
	g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&virt->lock);

	g_hash_table_remove_all(virt->domains);
	for (size_t i = 0; i < count; i++)
		remember(virt, domains[i]);
}

void virt_forget_domain(struct virt *virt, const char *uuid)
{
	g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&virt->lock);

	g_hash_table_remove(virt->domains, uuid);
}

virDomainPtr virt_domain(struct virt *virt, const char *uuid)
{
	g_mutex_lock(&virt->lock);
	virDomainPtr known = g_hash_table_lookup(virt->domains, uuid);
	if (known)
		virDomainRef(known);
	g_mutex_unlock(&virt->lock);
	if (known)
		return known;

	virDomainPtr found = CALL(virt, virDomainLookupByUUIDString, virt->connection, uuid);
	if (!found)
		return NULL;
	g_mutex_lock(&virt->lock);
	remember(virt, found);
	g_mutex_unlock(&virt->lock);
	return found;
}
