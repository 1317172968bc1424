/* SPDX-License-Identifier: MIT */

/*
 * What happened when: the kernel's uevents of USB devices and libvirt's DEVICE_ADDED and
 * DEVICE_REMOVED, one JSON object a line, in microseconds of CLOCK_MONOTONIC at the moment each
 * arrived here. Runs until it is killed.
 */

#include <glib.h>
#include <libvirt/libvirt.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static GMutex printing;

static void print(const char *what, const char *whom)
{
	gint64 now = g_get_monotonic_time();

	g_mutex_lock(&printing);
	printf("{\"usec\": %" G_GINT64_FORMAT ", \"what\": \"%s\", \"whom\": \"%s\"}\n", now, what,
	       whom);
	fflush(stdout);
	g_mutex_unlock(&printing);
}

static void on_added(virConnectPtr connection, virDomainPtr domain, const char *alias, void *unused)
{
	(void)connection, (void)domain, (void)unused;
	print("added", alias);
}

static void on_removed(virConnectPtr connection, virDomainPtr domain, const char *alias,
		       void *unused)
{
	(void)connection, (void)domain, (void)unused;
	print("removed", alias);
}

static void *run_libvirt(void *unused)
{
	(void)unused;
	for (;;)
		virEventRunDefaultImpl();
	return NULL;
}

static int listen_to_libvirt(void)
{
	virConnectPtr connection;

	virEventRegisterDefaultImpl();
	connection = virConnectOpenReadOnly("qemu:///system");
	if (!connection)
		return -1;
	if (virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
					     VIR_DOMAIN_EVENT_CALLBACK(on_added), NULL, NULL) < 0 ||
	    virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
					     VIR_DOMAIN_EVENT_CALLBACK(on_removed), NULL, NULL) < 0)
		return -1;
	g_thread_unref(g_thread_new("libvirt", run_libvirt, NULL));
	return 0;
}

/* A uevent is "add@/devices/…/1-1", and then KEY=VALUE, each with a NUL at its end. */
static void read_uevent(const char *text, size_t length)
{
	bool device = false;
	g_autofree char *action = g_strndup(text, strcspn(text, "@"));
	g_autofree char *sysname = g_path_get_basename(text);

	for (const char *at = text; at < text + length; at += strlen(at) + 1)
		device = device || strcmp(at, "DEVTYPE=usb_device") == 0;
	if (device && (strcmp(action, "add") == 0 || strcmp(action, "remove") == 0))
		print(action, sysname);
}

int main(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	static char buffer[65536];

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("uevents");
		return EXIT_FAILURE;
	}
	if (listen_to_libvirt() < 0)
		return EXIT_FAILURE;
	print("ready", "");
	for (;;) {
		ssize_t length = recv(fd, buffer, sizeof(buffer) - 1, 0);

		if (length > 0) {
			buffer[length] = '\0';
			read_uevent(buffer, (size_t)length);
		}
	}
}
