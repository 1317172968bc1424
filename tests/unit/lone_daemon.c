/* SPDX-License-Identifier: MIT */
#include "lone_daemon.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>
#include <glib/gstdio.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "reconciler/daemon/serve.h"
#include "reconciler/system/wire.h"
#include "state/clock.h"

static const char place[] =
	"<node><domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>"
	"<name>guest</name><uuid>" LONE_GUEST
	"</uuid><memory>1000</memory><os><type>hvm</type></os>"
	"<devices><hostdev mode='subsystem' type='usb'><source><address bus='1' device='5'/>"
	"</source><alias name='ua-usbr-a'/></hostdev></devices>"
	"<test:runstate>5</test:runstate></domain></node>";

/* How many of the next readings find the connection broken. */
static gint broken;

static bool is_broken(void)
{
	return g_atomic_int_add(&broken, -1) > 0;
}

/* A job of somebody else's holds every domain. */
static gint held;

/* Instead of libvirt's: any error, made into the wanted one. */
int virConnectListAllDomains(virConnectPtr connection, virDomainPtr **domains, unsigned int flags)
{
	int (*real)(virConnectPtr, virDomainPtr **, unsigned int) =
		(int (*)(virConnectPtr, virDomainPtr **, unsigned int))dlsym(RTLD_NEXT, __func__);

	return real(connection, domains, is_broken() ? ~0u : flags);
}

char *virDomainGetXMLDesc(virDomainPtr domain, unsigned int flags)
{
	char *(*real)(virDomainPtr, unsigned int) =
		(char *(*)(virDomainPtr, unsigned int))dlsym(RTLD_NEXT, __func__);

	if (g_atomic_int_get(&held)) {
		assert_null(real(domain, ~0u));
		virGetLastError()->code = VIR_ERR_OPERATION_TIMEOUT;
		return NULL;
	}
	if (!is_broken())
		return real(domain, flags);
	assert_null(real(domain, ~0u));
	virGetLastError()->domain = VIR_FROM_RPC;
	return NULL;
}

void lone_hold(bool hold)
{
	g_atomic_int_set(&held, hold);
}

/* Instead of state/clock.c. */
static uint64_t passed;

uint64_t clock_now(void)
{
	return (uint64_t)g_get_monotonic_time() + passed;
}

uint64_t clock_awake(void)
{
	return clock_now();
}

int64_t clock_wall(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

void lone_pass_time(unsigned int seconds)
{
	passed += seconds * (uint64_t)G_USEC_PER_SEC;
}

int virConnectIsAlive(virConnectPtr connection G_GNUC_UNUSED)
{
	return 0;
}

void lone_break(int readings)
{
	g_atomic_int_set(&broken, readings);
}

int lone_setup(void **state)
{
	struct lone *lone = g_new0(struct lone, 1);
	struct daemon *daemon = &lone->daemon;

	lone->directory = g_dir_make_tmp("usbreconcile-daemon-XXXXXX", NULL);
	lone->path = g_build_filename(lone->directory, "place.xml", NULL);
	lone->uri = g_strdup_printf("test://%s", lone->path);
	g_file_set_contents(lone->path, place, -1, NULL);
	lone_break(0);
	lone_hold(false);
	daemon->options.uri = lone->uri;
	daemon->options.resync = 60;
	daemon->loop = g_main_context_new();
	/* One thread: jobs have an order. */
	daemon->worker = worker_new(daemon->loop, 1);
	daemon_init(daemon);
	*state = lone;
	return 0;
}

void lone_finish(const struct daemon *daemon, const struct worker *worker)
{
	while (worker_outstanding(worker) > 0)
		g_main_context_iteration(daemon->loop, TRUE);
}

int lone_teardown(void **state)
{
	struct lone *lone = *state;
	struct daemon *daemon = &lone->daemon;

	lone_finish(daemon, daemon->worker);
	if (daemon->link)
		link_unref(daemon->link);
	worker_abandon(daemon->worker);
	daemon_clear(daemon);
	g_main_context_unref(daemon->loop);
	g_unlink(lone->path);
	g_rmdir(lone->directory);
	g_free(lone->directory);
	g_free(lone->path);
	g_free(lone->uri);
	g_free(lone);
	return 0;
}

void lone_try_to_connect(struct daemon *daemon)
{
	link_start(daemon);
	while (daemon->connecting)
		g_main_context_iteration(daemon->loop, TRUE);
}

void lone_connect(struct daemon *daemon)
{
	lone_try_to_connect(daemon);
	lone_finish(daemon, daemon->worker);
	assert_non_null(daemon->link);
	assert_true(daemon->listed);
}

int lone_serve(void **state)
{
	lone_setup(state);
	serve_start(&((struct lone *)*state)->daemon, ((struct lone *)*state)->directory);
	return 0;
}

int lone_serve_end(void **state)
{
	struct lone *lone = *state;
	const char *names[] = {WIRE_STATUS, WIRE_CONTROL, WIRE_WATCH};

	serve_stop(&lone->daemon);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(lone->directory, names[i], NULL);

		g_unlink(path);
	}
	return lone_teardown(state);
}

int lone_knock(const struct lone *lone, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	g_snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", lone->directory, name);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void lone_turn(struct daemon *daemon)
{
	while (g_main_context_iteration(daemon->loop, FALSE))
		;
	serve_check(daemon);
}
