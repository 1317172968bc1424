/* SPDX-License-Identifier: MIT */

/*
 * libvirt's client library: connections, calls and events. libvirtd serves five calls of a client
 * at a time, and answers no keepalive while all five wait: after 15 s of that, or of a libvirtd
 * that hangs, the connection breaks.
 */

#include "calls.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SERVED_AT_ONCE 5
#define KEEPALIVE      (15 * SEC)

struct listener {
	int id, event;
	virConnectDomainEventGenericCallback callback;
	void *data;
	virFreeCallback free_data;
};

struct _virConnect {
	bool dead;
	unsigned int under_way, served;
	uint64_t starved_at;
	GPtrArray *listeners; /* struct listener * */
	virConnectCloseFunc on_close;
	void *close_data;
	int last_id;
	uint64_t told_at;
};

bool libvirt_is_up, libvirt_hangs;
unsigned int libvirt_chaos;
uint64_t libvirt_calls_made;
static GPtrArray *connections; /* struct _virConnect * that live */
static struct _virError last_error;

int refuse(int code, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	g_free(last_error.message);
	last_error.message = g_strdup_vprintf(format, values);
	va_end(values);
	last_error.code = code;
	last_error.domain = VIR_FROM_QEMU;
	return -1;
}

static int refuse_lost(void)
{
	refuse(VIR_ERR_INTERNAL_ERROR, "client socket is closed");
	last_error.domain = VIR_FROM_RPC;
	return -1;
}

/* ---- one call ---- */

static void break_connection(virConnectPtr connection, int reason)
{
	virConnectCloseFunc on_close = connection->on_close;

	if (connection->dead)
		return;
	connection->dead = true;
	if (connections)
		g_ptr_array_remove(connections, connection);
	fiber_wake_all(connection);
	if (on_close && reason >= 0)
		on_close(connection, reason, connection->close_data);
}

static void check_keepalive(void *data)
{
	virConnectPtr connection = data;

	if (connection->dead || connection->starved_at == 0 ||
	    sim_now - connection->starved_at < KEEPALIVE)
		return;
	trace("libvirt", "keepalive was not answered: the connection breaks");
	break_connection(connection, VIR_CONNECT_CLOSE_REASON_KEEPALIVE);
}

static void note_served(virConnectPtr connection)
{
	if (connection->served < SERVED_AT_ONCE && !libvirt_hangs) {
		connection->starved_at = 0;
	} else if (connection->starved_at == 0) {
		connection->starved_at = sim_now;
		sim_at(KEEPALIVE, check_keepalive, connection);
	}
}

bool call_begin(virConnectPtr connection)
{
	libvirt_calls_made++;
	connection->under_way++;
	check_calls(connection->under_way);
	while (!connection->dead && (connection->served >= SERVED_AT_ONCE || libvirt_hangs)) {
		note_served(connection);
		fiber_wait(connection, sim_now + SEC);
	}
	if (!connection->dead) {
		connection->served++;
		note_served(connection);
		fiber_sleep(sim_between(70, sim_chance(5) ? 20000 : 600));
		program_calls(false);
		if (!connection->dead)
			return true;
		connection->served--;
	}
	connection->under_way--;
	refuse_lost();
	return false;
}

int call_end(virConnectPtr connection, int result)
{
	program_calls(true);
	connection->under_way--;
	connection->served--;
	note_served(connection);
	fiber_wake_one(connection);
	return connection->dead ? refuse_lost() : result;
}

/* ---- events ---- */

struct told {
	virConnectPtr connection;
	char *uuid, *alias;
	int id, event, detail;
};

virDomainPtr call_handle(virConnectPtr connection, const struct guest *guest)
{
	virDomainPtr handle = g_new0(struct _virDomain, 1);

	handle->users = 1;
	handle->connection = connection;
	handle->name = g_strdup(guest->name);
	handle->uuid = g_strdup(guest->uuid);
	handle->id = guest->id;
	return handle;
}

typedef int (*lifecycle_function)(virConnectPtr, virDomainPtr, int, int, void *);
typedef void (*device_function)(virConnectPtr, virDomainPtr, const char *, void *);
typedef void (*metadata_function)(virConnectPtr, virDomainPtr, int, const char *, void *);

static void call_listener(const struct told *told, const struct listener *listener,
			  virDomainPtr domain)
{
	void (*plain)(void) = (void (*)(void))listener->callback;

	if (told->id == ID_LIFECYCLE)
		((lifecycle_function)plain)(told->connection, domain, told->event, told->detail,
					    listener->data);
	else if (told->id == ID_METADATA)
		((metadata_function)plain)(told->connection, domain, VIR_DOMAIN_METADATA_ELEMENT,
					   "urn:usbreconcile:domain:1.0", listener->data);
	else
		((device_function)plain)(told->connection, domain, told->alias, listener->data);
}

static void deliver(void *data)
{
	struct told *told = data;
	char name[] = "gone";
	struct guest gone = {.name = name, .uuid = told->uuid, .id = -1};
	const struct guest *guest = guest_find(told->uuid);
	virDomainPtr domain = call_handle(told->connection, guest ? guest : &gone);

	for (guint i = 0; !told->connection->dead && i < told->connection->listeners->len; i++) {
		const struct listener *listener = g_ptr_array_index(told->connection->listeners, i);

		if (listener->event == told->id)
			call_listener(told, listener, domain);
	}
	virDomainFree(domain);
	g_free(told->uuid);
	g_free(told->alias);
	g_free(told);
}

