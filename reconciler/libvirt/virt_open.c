/* SPDX-License-Identifier: MIT */

/* The connection: whose it may be, how long it may take, and what to do when there is none. */

#include <errno.h>
#include <string.h>

#include "reconciler/libvirt/virt_removal.h"
#include "reconciler/libvirt/virt_events.h"
#include "reconciler/libvirt/virt_hands.h"
#include "reconciler/libvirt/virt_connection.h"

#define DEFAULT_URI "qemu:///system"

/* libvirt's own keepalive, checked by its event loop: a daemon that hangs is noticed after 15 s. */
#define KEEPALIVE_SECONDS 5
#define KEEPALIVE_COUNT   3

#define PATIENCE_SECONDS 10

const char *virt_wanted_uri(const char *uri)
{
	const char *environment = g_getenv("LIBVIRT_DEFAULT_URI");

	if (uri && *uri)
		return uri;
	return environment && *environment ? environment : DEFAULT_URI;
}

/*
 * driver[+transport]:[//[host]]/path: this host's has no host, and no transport but a Unix socket.
 * What has no driver could be an alias from libvirt.conf (which never contains a colon); those are
 * made for other hosts, and opening one may ask for a password.
 */
static bool is_local(const char *uri)
{
	const char *colon = strchr(uri, ':');

	if (!colon)
		return false;

	const char *plus = memchr(uri, '+', (size_t)(colon - uri));
	if (plus && strncmp(plus, "+unix:", strlen("+unix:")) != 0)
		return false;
	return !g_str_has_prefix(colon, "://") || strchr("/?#", colon[strlen("://")]);
}

bool virt_is_session(const char *uri)
{
	const char *path = strstr(virt_wanted_uri(uri), ":///");

	if (!path)
		return false;
	path += strlen(":///");
	return g_str_has_prefix(path, "session") && strchr("?#", path[strlen("session")]);
}

static void say_nothing(void *unused G_GNUC_UNUSED, virErrorPtr error G_GNUC_UNUSED)
{
}

/* Once a process. libvirt prints every error to stderr unless it is told where to put them. */
static void prepare_library(void)
{
	static gsize prepared;

	if (!g_once_init_enter(&prepared))
		return;
	virInitialize();
	virSetErrorFunc(NULL, say_nothing);
	g_once_init_leave(&prepared, 1);
}

/* One virConnectOpen, in a thread of its own: it can hang for ever on a daemon that accepts and
 * never answers (all versions), and nothing interrupts it. Who gives up leaves it behind. */
struct attempt {
	GMutex lock;
	GCond news;
	char *uri;
	unsigned int flags;
	bool finished;
	virConnectPtr connection;
	struct trouble *trouble;
};

static void attempt_clear(void *data)
{
	struct attempt *attempt = data;

	if (attempt->connection)
		virConnectClose(attempt->connection);
	if (attempt->trouble)
		trouble_free(attempt->trouble);
	g_free(attempt->uri);
	g_mutex_clear(&attempt->lock);
	g_cond_clear(&attempt->news);
}

static void attempt_unref(struct attempt *attempt)
{
	g_atomic_rc_box_release_full(attempt, attempt_clear);
}

/* The one that hangs, if any: who asks again waits for it, too, instead of piling up threads. */
static GMutex hanging_lock;
static struct attempt *hanging;

static void *run_attempt(void *data)
{
	struct attempt *attempt = data;
	virConnectPtr connection = virConnectOpenAuth(attempt->uri, NULL, attempt->flags);
	struct trouble *trouble = connection ? NULL : trouble_take(NULL);

	g_mutex_lock(&attempt->lock);
	attempt->connection = connection;
	attempt->trouble = trouble;
	attempt->finished = true;
	g_cond_signal(&attempt->news);
	g_mutex_unlock(&attempt->lock);
	attempt_unref(attempt);
	return NULL;
}

static struct attempt *attempt_start(const char *uri, unsigned int flags)
{
	struct attempt *attempt = g_atomic_rc_box_new0(struct attempt);

	g_mutex_init(&attempt->lock);
	g_cond_init(&attempt->news);
	attempt->uri = g_strdup(uri);
	attempt->flags = flags;
	g_thread_unref(virt_thread("libvirt-open", run_attempt, g_atomic_rc_box_acquire(attempt)));
	return attempt;
}

static bool attempt_wait(struct attempt *attempt, gint64 deadline)
{
	g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&attempt->lock);

	while (!attempt->finished) {
		if (!g_cond_wait_until(&attempt->news, &attempt->lock, deadline))
			return attempt->finished;
	}
	return true;
}

/* The attempt that still hangs, if it is for the same URI. One that has ended meanwhile is thrown
 * away, because its answer is old. */
static struct attempt *attempt_resume(const char *uri, unsigned int flags)
{
	g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&hanging_lock);

	if (!hanging || !g_str_equal(hanging->uri, uri) || hanging->flags != flags)
		return NULL;

	struct attempt *attempt = g_steal_pointer(&hanging);
	if (!attempt_wait(attempt, 0))
		return attempt;
	attempt_unref(attempt);
	return NULL;
}

static void attempt_leave(struct attempt *attempt)
{
	g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&hanging_lock);

	if (hanging)
		attempt_unref(hanging);
	hanging = attempt;
}

/* Both NULL: no answer in time. */
static void open_in_time(const char *uri, unsigned int flags, virConnectPtr *ret_connection,
			 struct trouble **ret_trouble)
{
	gint64 deadline = g_get_monotonic_time() + PATIENCE_SECONDS * G_USEC_PER_SEC;
	struct attempt *attempt = attempt_resume(uri, flags);

	if (!attempt)
		attempt = attempt_start(uri, flags);
	if (!attempt_wait(attempt, deadline)) {
		attempt_leave(attempt);
		return;
	}
	*ret_connection = g_steal_pointer(&attempt->connection);
	*ret_trouble = g_steal_pointer(&attempt->trouble);
	attempt_unref(attempt);
}

static bool is_about_access(const struct trouble *trouble)
{
	switch (trouble->code) {
	case VIR_ERR_AUTH_FAILED:
	case VIR_ERR_AUTH_CANCELLED:
	case VIR_ERR_AUTH_UNAVAILABLE:
	case VIR_ERR_ACCESS_DENIED:
		return true;
	case VIR_ERR_SYSTEM_ERROR:
		return trouble->system == EACCES || trouble->system == EPERM;
	default:
		return false;
	}
}

static enum virt_open_reply explain(const char *uri, const struct trouble *trouble, char **err)
{
	if (!trouble) {
		*err = g_strdup_printf("libvirt at %s did not answer within %d s", uri,
				       PATIENCE_SECONDS);
		return VIRT_OPEN_UNREACHABLE;
	}
	if (is_about_access(trouble)) {
		*err = g_strdup_printf("no access to libvirt at %s: %s", uri, trouble->words);
		return VIRT_OPEN_NO_ACCESS;
	}
	*err = g_strdup_printf("cannot reach libvirt at %s: %s", uri, trouble->words);
	return VIRT_OPEN_UNREACHABLE;
}

const char *virt_open_hint(const char *uri, enum virt_open_reply reply)
{
	switch (reply) {
	case VIRT_OPEN_DONE:
		return NULL;
	case VIRT_OPEN_UNREACHABLE:
		if (virt_is_session(uri))
			return "`virsh -c qemu:///session list` starts a user's own libvirt, or "
			       "says "
			       "why not";
		return "look with `systemctl status libvirtd virtqemud`, and `systemctl start` the "
		       "one that this host has";
	case VIRT_OPEN_NO_ACCESS:
		if (virt_is_session(uri))
			return "a user's own libvirt is for that user alone: log in as the one "
			       "whose "
			       "it is";
		return "join the group libvirt (`sudo usermod -aG libvirt USER`) and log in again, "
		       "or use sudo";
	case VIRT_OPEN_REMOTE:
		return "use one like " DEFAULT_URI ", or run it on that host";
	}
	g_assert_not_reached();
}

static void free_domain(void *domain)
{
	virDomainFree(domain);
}

/* Takes the connection over. URI: as asked for, if libvirt does not know better. */
static struct virt *virt_new(virConnectPtr connection, const char *uri)
{
	struct virt *virt = g_new0(struct virt, 1);
	g_autofree char *canonical = virConnectGetURI(connection);

	virt->connection = connection;
	virt->uri = g_strdup(canonical ? canonical : uri);
	if (virConnectGetLibVersion(connection, &virt->version) < 0)
		virt->version = 0;
	g_mutex_init(&virt->lock);
	g_cond_init(&virt->called);
	g_mutex_init(&virt->subscribing);
	virt->calls = g_hash_table_new(g_str_hash, g_str_equal);
	virt->domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_domain);
	virt->events = g_array_new(FALSE, FALSE, sizeof(int));
	virt_hands_init(virt);
	return virt;
}

void virt_free(struct virt *virt)
{
	virt_unsubscribe(virt);
	virt_removal_unsubscribe(virt);
	g_array_unref(virt->events);
	g_hash_table_unref(virt->domains);
	virConnectClose(virt->connection);
	g_hash_table_unref(virt->calls);
	g_mutex_clear(&virt->lock);
	g_cond_clear(&virt->called);
	g_mutex_clear(&virt->subscribing);
	g_free(virt->uri);
	g_free(virt);
}

enum virt_open_reply virt_open(const char *uri, bool read_only, struct virt **ret_virt, char **err)
{
	const char *asked = virt_wanted_uri(uri);
	virConnectPtr connection = NULL;
	OWN(trouble) trouble = NULL;

	if (!is_local(asked)) {
		*err = g_strdup_printf(
			"%s is not a URI of this host, and another host's USB devices "
			"cannot be seen from here",
			asked);
		return VIRT_OPEN_REMOTE;
	}
	prepare_library();
	/* A user's own libvirt has no socket for those who only look: whoever reaches it owns it.
	 */
	read_only = read_only && !virt_is_session(asked);
	if (!read_only)
		virt_hear();
	open_in_time(asked, read_only ? VIR_CONNECT_RO : 0, &connection, &trouble);
	if (!connection)
		return explain(asked, trouble, err);

	struct virt *virt = virt_new(connection, asked);
	virt_count(virt, "virConnectOpenAuth");
	/* Not every driver has it (test: has not), and without it only a hang lasts longer. */
	if (!read_only)
		virConnectSetKeepAlive(connection, KEEPALIVE_SECONDS, KEEPALIVE_COUNT);
	*ret_virt = virt;
	return VIRT_OPEN_DONE;
}