/* In order, each a moment later. */
static void tell(struct guest *guest, int id, int event, int detail, const char *alias)
{
	for (guint i = 0; connections && i < connections->len; i++) {
		virConnectPtr connection = g_ptr_array_index(connections, i);
		struct told *told = g_new0(struct told, 1);

		*told = (struct told){connection, g_strdup(guest->uuid), g_strdup(alias), id, event,
				      detail};
		connection->told_at =
			MAX(connection->told_at, sim_now + sim_between(50, 2 * MS)) + 1;
		sim_at(connection->told_at - sim_now, deliver, told);
	}
}

void libvirt_tell_lifecycle(struct guest *guest, int event, int detail)
{
	tell(guest, ID_LIFECYCLE, event, detail, NULL);
}

void libvirt_tell_device(struct guest *guest, int id, const char *alias)
{
	tell(guest, id, 0, 0, alias);
}

void libvirt_tell_metadata(struct guest *guest)
{
	tell(guest, ID_METADATA, 0, 0, NULL);
}

void libvirt_close_all(int reason)
{
	while (connections && connections->len > 0)
		break_connection(g_ptr_array_index(connections, 0), reason);
}

/* ---- the library: connections ---- */

int virInitialize(void)
{
	return 0;
}

void virSetErrorFunc(void *data, virErrorFunc function)
{
	(void)data;
	(void)function;
}

virErrorPtr virGetLastError(void)
{
	return &last_error;
}

int virEventRegisterDefaultImpl(void)
{
	return -1; /* events come without a loop here */
}

int virEventRunDefaultImpl(void)
{
	return -1;
}

virConnectPtr virConnectOpenAuth(const char *uri, virConnectAuthPtr auth, unsigned int flags)
{
	virConnectPtr connection;

	(void)uri;
	(void)auth;
	(void)flags;
	fiber_sleep(sim_between(500, 4000));
	while (libvirt_hangs)
		fiber_wait(&libvirt_hangs, sim_now + SEC);
	if (!libvirt_is_up) {
		refuse(VIR_ERR_SYSTEM_ERROR, "Failed to connect socket to libvirt-sock");
		last_error.int1 = 2;
		return NULL;
	}
	connection = g_new0(struct _virConnect, 1);
	connection->listeners = g_ptr_array_new();
	if (!connections)
		connections = g_ptr_array_new();
	g_ptr_array_add(connections, connection);
	return connection;
}

int virConnectClose(virConnectPtr connection)
{
	break_connection(connection, -1);
	return 0;
}

int virConnectIsAlive(virConnectPtr connection)
{
	return !connection->dead;
}

char *virConnectGetURI(virConnectPtr connection)
{
	(void)connection;
	return g_strdup("qemu:///system");
}

int virConnectGetLibVersion(virConnectPtr connection, unsigned long *ret_version)
{
	static const unsigned long versions[] = {9000000, 11003000, 12008000};

	(void)connection;
	*ret_version = versions[libvirt_version];
	return 0;
}

int virConnectSetKeepAlive(virConnectPtr connection, int interval, unsigned int count)
{
	(void)connection;
	(void)interval;
	(void)count;
	return 0;
}

int virConnectRegisterCloseCallback(virConnectPtr connection, virConnectCloseFunc function,
				    void *data, virFreeCallback free_data)
{
	(void)free_data;
	connection->on_close = function;
	connection->close_data = data;
	return 0;
}

int virConnectUnregisterCloseCallback(virConnectPtr connection, virConnectCloseFunc function)
{
	(void)function;
	connection->on_close = NULL;
	return 0;
}

int virConnectDomainEventRegisterAny(virConnectPtr connection, virDomainPtr domain, int event,
				     virConnectDomainEventGenericCallback callback, void *data,
				     virFreeCallback free_data)
{
	struct listener *listener;

	(void)domain;
	if (connection->dead)
		return refuse_lost();
	listener = g_new0(struct listener, 1);
	*listener = (struct listener){++connection->last_id, event, callback, data, free_data};
	g_ptr_array_add(connection->listeners, listener);
	return listener->id;
}

int virConnectDomainEventDeregisterAny(virConnectPtr connection, int id)
{
	for (guint i = 0; i < connection->listeners->len; i++) {
		struct listener *listener = g_ptr_array_index(connection->listeners, i);

		if (listener->id != id)
			continue;
		g_ptr_array_remove_index(connection->listeners, i);
		if (listener->free_data)
			listener->free_data(listener->data);
		g_free(listener);
		return 0;
	}
	return -1;
}

int virConnectListAllDomains(virConnectPtr connection, virDomainPtr **ret_list, unsigned int flags)
{
	virDomainPtr *list;
	int count = 0;

	if (!call_begin(connection))
		return -1;
	list = calloc(guests->len + 1, sizeof(*list));
	for (guint i = 0; i < guests->len; i++) {
		const struct guest *guest = g_ptr_array_index(guests, i);

		if (guest->defined &&
		    (guest->paused || !(flags & VIR_CONNECT_LIST_DOMAINS_PAUSED)) &&
		    (guest->saved || !(flags & VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE)))
			list[count++] = call_handle(connection, guest);
	}
	*ret_list = list;
	return call_end(connection, count);
}

void libvirt_break(void)
{
	trace("libvirt", "the connection breaks");
	libvirt_close_all(VIR_CONNECT_CLOSE_REASON_EOF);
}

void libvirt_stop(void)
{
	trace("libvirt", "libvirtd stops");
	libvirt_is_up = false;
	libvirt_close_all(VIR_CONNECT_CLOSE_REASON_EOF);
}
